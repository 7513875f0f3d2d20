/* backup.c - making a backup, and checking one. */
#include "backup/backup.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "backup/part.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "sql/lexer.h"

enum { NAMES = 1000 }; /* tried for one second */

/* "20261122T071500" */
static char *stamp(cni_arena *arena)
{
	char text[CNI_TIME_TEXT], *out;
	size_t size = 0;

	cni_time_text(cni_clock_us(), false, text);
	out = cni_strdup(arena, text);
	for (const char *c = text; out && *c; c++)
		if (*c != '-' && *c != ':' && *c != 'Z')
			out[size++] = *c;
	if (out)
		out[size] = '\0';
	return out;
}

char *cni_backup_name(cni_arena *arena, const char *database, const char *word)
{
	const char *name = cni_path_name(database), *dot = strrchr(name, '.');
	size_t stem = dot && dot != name ? (size_t)(dot - database) : strlen(database);
	const char *suffix = database + stem, *when = stamp(arena);

	for (int n = 1; when && n < NAMES; n++) {
		const char *again = n > 1 ? cni_printf(arena, ".%d", n) : "";
		char *path = cni_printf(arena, "%.*s-%s%s%s%s%s", (int)stem, database, word,
			*word ? "-" : "", when, again ? again : "", suffix);
		if (!path || (!cni_file_exists(path) &&
				     !cni_file_exists(cni_manifest_path(arena, path))))
			return path;
	}
	return NULL;
}

static cn_status read_revisions(cni_conn *conn, cni_arena *arena, cni_manifest *m, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	CLEANUP(cni_stmt_releasep) cni_stmt *columns = NULL;
	const cn_value names[] = {cn_text(CNI_VERSION_TABLE), cn_text("revision")};
	int step;

	TRY(cni_conn_prepare(conn, conn->driver->words->column_count, &columns, err));
	TRY(cni_stmt_bind_all(columns, names, CNI_COUNT(names), err));
	step = cni_stmt_step(columns, err);
	if (step != CNI_ROW || !cni_stmt_int(columns, 0))
		return step < 0 ? (cn_status)step : CN_OK;
	TRY(cni_conn_prepare(conn,
		"SELECT revision FROM " CNI_VERSION_TABLE
		" WHERE revision <> 'base' ORDER BY number",
		&stmt, err));
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		const char *text = cni_strdup(arena, cni_stmt_text(stmt, 0));
		if (text && !CNI_PUSH(arena, m->revisions, m->revision_count, text))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return (cn_status)step;
}

/* What the copy itself says: so that the figures are those of its moment, not of a later one. */
static cn_status describe(cni_arena *arena, const char *path, const cni_backup_options *options,
	cni_manifest *m, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *conn = NULL;
	cni_uri uri = cni_file_uri(path);

	TRY(cni_conn_open(
		&uri, &(cni_open_options){.mode = CNI_OPEN_READ, .foreign = true}, &conn, err));
	TRY(cni_check_integrity(conn, err));
	TRY(cni_count_violations(conn, &m->violations, err));
	TRY(cni_count_rows(conn, arena, &m->tables, &m->table_count, err));
	TRY(read_revisions(conn, arena, m, err));
	return cni_file_sha256(path, options, m->sha256, &m->size_bytes, err);
}

/* The manifest gets its name first: where the database is, there is the manifest. */
static cn_status publish(
	cni_arena *arena, const char *part, const char *path, const cni_manifest *m, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {.limit = CNI_MANIFEST_BYTES};
	const char *manifest = cni_manifest_path(arena, path);
	const char *manifest_part = cni_printf(arena, "%s" CNI_PART_MANIFEST, part);

	cni_manifest_write(&text, m);
	if (text.failed || !manifest || !manifest_part)
		return cn_fail(err, CN_ENOMEM, "out of memory, or a manifest of more than %d bytes",
			CNI_MANIFEST_BYTES);
	TRY(cni_file_write(manifest_part, text.data, text.size, true, err));
	cn_status status = cni_part_publish(manifest_part, manifest, err);
	if (status == CN_ECONFLICT)
		cn_error_hint(err,
			"it belongs to another backup, or to one that was interrupted: remove it");
	if (status < 0)
		return status;
	status = cni_part_publish(part, path, err);
	if (status < 0 && !cni_file_exists(path))
		unlink(manifest);
	return status;
}

cn_status cni_backup_make(cni_conn *conn, cni_arena *arena, const char *path,
	const cni_backup_options *options, cni_manifest *ret, cn_error *err)
{
	char created[CNI_TIME_TEXT];
	cni_manifest m = {.tool = options->tool ? options->tool : "cantil",
		.engine = conn->driver->name,
		.database = cni_path_name(conn->path ? conn->path : conn->uri)};
	const char *part;
	cn_status status;

	if (cni_file_exists(path)) {
		(void)cn_fail(err, CN_ECONFLICT, "\"%s\" exists already", path);
		cn_error_hint(err, "give another name; a backup never overwrites");
		return CN_ECONFLICT;
	}
	TRY(cni_part_new(arena, path, &part, err));
	cni_time_text(cni_clock_us(), false, created);
	m.created = cni_strdup(arena, created);
	if (options->migrations && cni_dir_exists(options->migrations))
		TRY(cni_manifest_collect(arena, options->migrations, &m, err));
	status = cni_conn_backup(conn, part, err);
	if (status == CN_OK)
		status = describe(arena, part, options, &m, err);
	if (status == CN_OK)
		status = publish(arena, part, path, &m, err);
	cni_part_remove(part);
	if (status == CN_OK)
		*ret = m;
	return status;
}

/* ---- checking ---- */

cn_status cni_backup_manifest(
	cni_arena *arena, const char *path, cni_manifest *ret, bool *ret_has, cn_error *err)
{
	const char *manifest = cni_manifest_path(arena, path);
	size_t size;
	char *text;

	if (!manifest)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret_has = cni_file_exists(manifest);
	if (!*ret_has)
		return CN_OK;
	TRY(cni_file_read(arena, manifest, CNI_MANIFEST_BYTES, &text, &size, err));
	if (cni_manifest_read(arena, text, size, ret, err) < 0)
		return cn_error_wrap(err, "%s", manifest);
	return CN_OK;
}

static cn_status differs(cn_error *err, const char *path, const char *fmt, ...) CN_PRINTF(3, 4);

static cn_status differs(cn_error *err, const char *path, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)cn_fail(err, CN_ESCHEMA, "the backup \"%s\" is not what its manifest says", path);
	cn_error_detail(err, "%s", text);
	cn_error_hint(err, "it was changed or damaged after it was made: take another one");
	return CN_ESCHEMA;
}

static cn_status compare(
	const char *path, const cni_manifest *said, const cni_manifest *found, cn_error *err)
{
	if (said->size_bytes != found->size_bytes)
		return differs(err, path, "%" PRId64 " bytes, where %" PRId64 " were written",
			found->size_bytes, said->size_bytes);
	if (strcmp(said->sha256, found->sha256) != 0)
		return differs(
			err, path, "SHA-256 %s, where %s was written", found->sha256, said->sha256);
	if (said->table_count != found->table_count)
		return differs(err, path, "%zu tables, where %zu were written", found->table_count,
			said->table_count);
	for (size_t i = 0; i < said->table_count; i++)
		if (strcmp(said->tables[i].name, found->tables[i].name) != 0 ||
			said->tables[i].rows != found->tables[i].rows)
			return differs(err, path,
				"table \"%s\": %" PRId64 " rows, where %" PRId64
				" were written in \"%s\"",
				found->tables[i].name, found->tables[i].rows, said->tables[i].rows,
				said->tables[i].name);
	return CN_OK;
}

cn_status cni_backup_verify(cni_arena *arena, const char *path, const cni_backup_options *options,
	cni_manifest *ret_manifest, bool *ret_has, cn_error *err)
{
	cni_manifest said = {0}, found = {0};
	bool has;

	if (!cni_file_exists(path))
		return cn_fail(err, CN_ENOTFOUND, "no such file: \"%s\"", path);
	TRY(cni_backup_manifest(arena, path, &said, &has, err));
	if (has) {
		/* before it is opened as a database: what is not the file that was written is not
		 * looked into */
		TRY(cni_file_sha256(path, options, found.sha256, &found.size_bytes, err));
		found.table_count = said.table_count;
		found.tables = said.tables;
		TRY(compare(path, &said, &found, err));
	}
	found = (cni_manifest){
		.engine = cni_driver_default()->name, .database = cni_path_name(path)};
	TRY(describe(arena, path, options, &found, err));
	if (has)
		TRY(compare(path, &said, &found, err));
	*ret_manifest = has ? said : found;
	*ret_has = has;
	return CN_OK;
}
