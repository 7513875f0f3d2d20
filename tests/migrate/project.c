/* project.c - see project.h. */
#include "project.h"

#include <ftw.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info, (void)kind, (void)walk;
	return remove(path);
}

static void note(const char *line, void *ctx)
{
	cni_buffer_printf(&((project *)ctx)->notices, "%s\n", line);
}

int project_setup(void **state)
{
	project *p = calloc(1, sizeof *p);
	cn_error err;
	snprintf(p->root, sizeof p->root, "/tmp/cantil-project-XXXXXX");
	assert_non_null(mkdtemp(p->root));
	p->db = cni_path_join(&p->arena, p->root, "app.db");
	p->uri = cni_printf(&p->arena, "sqlite:///%s", p->db);
	p->versions = cni_path_join(&p->arena, p->root, "migrations/versions");
	want(p, NULL);
	assert_ok(cn_migrator_init(p->migrator, NULL, &err), &err);
	*state = p;
	return 0;
}

int project_teardown(void **state)
{
	project *p = *state;
	cn_migrator_free(p->migrator);
	nftw(p->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	cni_buffer_done(&p->notices);
	cni_arena_done(&p->arena);
	free(p);
	return 0;
}

void want(project *p, const char *target_sql)
{
	cn_error err;
	cn_migrator_free(p->migrator);
	p->migrator = NULL;
	assert_ok(cn_migrator_new(&(cn_migrator_desc){.database_uri = p->uri,
					  .root = p->root,
					  .program = "./app",
					  .target_sql = target_sql,
					  .lock_timeout_ms = 5000,
					  .notice = note,
					  .ctx = p},
			  &p->migrator, &err),
		&err);
}

const char *make(project *p, const char *id, const char *answers)
{
	cn_made made;
	cn_error err;
	assert_ok(cn_migrator_make(p->migrator,
			  &(cn_make_desc){
				  .message = "a change", .revision_id = id, .answers = answers},
			  &made, &err),
		&err);
	assert_true(made.changed);
	return cni_strdup(&p->arena, made.id);
}

void write_revision(
	project *p, const char *id, const char *parents, const char *up, const char *down)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cn_error err;
	cni_buffer_printf(&out,
		"-- cantil: revision %s\n-- parents: %s\n-- message: by hand\n\n-- upgrade sqlite\n%s\n",
		id, parents, up);
	if (down)
		cni_buffer_printf(&out, "\n-- downgrade sqlite\n%s\n", down);
	const char *path = cni_printf(&p->arena, "%s/%s.sql", p->versions, id);
	assert_ok(cni_file_write(path, out.data, out.size, false, &err), &err);
}

void upgrade(project *p)
{
	cn_error err;
	assert_ok(cn_migrator_upgrade(p->migrator, NULL, NULL, &err), &err);
}

static cni_conn *open_db(project *p, cni_open_mode mode)
{
	cni_conn *conn;
	cni_uri uri;
	cn_error err;
	assert_ok(cni_uri_parse(&p->arena, p->uri, p->root, &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = mode}, &conn, &err), &err);
	return conn;
}

void sql(project *p, const char *script)
{
	cn_error err;
	CLEANUP(cni_conn_closep) cni_conn *conn = open_db(p, CNI_OPEN_CREATE);
	assert_ok(cni_conn_exec(conn, script, &err), &err);
}

int64_t number(project *p, const char *query)
{
	cn_error err;
	int64_t n;
	CLEANUP(cni_conn_closep) cni_conn *conn = open_db(p, CNI_OPEN_READ);
	assert_ok(cni_conn_int(conn, query, &n, &err), &err);
	return n;
}

const char *text(project *p, const char *query)
{
	cn_error err;
	const char *found;
	CLEANUP(cni_conn_closep) cni_conn *conn = open_db(p, CNI_OPEN_READ);
	assert_ok(cni_conn_text(conn, &p->arena, query, &found, &err), &err);
	return found;
}

const char *file_sum(project *p)
{
	char *data, sum[65];
	size_t size;
	cn_error err;
	assert_ok(cni_file_read(&p->arena, p->db, 64 << 20, &data, &size, &err), &err);
	cni_sha256_text(data, size, sum);
	return cni_strdup(&p->arena, sum);
}

size_t file_count(project *p)
{
	const char **names;
	size_t count, found = 0;
	cn_error err;
	assert_ok(cni_dir_list(&p->arena, p->versions, &names, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		found += names[i][0] != '.';
	return found;
}

const char *current(project *p)
{
	cn_migration_state state;
	cn_error err;
	assert_ok(cn_migrator_state(p->migrator, &state, &err), &err);
	assert_true(state.current_count <= 1);
	return state.current_count ? cni_strdup(&p->arena, state.current[0]) : "";
}
