/*
 * schema.h - a database's schema as data.
 *
 * Pure: no I/O, no globals. A schema lives in the arena it was made in. Every source (a live
 * database, compiled models, a .sql file, a folder of revisions, a designer's file) becomes one of
 * these. Two schemas are compared only after both were *normalised*: built in an empty scratch
 * database of the target's engine and inspected (driver.h: cni_conn_normalise), so that both went
 * through the same reader.
 *
 * Invariants: objects stand in the order in which they can be created (inspection: sqlite_schema
 * order). Internal objects (sqlite_*, shadow tables of virtual tables, Cantil's own tables) are not
 * in it.
 */
#ifndef CNI_SCHEMA_SCHEMA_H
#define CNI_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "sql/ddl.h"

typedef struct cni_object {
	const char *name;  /* as written */
	const char *table; /* of an index or a trigger: what it stands on (a view for INSTEAD OF);
			      else NULL */
	const char *sql;   /* the CREATE text, without a trailing `;`; for made schemas: written by
			      ddl_write.c */
	const char *late_sql; /* what can be run only when all tables are there, each statement with
				 its `;`: foreign keys, comments; NULL: nothing, as always of SQLite
			       */
	const char *normal;   /* cni_sql_normal of the meaning of `sql`: what comparison sees
				 (compare.c fills it) */
	cni_ddl ddl;          /* parsed */
} cni_object;

typedef struct cni_schema {
	cni_arena *arena;
	const char *engine; /* "sqlite", "postgresql": the driver's name */
	/* of an engine that is a server: where scratch databases for it are made; else NULL. Not
	 * shown anywhere: it may hold a password */
	const struct cni_uri *home;
	cni_object *objects; /* ddl.kind tells table, index, view, trigger, virtual table */
	size_t object_count;
	struct cni_names *names;       /* where a name stands: see names.h */
	const struct cni_known *known; /* read before: cni_schema_add_sql takes what has the same
					  text from there (known.h); NULL: nothing */
} cni_schema;

/* An empty schema in the arena; NULL when out of memory. */
cni_schema *cni_schema_new(cni_arena *arena, const char *engine);

/* Adds an object from its CREATE text (copied, parsed) or from data (copied; its text is written,
 * and is what counts: the data is read back from it). CN_ESQL for what is no CREATE statement,
 * CN_ENOMEM. */
cn_status cni_schema_add_sql(
	cni_schema *schema, const char *sql, size_t size, cn_error *err) CN_MUST_CHECK;
cn_status cni_schema_add(cni_schema *schema, const cni_ddl *ddl, cn_error *err) CN_MUST_CHECK;

/* The same of an engine whose texts our parser does not read: the data is what counts, and is not
 * copied. */
cn_status cni_schema_take(cni_schema *schema, const cni_ddl *ddl, cn_error *err) CN_MUST_CHECK;
/* Adds an object that is read already, of the same engine; its texts are not copied. */
cn_status cni_schema_add_object(
	cni_schema *schema, const cni_object *object, cn_error *err) CN_MUST_CHECK;

/* `wanted` (of models, not normalised yet) and what of `from` no model can say: *ret, which shares
 * the texts of both. Of an engine of which models say all it is `wanted` itself. Source: unsaid.c
 */
cn_status cni_schema_keep_unsaid(
	cni_schema *wanted, const cni_schema *from, cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* Finds by name, ignoring ASCII case; NULL if there is none. */
const cni_object *cni_schema_find(const cni_schema *schema, cni_ddl_kind kind, const char *name);
const cni_object *cni_schema_table(const cni_schema *schema, const char *name);
/* Index of a column by name (ASCII case ignored), or -1. */
long cni_table_column(const cni_ddl_table *table, const char *name);
/* The PRIMARY KEY constraint, or NULL. */
const cni_ddl_constraint *cni_table_primary_key(const cni_ddl_table *table);
/* The column that is the rowid (INTEGER PRIMARY KEY), or -1: there is none, or no rowids at all. */
long cni_table_rowid_alias(const cni_ddl_table *table);

/* SQLite's affinity of a declared type (NULL: BLOB). */
typedef enum cni_affinity {
	CNI_AFF_BLOB,
	CNI_AFF_TEXT,
	CNI_AFF_NUMERIC,
	CNI_AFF_INTEGER,
	CNI_AFF_REAL
} cni_affinity;
cni_affinity cni_type_affinity(const char *type);

/* The name of a virtual table's column that this argument declares; NULL when it is an option, or
 * of a module whose arguments are not known. In the arena. */
const char *cni_virtual_column(cni_arena *arena, const cni_ddl_virtual *table, size_t argument);
/* Is it one of full text's modules: fts3, fts4, fts5? */
bool cni_is_full_text(const cni_ddl_virtual *table);
typedef enum cni_virtual_content {
	CNI_CONTENT_OWN,
	CNI_CONTENT_OTHER, /* content=t: of another table */
	CNI_CONTENT_NONE,  /* content='': it cannot be read */
} cni_virtual_content;
/* Where a full text table's rows are; anything else has its own. *ret_table (may be NULL): the name
 * of the other table, for CNI_CONTENT_OTHER. */
cni_virtual_content cni_virtual_content_of(
	cni_arena *arena, const cni_ddl_virtual *table, const char **ret_table);

/* Does it say anything? SQLite takes DEFAULT NULL and none for the same. */
bool cni_column_has_default(const cni_ddl_column *column);

/* Do the two mean the same? Spelling, quoting, case, comments, column- against table-level do not
 * count. */
bool cni_object_equal(const cni_object *a, const cni_object *b);
bool cni_column_equal(const cni_ddl_column *a, const cni_ddl_column *b); /* names not compared */
bool cni_schema_equal(const cni_schema *a, const cni_schema *b);

/* Writers: one file each. All append text for people (or tools) to `out`. */
void cni_schema_write_sql(cni_buffer *out,
	const cni_schema *schema); /* CREATE statements that rebuild it, each ending in ;\n */
void cni_schema_write_c(
	cni_buffer *out, const cni_schema *schema); /* structs and CN_MODEL tables */
void cni_schema_write_json(cni_buffer *out, const cni_schema *schema);
void cni_schema_write_dot(cni_buffer *out, const cni_schema *schema);

/* Readers. A designer's file can be broken; what was mended is said, a line each, in `notes` (may
 * be NULL). */
cn_status cni_schema_read_designer(cni_schema *schema, const char *xml, size_t size,
	cni_buffer *notes, cn_error *err) CN_MUST_CHECK;

#endif
