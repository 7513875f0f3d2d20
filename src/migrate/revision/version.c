/* version.c - reading and writing the version table. */
#include "migrate/revision/version.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "sql/lexer.h"

enum { ID_DIGITS = 32 };
#define BASE_ROW "base" /* no revision can have that id */

#define SELECT_ROWS(tag)                                                              \
	"SELECT revision, applied_at, duration_us, checksum, tool, database_id, " tag \
	" FROM " CNI_VERSION_TABLE " ORDER BY number"
#define INSERT_BASE                                                                              \
	"INSERT INTO " CNI_VERSION_TABLE " (revision, applied_at, checksum, tool, database_id) " \
	"SELECT '" BASE_ROW "', %s, '', %s, %s "                                                 \
	"WHERE NOT EXISTS (SELECT 1 FROM " CNI_VERSION_TABLE " WHERE revision = '" BASE_ROW "')"
#define INSERT_ROW                       \
	"INSERT INTO " CNI_VERSION_TABLE \
	" (revision, applied_at, duration_us, checksum, tool) VALUES (%s, %s, %s, %s, %s)"
#define INSERT_TAGGED                    \
	"INSERT INTO " CNI_VERSION_TABLE \
	" (revision, applied_at, duration_us, checksum, tool, tag) VALUES (%s, %s, %s, %s, %s, %s)"
#define ADD_TAG    "ALTER TABLE " CNI_VERSION_TABLE " ADD COLUMN tag TEXT"
#define DELETE_ROW "DELETE FROM " CNI_VERSION_TABLE " WHERE revision = %s"

static cn_status find_words(const char *engine, const cni_words **ret, cn_error *err)
{
	*ret = cni_words_of(engine);
	return *ret ? CN_OK
		    : cn_fail(err, CN_EUNSUPPORTED, "migrations cannot be run on %s", engine);
}

cn_status cni_version_count(
	cni_conn *conn, const char *table, const char *column, bool *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const cni_words *words = conn->driver->words;
	const cn_value names[] = {cn_text(table), cn_text(column ? column : "")};
	TRY(cni_conn_prepare(conn, column ? words->column_count : words->table_count, &stmt, err));
	TRY(cni_stmt_bind_all(stmt, names, column ? 2 : 1, err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	*ret = step == CNI_ROW && cni_stmt_int(stmt, 0) > 0;
	return CN_OK;
}

static cn_status read_row(cni_version *version, cni_arena *arena, cni_stmt *stmt, cn_error *err)
{
	const char *revision = cni_strdup(arena, cni_stmt_text(stmt, 0));
	cni_applied row = {
		.revision = revision,
		.applied_at = cni_strdup(arena, cni_stmt_text(stmt, 1)),
		.duration_us =
			cni_stmt_value(stmt, 2).type == CN_TYPE_NULL ? -1 : cni_stmt_int(stmt, 2),
		.checksum = cni_strdup(arena, cni_stmt_text(stmt, 3)),
		.tool = cni_strdup(arena, cni_stmt_text(stmt, 4)),
		.tag = cni_strdup(arena, cni_stmt_text(stmt, 6)),
	};
	bool base = revision && strcmp(revision, BASE_ROW) == 0;
	if (base)
		version->database_id = cni_strdup(arena, cni_stmt_text(stmt, 5));
	if (!arena->failed && (!revision || !row.applied_at || !row.checksum || !row.tool))
		return cn_fail(err, CN_ESCHEMA,
			"the table " CNI_VERSION_TABLE " holds a row that is not ours");
	if (arena->failed || (!base && !CNI_PUSH(arena, version->list, version->count, row)))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status not_ours(cn_status status, cn_error *err)
{
	if (status != CN_ESQL) /* locked, for instance */
		return status;
	cn_error_wrap(err, "the table " CNI_VERSION_TABLE " is not one of ours");
	if (err)
		err->status = CN_ESCHEMA;
	return CN_ESCHEMA;
}

cn_status cni_version_read(cni_conn *conn, cni_arena *arena, cni_version *ret, cn_error *err)
{
	cni_version version = {0};
	TRY(cni_unfinished_read(conn, arena, &version.unfinished, err));
	TRY(cni_version_count(conn, CNI_VERSION_TABLE, NULL, &version.exists, err));
	if (!version.exists) {
		*ret = version;
		return CN_OK;
	}
	TRY(cni_version_count(conn, CNI_VERSION_TABLE, "tag", &version.has_tags, err));
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_status status = cni_conn_prepare(
		conn, version.has_tags ? SELECT_ROWS("tag") : SELECT_ROWS("NULL"), &stmt, err);
	if (status < 0)
		return not_ours(status, err);
	int row;
	while ((row = cni_stmt_step(stmt, err)) == CNI_ROW)
		TRY(read_row(&version, arena, stmt, err));
	if (row < 0)
		return not_ours((cn_status)row, err);
	*ret = version;
	return CN_OK;
}

const cni_applied *cni_version_find(const cni_version *version, const char *revision)
{
	for (size_t i = 0; i < version->count; i++)
		if (strcmp(version->list[i].revision, revision) == 0)
			return &version->list[i];
	return NULL;
}

/* The templates are filled with parameters to be bound, or with quoted values for a script. */
static cn_status run(
	cni_conn *conn, const char *sql, const cn_value *values, size_t count, cn_error *err)
{
	cn_status status = cni_conn_run(conn, sql, values, count, err);
	return status < 0 ? cn_error_wrap(err, "writing the table " CNI_VERSION_TABLE) : CN_OK;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static char *fill(cni_arena *arena, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *text = cni_vprintf(arena, fmt, ap);
	va_end(ap);
	return text;
}
#pragma GCC diagnostic pop

cn_status cni_version_create(cni_conn *conn, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	char now[CNI_TIME_TEXT], id[ID_DIGITS + 1];
	TRY(run(conn, conn->driver->words->create_version, NULL, 0, err));
	cni_time_text(cni_clock_us(), false, now);
	cni_random_hex(id, ID_DIGITS);
	const char *sql = fill(&arena, INSERT_BASE, "?1", "?2", "?3");
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_value values[] = {cn_text(now), cn_text(CNI_TOOL_VERSION), cn_text(id)};
	return run(conn, sql, values, CNI_COUNT(values), err);
}

/* The column came later than the table. */
static cn_status need_tags(cni_conn *conn, cn_error *err)
{
	bool there;
	TRY(cni_version_count(conn, CNI_VERSION_TABLE, "tag", &there, err));
	return there ? CN_OK : run(conn, ADD_TAG, NULL, 0, err);
}

cn_status cni_version_add(cni_conn *conn, const cni_revision *revision, int64_t duration_us,
	const char *tag, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	char now[CNI_TIME_TEXT];
	cni_time_text(cni_clock_us(), false, now);
	if (tag)
		TRY(need_tags(conn, err));
	const char *sql = tag ? fill(&arena, INSERT_TAGGED, "?1", "?2", "?3", "?4", "?5", "?6")
			      : fill(&arena, INSERT_ROW, "?1", "?2", "?3", "?4", "?5");
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_value values[] = {cn_text(revision->id), cn_text(now),
		duration_us < 0 ? cn_null(NULL) : cn_int(duration_us), cn_text(revision->checksum),
		cn_text(CNI_TOOL_VERSION), cn_text(tag ? tag : "")};
	return run(conn, sql, values, CNI_COUNT(values) - !tag, err);
}

cn_status cni_version_purge(cni_conn *conn, cn_error *err)
{
	return run(conn, "DELETE FROM " CNI_VERSION_TABLE " WHERE revision <> '" BASE_ROW "'", NULL,
		0, err);
}

cn_status cni_version_remove(cni_conn *conn, const char *revision, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *sql = fill(&arena, DELETE_ROW, "?1");
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_value id = cn_text(revision);
	return run(conn, sql, &id, 1, err);
}

static const char *quoted_text(cni_arena *arena, const char *text)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_quote_text(&out, text);
	return cni_buffer_dup(&out, arena);
}

static bool push_step(cni_arena *arena, cni_plan *plan, const char *sql, const char *comment)
{
	cni_step step = {.sql = sql, .comment = comment};
	return sql && CNI_PUSH(arena, plan->steps, plan->step_count, step);
}

typedef struct row_texts { /* quoted, for a script */
	const char *key, *sum, *tool, *database, *tag;
} row_texts;

static bool quote_row(
	cni_arena *arena, const cni_revision *revision, const char *tag, row_texts *ret)
{
	char id[ID_DIGITS + 1];
	cni_random_hex(id, ID_DIGITS);
	*ret = (row_texts){.key = quoted_text(arena, revision->id),
		.sum = quoted_text(arena, revision->checksum),
		.tool = quoted_text(arena, CNI_TOOL_VERSION),
		.database = quoted_text(arena, id),
		.tag = tag ? quoted_text(arena, tag) : NULL};
	return ret->key && ret->sum && ret->tool && ret->database && (!tag || ret->tag);
}

cn_status cni_version_script(cni_arena *arena, const char *engine, cni_plan *plan,
	const cni_revision *revision, bool down, const char *tag, bool add_tag, cn_error *err)
{
	const cni_words *words;
	row_texts row;
	TRY(find_words(engine, &words, err));
	const char *now = words->now; /* when the script is run, not when it is written */
	bool ok = quote_row(arena, revision, tag, &row);
	if (down) {
		ok = ok && push_step(arena, plan, fill(arena, DELETE_ROW, row.key),
				   "the database is no longer at this revision");
	} else {
		ok = ok &&
		     push_step(arena, plan, words->create_version,
			     "the database is at this revision") &&
		     push_step(arena, plan, fill(arena, INSERT_BASE, now, row.tool, row.database),
			     NULL);
		if (tag && add_tag)
			ok = ok && push_step(arena, plan, ADD_TAG, NULL);
		const char *insert =
			tag ? fill(arena, INSERT_TAGGED, row.key, now, "NULL", row.sum, row.tool,
				      row.tag)
			    : fill(arena, INSERT_ROW, row.key, now, "NULL", row.sum, row.tool);
		ok = ok && push_step(arena, plan, insert, NULL);
	}
	return ok ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}
