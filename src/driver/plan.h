/*
 * plan.h - how an engine is led from one schema to another: the part of the driver contract that
 * plans.
 *
 * The caller (src/migrate) has decided everything: which table and column comes from which, what
 * fills a NULL, what may be cast. A driver turns that into steps and proves on an empty scratch
 * database that they lead to the schema wanted. A plan is text: it can be shown, kept in a file,
 * and run by execute.h.
 *
 * Invariants: steps run in order, in one transaction, with foreign keys not enforced; they never
 * rely on what rows there are. A plan's `result` equals `to` plus what was ignored.
 */
#ifndef CNI_DRIVER_PLAN_H
#define CNI_DRIVER_PLAN_H

#include "driver/driver.h"
#include "schema/diff.h"

typedef struct cni_keep { /* rows of `from` must be in `to` afterwards, with these columns unchanged
			   */
	const char *from_table, *to_table;
	const char **from_columns, **to_columns; /* may name the rowid, as "rowid" */
	size_t column_count;
} cni_keep;

typedef struct cni_step {
	const char *sql;     /* one statement, without `;`; "" when a C function is the step */
	const char *comment; /* why; one line; NULL: belongs to the step before */
	/* what only a revision's file says; plans that are made have none of it */
	const char *call; /* the C function that is the step (data_step.h); NULL: the SQL is */
	const char **arguments; /* keys of -x, in the order of the statement's parameters */
	size_t argument_count;
	unsigned line; /* in its file, from 1 */
	bool data;     /* changes rows on purpose: `keeps` do not speak of what it does */
	bool outside;  /* can run in no transaction (VACUUM, PRAGMA); of a plan without one */
} cni_step;

typedef struct cni_plan {
	cni_step *steps;
	size_t step_count;
	cni_keep *keeps; /* what is compared before and after: the tables whose rows are written
			    anew */
	size_t keep_count;
	const char **warnings; /* "data cannot come back: product.price" */
	size_t warning_count;
	bool no_transaction;  /* each step by itself, and recorded (migrate/run/stepwise.h) */
	bool rebuilds;        /* some table is copied whole */
	const char **rebuilt; /* the tables that are, by their names before */
	size_t rebuilt_count;
	/* The stored text of these tables is edited, their rows stay (names afterwards). Execution
	 * must allow the steps to write the schema; a plan read from a file never asks for that. */
	bool edits_schema;
	const char **edited;
	size_t edited_count;
	const cni_schema
		*result; /* the schema it leads to, inspected; NULL: not known (read from a file) */
} cni_plan;

typedef struct cni_copy_column { /* where one column of a surviving table gets its values from */
	long from;        /* index of a column of `from`; -1: it is new, rows get its default */
	bool cast;        /* values become CAST(value AS the new type) */
	const char *fill; /* SQL expression for rows that would have NULL here; NULL: none */
} cni_copy_column;

typedef struct cni_copy { /* a table that is in both schemas, perhaps under another name, perhaps
			     unchanged */
	const cni_object *from, *to;
	cni_copy_column *columns; /* one for each column of `to` */
	bool from_rowid;          /* the new INTEGER PRIMARY KEY takes the old rowids */
} cni_copy;

typedef struct cni_plan_request {
	const cni_schema *from, *to; /* normalised */
	const cni_rename *renames;   /* decided; of tables and columns that are there */
	size_t rename_count;
	const cni_copy *copies; /* of every ordinary table that survives */
	size_t copy_count;
	const char *const *ignore_tables; /* NULL-terminated; NULL: none */
	/* A table of at least so many rows in `data` is not written anew where the engine can
	 * change its definition alone; 0, or no data: every plan holds whatever rows there are. */
	int64_t edit_from;
	cni_conn *data; /* holds `from`; only read */
} cni_plan_request;

enum { CNI_EDIT_FROM = 100000 }; /* rows: what a smaller table takes is no time */

/* CN_ESCHEMA, the differences in the detail, when no plan was found that leads to `to`. Everything
 * lives in the arena. Source: src/driver/plan.c, src/driver/sqlite/plan.c */
cn_status cni_plan_make(const char *engine, const cni_plan_request *request, cni_arena *arena,
	cni_plan *ret, cn_error *err) CN_MUST_CHECK;

/* ---- what comes from what: copy.c ---- */

/* The name that a table of `from` has in `to` (the same when it is not renamed). */
const char *cni_renamed_table(const cni_rename *renames, size_t count, const char *name);
/* The table (or virtual table) of `from` that becomes `name`; NULL: `name` is new. */
const cni_object *cni_original_table(
	const cni_schema *from, const cni_rename *renames, size_t count, const char *name);
/* The name in `from` of a column of table `table` (new name) called `name` in `to`, whether it is
 * there or not; NULL when that name was given away by a rename. */
const char *cni_original_column(
	const cni_rename *renames, size_t count, const char *table, const char *name);
/* The new name of a column `name` of `from`; `table`: the new name of its table. */
const char *cni_renamed_column(
	const cni_rename *renames, size_t count, const char *table, const char *name);

/* All surviving ordinary tables, in `to`'s order, without casts and fills. */
cn_status cni_copies_make(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	const cni_rename *renames, size_t rename_count, const char *const *ignore_tables,
	cni_copy **ret, size_t *ret_count, cn_error *err) CN_MUST_CHECK;

/* The affinity that a column really has: ANY in a STRICT table converts nothing. */
cni_affinity cni_column_affinity(const cni_ddl_table *table, size_t column);
/* Do values of this column come through as they are (no other affinity, no cast, no fill, not
 * generated)? */
bool cni_copy_keeps(const cni_copy *copy, size_t column);
/* Is the collation of the column in both tables the same? */
bool cni_copy_same_collation(const cni_copy *copy, size_t column);
/* The column of `to` that column `from` becomes; -1: it goes. */
long cni_copy_target(const cni_copy *copy, size_t from);
/* Is this column filled from somewhere, or left to its default? Generated columns never are. */
bool cni_copy_writes(const cni_copy *copy, size_t column);
/* Appends the expression for one column's new value, in terms of the new column names. */
void cni_copy_value(cni_buffer *out, const cni_copy *copy, size_t column);
/* The word that reaches the rowid of a table: one that is no column's name; NULL: WITHOUT ROWID, or
 * all taken. */
const char *cni_rowid_word(const cni_ddl_table *table);
/* "INTEGER", "TEXT", "REAL", "NUMERIC", "BLOB": what CAST takes for an affinity. */
const char *cni_affinity_sql(cni_affinity affinity);

bool cni_ignored(const char *const *ignore_tables, const char *name);

#endif
