/*
 * sizes.c - how large the tables are.
 *
 * The table dbstat walks through a b-tree page by page, so of a small database it is asked for
 * everything. Of a large one the first pages of each b-tree tell how many rows a page holds, and
 * the number of rows comes from what costs nothing: the rowids at both ends, or what ANALYZE found.
 * A SQLite built without dbstat gets the file's pages divided among the tables by rows and columns.
 */
#include "driver/sqlite/sqlite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

enum {
	WALK_BYTES = 64 << 20, /* a larger file is not walked through unless asked */
	SAMPLE_PAGES = 48,     /* of each b-tree */
	COUNTED_ROWS = 10000,  /* so many are counted rather than estimated */
};

typedef struct tree { /* a b-tree: a table, or an index of it */
	const char *name, *table;
	bool index;
	int64_t bytes, rows; /* -1: not known */
} tree;

typedef struct sizing {
	cni_conn *conn;
	cni_arena *arena;
	bool exact, has_dbstat;
	int64_t page_size, page_count, free_pages;
	tree *trees;
	size_t tree_count;
} sizing;

/* One number of a query about one b-tree, bound as ?1; -1: it yields none, or NULL. */
static cn_status ask(cni_conn *conn, const char *sql, const char *name, int64_t *ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(cni_conn_prepare(conn, sql, &stmt, err));
	if (name)
		TRY(cni_stmt_bind(stmt, 1, cn_text(name), err));
	int step = cni_stmt_step(stmt, err);
	if (step < 0)
		return (cn_status)step;
	*ret = step == CNI_ROW && cni_stmt_value(stmt, 0).type != CN_TYPE_NULL
		       ? cni_stmt_int(stmt, 0)
		       : -1;
	return CN_OK;
}

static int take_tree(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	sizing *s = ctx;
	(void)count;
	if (row[0].type != CN_TYPE_TEXT || row[1].type != CN_TYPE_TEXT)
		return 0;
	tree found = {.name = cni_strndup(s->arena, row[0].as.p, row[0].size),
		.table = cni_strndup(s->arena, row[1].as.p, row[1].size),
		.index = row[2].as.i != 0,
		.bytes = -1,
		.rows = -1};
	if (!found.name || !found.table || !CNI_PUSH(s->arena, s->trees, s->tree_count, found))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return 0;
}

static cn_status list_trees(sizing *s, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(cni_conn_prepare(s->conn,
		"SELECT name, tbl_name, type = 'index' FROM main.sqlite_schema WHERE rootpage > 0"
		" ORDER BY type = 'index'",
		&stmt, err));
	return cni_stmt_each(stmt, take_tree, s, err);
}

/* ---- rows ---- */

static cn_status query_int(
	sizing *s, const char *before, const char *table, const char *after, int64_t *ret)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cn_error ignored;
	cni_buffer_puts(&sql, before);
	cni_quote_name(&sql, table);
	cni_buffer_puts(&sql, after);
	return sql.failed ? CN_ENOMEM : ask(s->conn, cni_buffer_text(&sql), NULL, ret, &ignored);
}

/* The distance of the rowids: what was deleted in between counts too. -1: there is no rowid. */
static int64_t rowid_span(sizing *s, const char *table)
{
	int64_t first = -1, last = -1;
	if (query_int(s, "SELECT rowid FROM ", table, " ORDER BY rowid LIMIT 1", &first) < 0 ||
		query_int(s, "SELECT rowid FROM ", table, " ORDER BY rowid DESC LIMIT 1", &last) <
			0)
		return -1;
	int64_t span;
	if (__builtin_sub_overflow(last, first, &span) || span == INT64_MAX)
		return -1;
	return span + 1;
}

/* What ANALYZE found, when it was run. */
static int64_t analyzed(sizing *s, const char *table)
{
	cn_error ignored;
	int64_t rows = -1;
	if (ask(s->conn,
		    "SELECT max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 WHERE tbl = ?1 COLLATE NOCASE",
		    table, &rows, &ignored) < 0)
		return -1;
	return rows;
}

static cn_status count_rows(sizing *s, tree *t, bool *ret_counted, cn_error *err)
{
	char limit[48];
	*ret_counted = true;
	if (s->exact) {
		if (query_int(s, "SELECT count(*) FROM ", t->name, "", &t->rows) < 0)
			return cn_fail(err, CN_ESQL, "the rows of table \"%s\" cannot be counted",
				t->name);
		return CN_OK;
	}
	snprintf(limit, sizeof limit, " LIMIT %d)", COUNTED_ROWS + 1);
	if (query_int(s, "SELECT count(*) FROM (SELECT 1 FROM ", t->name, limit, &t->rows) < 0)
		return cn_fail(err, CN_ESQL, "the rows of table \"%s\" cannot be counted", t->name);
	*ret_counted = t->rows <= COUNTED_ROWS;
	if (*ret_counted)
		return CN_OK;
	/* ids that were drawn at random say nothing: no row is shorter than four bytes */
	int64_t known = analyzed(s, t->name), span = rowid_span(s, t->name);
	int64_t most = s->page_count * s->page_size / 4;
	if (span > t->rows && span <= most && (known < 0 || known > span))
		known = span;
	t->rows = known >= t->rows ? known : span > most ? -1 : t->rows;
	return CN_OK;
}

/* ---- bytes ---- */

/* How many bytes a row takes in the first pages of the b-tree; 0: it has none. */
static double bytes_per_row(sizing *s, const char *name)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_error ignored;
	char sql[240];
	snprintf(sql, sizeof sql,
		"SELECT sum(pgsize), sum(CASE WHEN pagetype = 'leaf' THEN ncell ELSE 0 END) FROM "
		"(SELECT pgsize, ncell, pagetype FROM dbstat('main') WHERE name = ?1 LIMIT %d)",
		SAMPLE_PAGES);
	if (cni_conn_prepare(s->conn, sql, &stmt, &ignored) < 0 ||
		cni_stmt_bind(stmt, 1, cn_text(name), &ignored) < 0 ||
		cni_stmt_step(stmt, &ignored) != CNI_ROW || !cni_stmt_int(stmt, 1))
		return 0;
	return cni_stmt_double(stmt, 0) / cni_stmt_double(stmt, 1);
}

static int take_bytes(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	sizing *s = ctx;
	(void)count, (void)err;
	for (size_t i = 0; row[0].type == CN_TYPE_TEXT && i < s->tree_count; i++)
		if (strlen(s->trees[i].name) == row[0].size &&
			memcmp(s->trees[i].name, row[0].as.p, row[0].size) == 0)
			s->trees[i].bytes = row[1].as.i;
	return 0;
}

static cn_status walk(sizing *s, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	TRY(cni_conn_prepare(s->conn, "SELECT name, pgsize FROM dbstat('main', TRUE)", &stmt, err));
	return cni_stmt_each(stmt, take_bytes, s, err);
}

static int64_t rows_of(const sizing *s, const char *table)
{
	for (size_t i = 0; i < s->tree_count; i++)
		if (!s->trees[i].index && cni_same(s->trees[i].name, table))
			return s->trees[i].rows;
	return -1;
}

static void sample(sizing *s)
{
	for (size_t i = 0; i < s->tree_count; i++) {
		tree *t = &s->trees[i];
		int64_t rows = rows_of(s, t->table);
		double each = bytes_per_row(s, t->name);
		if (rows >= 0)
			t->bytes = rows && each > 0 ? (int64_t)(each * (double)rows) : s->page_size;
	}
}

/* What no estimate reached gets what is left of the file; estimates that add up to more are cut. */
static void fit(sizing *s)
{
	int64_t used = (s->page_count - s->free_pages) * s->page_size, sum = 0, unknown = 0;
	for (size_t i = 0; i < s->tree_count; i++) {
		sum += s->trees[i].bytes >= 0 ? s->trees[i].bytes : 0;
		unknown += s->trees[i].bytes < 0;
	}
	for (size_t i = 0; i < s->tree_count; i++) {
		tree *t = &s->trees[i];
		if (t->bytes < 0)
			t->bytes = sum < used ? (used - sum) / unknown : s->page_size;
		else if (sum > used && sum > 0)
			t->bytes = (int64_t)((double)t->bytes * ((double)used / (double)sum));
	}
}

/* Without dbstat: every b-tree of a row takes the same. */
static void share(sizing *s)
{
	int64_t used = (s->page_count - s->free_pages) * s->page_size;
	double weight = 0;
	for (size_t i = 0; i < s->tree_count; i++)
		weight += (double)(rows_of(s, s->trees[i].table) + 1) * (s->trees[i].index ? 1 : 4);
	for (size_t i = 0; i < s->tree_count && weight > 0; i++)
		s->trees[i].bytes =
			(int64_t)((double)used * (double)(rows_of(s, s->trees[i].table) + 1) *
				  (s->trees[i].index ? 1 : 4) / weight);
}

static cn_status measure(sizing *s, cni_sizes *sizes, cn_error *err)
{
	if (!s->has_dbstat) {
		sizes->how = "the number of rows";
		share(s);
	} else if (s->exact || s->page_count * s->page_size <= WALK_BYTES) {
		sizes->how = "every page";
		return walk(s, err);
	} else {
		sizes->how = "a sample of the pages";
		sample(s);
		fit(s);
	}
	return CN_OK;
}

/* ---- the whole ---- */

static cn_status add_tables(sizing *s, cni_sizes *sizes, cn_error *err)
{
	for (size_t i = 0; i < s->tree_count; i++) {
		const tree *t = &s->trees[i];
		cni_table_size size = {.name = t->name, .rows = t->rows, .table_bytes = t->bytes};
		if (t->index)
			continue;
		for (size_t j = 0; j < s->tree_count; j++) {
			const tree *index = &s->trees[j];
			if (!index->index || !cni_same(index->table, t->name))
				continue;
			size.index_count++;
			size.index_bytes += index->bytes;
			if (index->bytes > size.largest_index_bytes)
				size.largest_index_bytes = index->bytes;
		}
		if (!CNI_PUSH(s->arena, sizes->tables, sizes->table_count, size))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static cn_status about_writing(sizing *s, cni_sizes *sizes, cn_error *err)
{
	cni_sqlite *conn = cni_sqlite_of(s->conn);
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	struct statvfs disk;
	char mode[16];
	int64_t cache;
	TRY(cni_sqlite_pragma(conn, "PRAGMA main.journal_mode", mode, sizeof mode, err));
	TRY(cni_conn_int(s->conn, "PRAGMA main.cache_size", &cache, err));
	/* a connection that writes would have switched it, see connect.c */
	if (conn->mode == CNI_OPEN_READ && !conn->foreign)
		snprintf(
			mode, sizeof mode, "%s", conn->journal_asked ? conn->journal_asked : "wal");
	sizes->journal = cni_strdup(s->arena, mode);
	sizes->readers_go_on = cni_same(mode, "wal");
	sizes->cache_bytes = cache < 0 ? -cache * 1024 : cache * s->page_size;
	sizes->database_bytes = s->page_count * s->page_size;
	sizes->free_bytes = -1;
	const char *folder = s->conn->path ? cni_path_folder(&arena, s->conn->path) : NULL;
	if (folder && statvfs(folder, &disk) == 0)
		sizes->free_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	return sizes->journal ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status look_at_file(sizing *s, cn_error *err)
{
	int64_t modules;
	TRY(cni_conn_int(s->conn, "PRAGMA main.page_size", &s->page_size, err));
	TRY(cni_conn_int(s->conn, "PRAGMA main.page_count", &s->page_count, err));
	TRY(cni_conn_int(s->conn, "PRAGMA main.freelist_count", &s->free_pages, err));
	TRY(cni_conn_int(s->conn, "SELECT count(*) FROM pragma_module_list WHERE name = 'dbstat'",
		&modules, err));
	s->has_dbstat = modules > 0;
	return CN_OK;
}

cn_status cni_sqlite_sizes(
	cni_conn *conn, bool exact, cni_arena *arena, cni_sizes *ret, cn_error *err)
{
	sizing s = {.conn = conn, .arena = arena, .exact = exact};
	cni_sizes sizes = {.exact = true};
	TRY(look_at_file(&s, err));
	TRY(list_trees(&s, err));
	for (size_t i = 0; i < s.tree_count; i++) {
		bool counted = true;
		if (!s.trees[i].index)
			TRY(count_rows(&s, &s.trees[i], &counted, err));
		sizes.exact &= counted;
	}
	TRY(measure(&s, &sizes, err));
	TRY(add_tables(&s, &sizes, err));
	for (size_t i = 0; i < sizes.table_count; i++)
		sizes.tables[i].counted = exact || (sizes.tables[i].rows >= 0 &&
							   sizes.tables[i].rows <= COUNTED_ROWS);
	TRY(about_writing(&s, &sizes, err));
	*ret = sizes;
	return CN_OK;
}
