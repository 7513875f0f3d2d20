/* source.c - see source.h. */
#include "tool/source.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/revision.h"

enum { SCRIPT_MAX = 64 << 20, DESIGN_MAX = 16 << 20 };

/* The first bytes of a file, with a NUL behind them. */
static cn_status head_of(const char *path, char head[64], size_t *ret_size, cn_error *err)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return cn_fail(err, CN_EIO, "cannot read \"%s\"", path);
	*ret_size = fread(head, 1, 63, file);
	head[*ret_size] = '\0';
	bool failed = ferror(file) != 0;
	fclose(file);
	return failed ? cn_fail(err, CN_EIO, "cannot read \"%s\"", path) : CN_OK;
}

/* An XML file begins with `<` after white space and a byte order mark; SQL never does. */
static bool looks_like_xml(const char *head)
{
	if (strncmp(head, "\xEF\xBB\xBF", 3) == 0)
		head += 3;
	return head[strspn(head, " \t\r\n")] == '<';
}

/* An empty file is an empty database; of one that is named like a database, or holds NULs, the
 * driver says best what is wrong with it. */
static bool looks_like_database(const char *path, const char *head, size_t size)
{
	return !size || memchr(head, 0, size) || cni_ends(path, ".db") || cni_ends(path, ".sqlite");
}

static cn_status kind_of_file(cni_source *source, cn_error *err)
{
	const char *path = source->path;
	char head[64];
	size_t size;

	source->kind = CNI_SOURCE_SQL;
	if (cni_ends(path, ".sql"))
		return CN_OK;
	TRY(head_of(path, head, &size, err));
	if (cni_ends(path, ".xml") || looks_like_xml(head))
		source->kind = CNI_SOURCE_DESIGNER;
	else if (looks_like_database(path, head, size))
		source->kind = CNI_SOURCE_DATABASE;
	return CN_OK;
}

cn_status cni_source_find(cni_arena *arena, const char *text, cni_source *ret, cn_error *err)
{
	cni_source source = {.text = cni_strdup(arena, text)};
	const char *here = cni_path_current(arena);

	if (!here || !source.text)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_uri_parse(arena, text, here, &source.uri, err));
	source.path = source.uri.path;
	source.kind = CNI_SOURCE_DATABASE;
	if (source.path && cni_dir_exists(source.path)) {
		source.kind = CNI_SOURCE_MIGRATIONS;
	} else if (source.path && !cni_file_exists(source.path)) {
		cn_error_set(err, CN_ENOTFOUND, "there is no file \"%s\"", source.path);
		cn_error_hint(err,
			"name a database, a .sql file, a designer's .xml file or a migrations folder");
		return CN_ENOTFOUND;
	} else if (source.path && !strstr(text, "://")) {
		TRY(kind_of_file(&source, err));
	}
	*ret = source;
	return CN_OK;
}

static cn_status read_database(
	const cni_source *source, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_open_options options = {.mode = CNI_OPEN_READ, .foreign = true};

	TRY(cni_conn_open(&source->uri, &options, &conn, err));
	return cni_conn_inspect(conn, arena, ret, err);
}

static cn_status read_text(const cni_source *source, cni_arena *arena, char **ret, cn_error *err)
{
	size_t size;

	TRY(cni_file_read(arena, source->path, SCRIPT_MAX, ret, &size, err));
	if (strlen(*ret) != size)
		return cn_fail(
			err, CN_EARG, "\"%s\" is no SQL text: it holds a NUL byte", source->path);
	return CN_OK;
}

cn_status cni_source_written(const cni_source *source, const char *engine, cni_arena *arena,
	cni_schema **ret, cn_error *err)
{
	char *text;

	*ret = NULL;
	if (source->kind != CNI_SOURCE_SQL)
		return CN_OK;
	TRY(read_text(source, arena, &text, err));
	return cni_schema_written(engine, text, arena, ret, err);
}

static cn_status read_script(const cni_source *source, const cni_uri *home, const cni_schema *known,
	cni_arena *arena, cni_schema **ret, cn_error *err)
{
	char *text;

	TRY(read_text(source, arena, &text, err));
	cn_status status = cni_normalise_sql_at(home, text, known, arena, ret, err);
	if (status < 0)
		cn_error_wrap(err, "%s", source->text);
	return status;
}

static cn_status read_designer(const cni_source *source, const cni_uri *home,
	const cni_schema *known, cni_arena *arena, cni_schema **ret, cni_buffer *notes,
	cn_error *err)
{
	char *text;
	size_t size;

	TRY(cni_file_read(arena, source->path, DESIGN_MAX, &text, &size, err));
	cni_schema *made = cni_schema_new(arena, home->engine);
	if (!made)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	made->home = home;
	cn_status status = cni_schema_read_designer(made, text, size, notes, err);
	if (status == CN_OK)
		status = cni_normalise_like(made, known, arena, ret, err);
	if (status < 0)
		cn_error_wrap(err, "%s", source->text);
	return status;
}

static cn_status read_migrations(const cni_source *source, const cni_uri *home, cni_arena *arena,
	cni_schema **ret, cn_error *err)
{
	cni_folder folder;

	TRY(cni_folder_read(arena, source->path, &folder, err));
	return cni_folder_replay(&folder, home, NULL, arena, ret, err);
}

cn_status cni_source_schema(const cni_source *source, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, cni_buffer *notes, cn_error *err)
{
	/* what is no database is read for the engine, and built on the server, of what it will be
	 * compared with */
	const cni_uri *home = known ? known->home : NULL;
	if (!home) {
		const cni_uri alone = {
			.engine = known ? known->engine : cni_driver_default()->name};
		home = cni_uri_copy(arena, &alone);
	}
	if (!home)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	switch (source->kind) {
	case CNI_SOURCE_DATABASE: return read_database(source, arena, ret, err);
	case CNI_SOURCE_SQL: return read_script(source, home, known, arena, ret, err);
	case CNI_SOURCE_DESIGNER: return read_designer(source, home, known, arena, ret, notes, err);
	case CNI_SOURCE_MIGRATIONS: return read_migrations(source, home, arena, ret, err);
	}
	return cn_fail(err, CN_EARG, "\"%s\" has no schema", source->text);
}

cn_status cni_source_script(const cni_source *source, cni_arena *arena, const char **ret,
	cni_buffer *notes, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_schema *schema = NULL;

	TRY(cni_source_schema(source, NULL, arena, &schema, notes, err));
	cni_schema_write_sql(&out, schema);
	*ret = cni_buffer_dup(&out, arena);
	return *ret ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

void cni_source_warn(cn_call *call, const cni_source *source, cni_buffer *notes)
{
	const char *at = cni_buffer_text(notes);

	while (*at) {
		int n = (int)strcspn(at, "\n");
		cn_warn(call, "%s: %.*s", source->text, n, at);
		at += n + (at[n] == '\n');
	}
}
