/*
 * inspect.h - what the files that read a schema share.
 *
 * One schema of the database is looked at: the first of the search path. Everything of it becomes a
 * node; the nodes are sorted so that each stands behind what it depends on, as pg_depend tells, and
 * then become the objects of a cni_schema. What belongs to an extension is the extension's and is
 * not seen; an extension itself is.
 */
#ifndef CNI_DRIVER_POSTGRES_INSPECT_H
#define CNI_DRIVER_POSTGRES_INSPECT_H

#include "driver/postgres/postgres.h"

/* Which catalog an oid is from: oids are unique in one catalog only. */
typedef enum pg_catalog {
	PG_CLASS = 1,
	PG_TYPE,
	PG_PROC,
	PG_TRIGGER,
	PG_POLICY,
	PG_REWRITE,
	PG_EXTENSION,
	PG_STATISTIC,
} pg_catalog;

typedef struct pg_node {
	pg_catalog catalog;
	int64_t oid;
	size_t place; /* as found: kinds in the order in which they can usually be created */
	cni_ddl ddl;
	struct pg_node **needs; /* what must stand before it */
	size_t need_count;
	char mark; /* while they are sorted: 1 entered, 2 placed */
} pg_node;

typedef struct pg_inspection {
	cni_conn *conn;
	cni_schema *schema;
	cni_arena *arena;  /* the schema's */
	const char *space; /* quoted name of the schema looked at */
	int64_t space_oid;
	int64_t home_oid; /* of a scratch: the schema that it stands for; else space_oid */
	/* what there is any of: most schemas have little beside tables, and every query costs a
	 * fresh connection a millisecond */
	bool any_types, any_domains, any_sequences, any_functions, any_views, any_triggers;
	bool any_policies, any_rules, any_statistics, any_comments, any_grants;
	pg_node **nodes;
	size_t count;
	pg_node **by_oid; /* sorted by catalog and oid, once all are there */
} pg_inspection;

/* Runs a query in which %1$lld is the oid of the schema and %2$lld that of its home, and calls fn
 * for each row. */
typedef cn_status (*pg_row_fn)(pg_inspection *in, cni_stmt *row, cn_error *err);
cn_status cni_pg_look(
	pg_inspection *in, const char *query, pg_row_fn fn, cn_error *err) CN_MUST_CHECK;
/* A column's text in the arena; NULL for NULL. */
const char *cni_pg_kept(pg_inspection *in, cni_stmt *row, size_t column);
pg_node *cni_pg_node_new(pg_inspection *in, pg_catalog catalog, int64_t oid, cni_ddl_kind kind);
/* NULL: not there. Only after cni_pg_index. */
pg_node *cni_pg_node(const pg_inspection *in, pg_catalog catalog, int64_t oid);
bool cni_pg_index(pg_inspection *in);
/* Appends a note; false: out of memory. */
bool cni_pg_note(pg_inspection *in, cni_ddl *ddl, const char *column, bool kept, const char *sql,
	const char *undo);

/* inspect_table.c: tables with their columns and constraints, indexes. */
cn_status cni_pg_find_tables(pg_inspection *in, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_find_indexes(pg_inspection *in, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_fill_tables(pg_inspection *in, cn_error *err) CN_MUST_CHECK;
/* inspect_object.c: types, sequences, functions before the tables; the rest after them. */
cn_status cni_pg_find_before(pg_inspection *in, cn_error *err) CN_MUST_CHECK;
cn_status cni_pg_find_after(pg_inspection *in, cn_error *err) CN_MUST_CHECK;
/* inspect_note.c: comments, grants, settings. */
cn_status cni_pg_find_notes(pg_inspection *in, cn_error *err) CN_MUST_CHECK;

#endif
