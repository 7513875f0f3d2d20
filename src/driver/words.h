/*
 * words.h - what an engine spells in its own way: the part of the driver contract that is text.
 *
 * Whatever stands above this layer and makes SQL that not every engine reads asks here. A driver
 * fills one constant table (cni_driver.words). Everything is pure: nothing is run, nothing is kept.
 *
 * Parameters stand as ?1, ?2 … in every SQL text, whatever the engine calls them.
 */
#ifndef CNI_DRIVER_WORDS_H
#define CNI_DRIVER_WORDS_H

#include "driver/plan.h"
#include "sql/lexer.h"

/* May a statement stand in a section of a revision? */
typedef enum cni_step_place {
	CNI_STEP_ANYWHERE = 0, /* in the transaction; in a section without one, in one of its own */
	CNI_STEP_OUTSIDE,      /* only in a section without a transaction, and in none of its own */
	CNI_STEP_EITHER,       /* there it has none of its own; else it may be in one */
	CNI_STEP_NOWHERE,
} cni_step_place;

typedef struct cni_step_rule {
	cni_step_place place;
	const cni_token *at; /* what a fault is about */
	char said[80];       /* the same for messages: "pragma journal_mode" */
	const char *hint;    /* of CNI_STEP_NOWHERE */
} cni_step_rule;

/* Why a value does not come through a change of type. */
typedef enum cni_misfit_kind {
	CNI_MISFIT_LOSES, /* it can be converted, but not told back from what becomes of it */
	CNI_MISFIT_FAILS, /* the engine refuses to convert it */
} cni_misfit_kind;

/* What a program keeps in a column. */
typedef struct cni_column_kind {
	cn_type type;
	unsigned length;           /* of text, characters at most; 0: any */
	unsigned precision, scale; /* digits, and how many behind the point; 0: any */
	bool strict;               /* of a STRICT table */
} cni_column_kind;

typedef struct cni_words {
	const char *title; /* for people: "SQLite" */

	/* ---- the tables of migrations ---- */
	const char *table_count;                  /* SELECT 0 or 1: is there a table called ?1 */
	const char *column_count;                 /* the same: has table ?1 a column ?2 */
	const char *create_version, *create_step; /* IF NOT EXISTS; and CREATE alone */
	const char *now; /* expression: "2026-11-22T07:15:00Z", when it is run, as text */
	/* SELECT one number that other programs keep their version in (0: none), and what it is
	 * called; NULL: there is none */
	const char *schema_number, *schema_number_title;
	const char *list_texts; /* the aggregate function (text, separator) */

	/* ---- scripts for the engine's shell (change/script.c) ---- */
	void (*script_begin)(cni_buffer *out, const cni_plan *plan);
	void (*script_end)(cni_buffer *out, const cni_plan *plan);

	/* ---- sections of revisions (revision/revision_rules.c, run/stepwise.c) ---- */
	void (*step_rule)(const cni_token *tokens, size_t count, cni_step_rule *ret);
	/* After the last step of a revision without a transaction: has the engine done what it may
	 * leave undone without an error? NULL: it always tells. */
	cn_status (*steps_done)(cni_conn *conn, const cni_plan *plan, cn_error *err);
	/* Before a step is run that an earlier run has begun: is it done already? What is half done
	 * is taken back. NULL: running it once more does no harm. */
	cn_status (*step_again)(
		cni_conn *conn, const cni_step *step, bool *ret_done, cn_error *err);
	/* A scratch database is inside of a transaction: such steps are built there, and what makes
	 * nothing (VACUUM) is passed over. */
	bool builds_outside;
	/* Does the step set something that holds for its connection only? Then a run that goes on
	 * runs it again. NULL: none does. */
	bool (*step_sets)(const cni_step *step);

	/* Keeps other migrators out, waiting for as long as the connection waits for locks: until
	 * the open transaction ends, or (`session`) until release_migrations. NULL: CNI_TX_WRITE,
	 * and a lock on a file beside the database, do. */
	cn_status (*hold_migrations)(cni_conn *conn, bool session, cn_error *err);
	cn_status (*release_migrations)(cni_conn *conn, cn_error *err);
	/* Was a transaction rolled back for something that is over when it is run again: a dead
	 * lock, another one that was first, a lock that was waited for too long? NULL: never. */
	bool (*try_again)(const cn_error *err);

	/* ---- decisions (migrate/decide) ---- */
	const char *own_schema;  /* in front of a table's name: "main."; "" */
	const char *temp_schema; /* "temp." */
	/* What takes the type's and the collation's influence away in front of the right side of a
	 * comparison, so that the left one's count: "+"; "" where types are compared as they are */
	const char *plain;
	/* The rows as they will be can be had as a subquery of casts: `value` yields the new type.
	 * Else a TEMP table converts them when they are put into it. */
	bool casts_in_queries;
	/* Does the old value become one of another type? */
	bool (*converts)(const cni_copy *copy, size_t column);
	/* May values not come through into column `column` of the new table, because it is of
	 * another type? */
	bool (*may_misfit)(const cni_copy *copy, size_t column);
	/* Appends the condition, in terms of the new names and the old values, under which one does
	 * not; nothing when all do. `misfit` FAILS: only with casts_in_queries. */
	void (*misfit)(cni_buffer *out, const cni_schema *to, const cni_copy *copy, size_t column,
		cni_misfit_kind misfit);
	/* Is the column's type one that only the new schema has, so that nothing can be converted
	 * into it yet? NULL: there are no such types. */
	bool (*is_new_type)(const cni_schema *from, const cni_schema *to, const char *type);
	/* Does allow-cast convert this column's values, or only let them be? */
	bool (*casts)(const cni_copy *copy, size_t column);
	/* Appends an expression of text that tells a person which row of the old table it is. */
	void (*row_label)(cni_buffer *out, const cni_ddl_table *from);
	/* An expression of one row of the old table that is another one in each row; NULL: none. */
	const char *(*distinct_value)(cni_arena *arena, const cni_copy *copy, size_t column);
	/* The emptiest value that the column takes: "0", "''". */
	const char *(*zero)(const cni_ddl_table *table, size_t column);
	/* Appends what stands behind an expression of GROUP BY so that it is compared as the part
	 * of a key is. */
	void (*compared_as)(cni_buffer *out, const cni_ddl_table *table, const cni_ddl_part *part);
	/* Appends the definition of a column of a TEMP table, as the new table has it, without any
	 * constraint; NULL with casts_in_queries. */
	void (*temp_column)(cni_buffer *out, const cni_ddl_table *table, size_t column);
	/* Must a row have a value here (NOT NULL, or a key that forbids NULL)? */
	bool (*forbids_null)(const cni_ddl_table *table, size_t column);
	/* INSERT INTO that passes over a row which a key forbids: what stands in front of the
	 * table's name, and behind the values */
	const char *insert_or_pass[2];
	/* Appends an aggregate: a number that tells contents apart (values and their columns count,
	 * the order of rows does not), 0 of no rows. At most 101 columns. */
	void (*content_hash)(cni_buffer *out, const char *const *columns, size_t count);

	/* ---- databases that are files (backup) ---- */
	const char *check_all; /* SELECT complaints about damage, or one row "ok"; NULL: no such */
	const char *broken_references; /* SELECT how many rows refer to nothing */
	/* The journal in which readers and a writer go on beside each other: SELECT which is used,
	 * leave it (yields "delete" when nobody else had the database open), use it again; then a
	 * transaction that keeps everybody out. NULL: there are no such files. */
	const char *journal, *journal_leave, *journal_again, *begin_alone;
	const char *backup_tool; /* what makes backups of databases that are no files; or NULL */

	/* ---- models and sessions (orm) ---- */
	bool keeps_texts; /* the engine stores the text of CREATE INDEX as it was written */
	const char *(*member_type)(cni_arena *arena, const cni_column_kind *member);
	bool counts_by_identity;    /* a key that the engine counts is an identity column */
	const char *bool_words[2];  /* "0", "1" */
	const char *blob_quotes[2]; /* around hexadecimal digits: "x'", "'" */
	/* Behind a column of integers: it is one of those in a text "{1,2}" that is bound; NULL:
	 * there is none */
	const char *any_integer;
	bool rows_in_list;      /* (a, b) IN ((1, 2), (3, 4)); else IN (VALUES (1, 2), (3, 4)) */
	const char *defer_keys; /* foreign keys are looked at when the transaction is committed */
} cni_words;

/* The words of an engine; NULL: this build has no such driver. */
const cni_words *cni_words_of(const char *engine);

/* The engine (its title) that keeps tables of such a name for itself; NULL: none does. */
const char *cni_table_owner(const char *name);
/* Does a statement that begins so change a setting? */
bool cni_is_setting(const cni_token *first);
/* Is it the one in which the CREATE texts are kept, and edited (cni_plan.edits_schema)? */
bool cni_catalog_table(const char *name);

#endif
