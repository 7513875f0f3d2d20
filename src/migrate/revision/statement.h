/* statement.h - what a revision's statements do, as far as their first words tell. */
#ifndef CNI_MIGRATE_STATEMENT_H
#define CNI_MIGRATE_STATEMENT_H

#include "migrate/revision/revision.h"

typedef struct cni_statement {
	/* "create table", "create virtual table", "create index", "create view", "create trigger",
	 * "drop table", "drop index", "drop view", "drop trigger", "add column", "drop column",
	 * "rename table", "rename column", "stored text", "rows", "query", "setting", "other" */
	const char *method;
	const char *table; /* what it is about, without quotes; "" */
	const char *from;  /* RENAME COLUMN: the old name; "" */
	const char *to;    /* RENAME: the new name; "" */
} cni_statement;

cn_status cni_statement_read(
	cni_arena *arena, const char *sql, cni_statement *ret, cn_error *err) CN_MUST_CHECK;

/* Is it about a table that the planner makes and takes away again, for a rebuild or for a test of
 * the rows? */
bool cni_statement_is_ours(const cni_statement *s);

/* Where CREATE TABLE new … INSERT … DROP TABLE old … RENAME new TO now ends, which begins with step
 * `at`; *ret_end 0: it is none. */
cn_status cni_steps_rebuild(cni_arena *arena, const cni_plan *plan, size_t at,
	const cni_statement *create, size_t *ret_end, const char **ret_old, const char **ret_now,
	cn_error *err) CN_MUST_CHECK;

/* Does the plan hold statements that move rows (or that nobody here knows), beside the copies that
 * a rebuild makes? *ret (may be NULL): the first one's text; NULL: none. */
cn_status cni_steps_data(
	cni_arena *arena, const cni_plan *plan, const char **ret, cn_error *err) CN_MUST_CHECK;
/* The renames that ALTER TABLE statements of the plan make, in their order, appended. A rebuild's
 * temporary table is none. `.table` of a column's is the table's name at that moment. */
cn_status cni_steps_renames(cni_arena *arena, const cni_plan *plan, cni_rename **list,
	size_t *count, cn_error *err) CN_MUST_CHECK;

#endif
