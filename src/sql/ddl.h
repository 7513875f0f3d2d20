/*
 * ddl.h - a CREATE statement as data.
 *
 * One form for every source: what the parser reads from text, what a model or a designer's file
 * becomes, what the writer prints. Invariants:
 *   - Names are unquoted, in the letters in which they were written.
 *   - Expressions (`*_sql`) are kept as written, without surrounding white space; outer parentheses
 *     of CHECK, DEFAULT (…) and AS (…) are not part of them. `cni_sql_normal()` (lexer.h) gives the
 *     form in which two of them are compared.
 *   - Constraints said at a column and at the table are one list, in the order of the text.
 *   - A part of a key or an index is taken out of its outer parentheses where they hide a plain
 * name or a COLLATE, because SQLite looks through them, too.
 *   - What SQLite reads and ignores is not here: NULL, ON INSERT, ON CONFLICT behind CHECK, the
 * name of a DEFAULT, of a COLLATE or of nothing. What is said twice counts as it was said last.
 *   - Everything lives in the arena that was given to the parser.
 */
#ifndef CNI_SQL_DDL_H
#define CNI_SQL_DDL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "sql/dialect.h"

typedef enum cni_conflict { /* ON CONFLICT; 0: not said, or ABORT, which is the same */
	CNI_CONFLICT_NONE = 0,
	CNI_CONFLICT_ROLLBACK,
	CNI_CONFLICT_FAIL,
	CNI_CONFLICT_IGNORE,
	CNI_CONFLICT_REPLACE,
} cni_conflict;

typedef enum cni_action { /* ON DELETE, ON UPDATE */
	CNI_NO_ACTION = 0,
	CNI_RESTRICT,
	CNI_SET_NULL,
	CNI_SET_DEFAULT,
	CNI_CASCADE,
} cni_action;

typedef enum cni_ddl_identity { /* GENERATED … AS IDENTITY */
	CNI_IDENTITY_NONE = 0,
	CNI_IDENTITY_BY_DEFAULT,
	CNI_IDENTITY_ALWAYS,
} cni_ddl_identity;

typedef struct cni_ddl_column {
	const char *name;
	const char *type; /* as written, runs of white space and comments folded to one blank; NULL:
			     none */
	bool not_null;
	const char *not_null_name; /* CONSTRAINT name NOT NULL */
	cni_conflict not_null_conflict;
	const char *default_sql;    /* literal or expression; NULL: none */
	bool default_is_expression; /* said in parentheses: DEFAULT (…) */
	const char *collate;        /* NULL: none said */
	const char *generated_sql;  /* NULL: an ordinary column */
	bool generated_stored;
	cni_ddl_identity identity;
	const char *identity_sql; /* its options, "START 10 INCREMENT 5"; NULL: the usual ones */
	const char *comment; /* for people: the comment that stands at the column; may be NULL */
	/* where the definition stands in the CREATE text, name to the end of its last constraint;
	 * 0,0 if the table was not parsed from text */
	size_t text_start, text_size;
	const char *renamed_from; /* only from models: its old name */
} cni_ddl_column;

typedef enum cni_constraint_kind {
	CNI_PRIMARY_KEY = 1,
	CNI_UNIQUE,
	CNI_CHECK,
	CNI_FOREIGN_KEY,
	CNI_EXCLUDE,
} cni_constraint_kind;

typedef struct cni_ddl_part { /* one column of a key or an index */
	const char *expr_sql; /* as written, without COLLATE and ASC/DESC at its end */
	const char *name;     /* unquoted, when the expression is a plain name; else NULL */
	const char *collate;  /* NULL: not said */
	bool desc;
	int nulls; /* 0 not said, 1 NULLS FIRST, 2 NULLS LAST */
} cni_ddl_part;

typedef struct cni_ddl_constraint {
	cni_constraint_kind kind;
	const char *name; /* CONSTRAINT name; NULL: unnamed */
	bool at_column;   /* said inside a column definition … */
	size_t column;    /* … of the column with this index */
	cni_conflict conflict;
	cni_ddl_part *parts; /* PRIMARY KEY, UNIQUE: their columns; FOREIGN KEY: child columns */
	size_t part_count;
	bool autoincrement;    /* PRIMARY KEY */
	bool nulls_equal;      /* UNIQUE NULLS NOT DISTINCT */
	const char *check_sql; /* CHECK; EXCLUDE: everything behind that word */
	bool no_inherit;       /* CHECK */
	const char *rest_sql; /* PRIMARY KEY, UNIQUE: what stands behind the columns, INCLUDE (a) */
	/* FOREIGN KEY */
	const char *parent;
	const char *parent_schema;   /* NULL: that of the table */
	const char **parent_columns; /* NULL, 0: REFERENCES parent, without a list */
	size_t parent_column_count;
	cni_action on_delete, on_update;
	const char *match;           /* MATCH word, NULL when not said */
	const char *set_columns_sql; /* ON DELETE SET NULL (a, b): "(a, b)"; NULL: all of them */
	bool deferrable, initially_deferred; /* keys too, where an engine has that */
	bool not_valid; /* rows that were there before it are not known to obey */
} cni_ddl_constraint;

typedef struct cni_ddl_table {
	const char *name;
	cni_dialect dialect; /* set by cni_schema_add*, from the schema's engine */
	bool if_not_exists, temporary;
	cni_ddl_column *columns;
	size_t column_count;
	cni_ddl_constraint *constraints;
	size_t constraint_count;
	bool without_rowid, strict;
	const char *rest_sql; /* behind the columns: PARTITION BY …, INHERITS …; NULL: nothing */
	const char *partition_of;  /* the parent; the columns are its own; NULL: no partition */
	const char *bound_sql;     /* of a partition: FOR VALUES … */
	const char *as_select_sql; /* CREATE TABLE … AS; then there are no columns here */
	const char *comment;       /* the comment after the opening parenthesis or before CREATE */
	const char *renamed_from;  /* only from models */
	size_t name_start,
		name_size; /* where the name stands in the text (without a schema prefix) */
	size_t body_start; /* offset of the opening parenthesis */
} cni_ddl_table;

typedef struct cni_ddl_index {
	const char *name, *table;
	bool unique, if_not_exists;
	cni_ddl_part *parts;
	size_t part_count;
	const char *where_sql; /* NULL: all rows */
	/* All behind the table's name as the engine writes it, "USING btree (a) WHERE …", where
	 * there is more to it than parts and where_sql tell; NULL: they tell all */
	const char *definition_sql;
	bool invalid; /* a concurrent build that failed */
} cni_ddl_index;

typedef struct cni_ddl_view {
	const char *name;
	bool temporary;
	const char **columns; /* CREATE VIEW v(a, b); NULL: none said */
	size_t column_count;
	const char *select_sql;
	bool materialized;
	const char *options_sql; /* WITH (…): "security_barrier=true"; NULL: none */
} cni_ddl_view;

typedef struct cni_ddl_trigger {
	const char *name, *table;
	bool temporary;
	bool constraint;      /* CREATE CONSTRAINT TRIGGER */
	const char *head_sql; /* everything between the name and ON, as written: BEFORE UPDATE OF a,
				 b */
	const char *body_sql; /* from FOR EACH ROW / WHEN / BEGIN to the last END */
} cni_ddl_trigger;

typedef struct cni_ddl_virtual {
	const char *name, *module;
	const char **arguments; /* as written */
	size_t argument_count;
} cni_ddl_virtual;

typedef enum cni_ddl_kind {
	CNI_DDL_OTHER = 0, /* not a CREATE statement */
	CNI_DDL_TABLE,
	CNI_DDL_INDEX,
	CNI_DDL_VIEW,
	CNI_DDL_TRIGGER,
	CNI_DDL_VIRTUAL,
	CNI_DDL_OPAQUE,
} cni_ddl_kind;

/* What an engine has and nothing here looks into: a type, a sequence, a function … */
typedef struct cni_ddl_opaque {
	const char *name;  /* as it is written in SQL: f(integer), "A b" */
	const char *word;  /* "function", "sequence", "type" … */
	const char *table; /* what it stands on: of a policy, a rule; else NULL */
	const char *create_sql, *drop_sql;
	bool replaceable;    /* create_sql also changes the one that is there (CREATE OR REPLACE) */
	const char **labels; /* of an enum; NULL: it is none */
	size_t label_count;
} cni_ddl_opaque;

/* What is said about an object beside its CREATE statement: comments, grants, storage, row
 * security. In the texts \1 stands for the object's name, \2 for the column's, \3 for that of the
 * table it stands on, all quoted. */
typedef struct cni_ddl_note {
	const char *column; /* unquoted; NULL: it is about the whole */
	/* not compared nor written with the object (grants): what makes the object anew puts it
	 * back */
	bool kept;
	const char *sql, *undo_sql;
} cni_ddl_note;

typedef struct cni_ddl {
	cni_ddl_kind kind;
	cni_dialect dialect; /* set by cni_schema_add*, from the schema's engine */
	cni_ddl_note *notes;
	size_t note_count;
	union {
		cni_ddl_table table;
		cni_ddl_index index;
		cni_ddl_view view;
		cni_ddl_trigger trigger;
		cni_ddl_virtual virtual_table;
		cni_ddl_opaque opaque;
	};
} cni_ddl;

/* Parses one statement (a trailing `;` is allowed). What SQLite accepts is accepted.
 * CN_ESQL with line and column in the detail when it is not a statement that SQLite could have
 * stored; CN_ENOMEM. A statement that is not a CREATE gives kind CNI_DDL_OTHER and CN_OK. */
cn_status cni_ddl_parse(
	cni_arena *arena, const char *sql, size_t size, cni_ddl *ret, cn_error *err) CN_MUST_CHECK;

/* A copy of a table or an index, all its texts in the arena; false: out of memory, or of another
 * kind. Source: ddl_copy.c */
bool cni_ddl_copy(cni_arena *arena, const cni_ddl *ddl, cni_ddl *ret);

/* Appends the CREATE statement (no trailing `;`), laid out for people: one column a line. Source:
 * ddl_write.c */
void cni_ddl_write(cni_buffer *out, const cni_ddl *ddl);
/* Appends what can only be run when all tables are there: foreign keys, of an engine that looks for
 * their parents, and notes. Each statement ends in `;\n`. Of SQLite: nothing. Source:
 * ddl_write_postgres.c */
void cni_ddl_write_late(cni_buffer *out, const cni_ddl *ddl);
/* Appends one note with the names filled in, no `;`; `undo`: what takes it back. */
void cni_ddl_write_note(cni_buffer *out, const cni_ddl *ddl, const cni_ddl_note *note, bool undo);
/* In the words of PostgreSQL: CREATE without what is late; one column; one constraint as it stands
 * behind ADD. */
void cni_ddl_write_postgres(cni_buffer *out, const cni_ddl *ddl);
void cni_ddl_write_postgres_column(cni_buffer *out, const cni_ddl_column *column);
void cni_ddl_write_postgres_constraint(cni_buffer *out, const cni_ddl_constraint *constraint);
/* Appends one column definition as it would stand in CREATE TABLE or ALTER TABLE ADD COLUMN, with
 * the constraints of the table that were said at this column. */
void cni_ddl_write_column(cni_buffer *out, const cni_ddl_table *table, size_t column);

const char *cni_action_sql(cni_action action);       /* "CASCADE"; "NO ACTION" for 0 */
const char *cni_conflict_sql(cni_conflict conflict); /* "REPLACE"; "ABORT" for 0 */

#endif
