/*
 * random_schema.h - a schema made by chance, another one made from it by chance, and rows for the
 * first.
 *
 * Everything carries a number that stays when it is renamed, so that what became of it is known
 * without asking the code that is tested. What cannot be said in SQLite (a foreign key to something
 * that is no key, a view of a table that has gone) is left out where the SQL is written, in
 * random_write.c; what rows forbid is left in, for a refusal is judged too.
 */
#ifndef CANTIL_TESTS_RANDOM_SCHEMA_H
#define CANTIL_TESTS_RANDOM_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
	RANDOM_TABLES = 6,
	RANDOM_COLUMNS = 9,
	RANDOM_PARTS = 3,  /* indexes and foreign keys of a table */
	RANDOM_TYPES = 19, /* see random_type_words */
	RANDOM_CHECKS = 6,
	RANDOM_VIEWS = 6, /* forms of them */
	RANDOM_TRIGGERS = 6,
	RANDOM_OBJECTS = 4, /* views, triggers, virtual tables of a schema */
	RANDOM_NAME = 24,
};

typedef enum random_affinity {
	IS_INTEGER,
	IS_TEXT,
	IS_REAL,
	IS_NUMERIC,
	IS_LOOSE, /* NUMERIC to SQLite, text by habit: DATETIME */
	IS_BLOB,
	IS_ANYTHING, /* no type, or ANY in a STRICT table */
} random_affinity;

typedef struct random_column {
	unsigned id;
	char name[RANDOM_NAME];
	unsigned type;                /* index of a type's words, see random_type_words */
	bool not_null, unique, named; /* named: its constraints have names */
	unsigned conflict;            /* ON CONFLICT of NOT NULL and UNIQUE; 0: not said */
	unsigned check, default_form, collate;
	unsigned generated; /* 0: ordinary, 1: VIRTUAL, 2: STORED */
	unsigned source;    /* id of the column that it is made from */
} random_column;

typedef enum random_key { KEY_NONE, KEY_ROWID, KEY_SINGLE, KEY_PAIR, KEY_COUNT } random_key;

typedef struct random_reference {
	unsigned id, child, child2; /* columns; child2 is used for a key of two */
	unsigned parent, to_unique; /* to_unique: id of a UNIQUE column; 0: the key */
	bool says_columns, deferred, named, at_table;
	unsigned on_delete, on_update;
} random_reference;

typedef struct random_index {
	unsigned id, a, b; /* columns; b may be 0 */
	char name[RANDOM_NAME];
	bool unique, desc;
	bool constraint; /* no index: UNIQUE among the table's constraints */
	unsigned form, where, collate;
} random_index;

typedef struct random_table {
	unsigned id;
	char name[RANDOM_NAME];
	random_column columns[RANDOM_COLUMNS]; /* 0 and 1 are never generated and never go */
	size_t column_count;
	random_key key; /* of column 0, or of columns 0 and 1 */
	bool key_desc, key_at_table, key_named, autoincrement, without_rowid, strict;
	unsigned key_conflict;
	bool unique_pair, check_pair; /* over columns 0 and 1 */
	unsigned turn;                /* which column is written first: keys stand anywhere */
	random_reference references[RANDOM_PARTS];
	random_index indexes[RANDOM_PARTS]; /* id 0: none */
} random_table;

typedef struct random_view {
	unsigned id, on; /* a table or a view */
	char name[RANDOM_NAME];
	unsigned form;
	bool instead_of;
} random_view;

typedef struct random_trigger {
	unsigned id, on, other; /* tables */
	char name[RANDOM_NAME];
	unsigned form, column;
} random_trigger;

typedef enum random_module {
	MODULE_FTS5,
	MODULE_FTS4,
	MODULE_FTS3,       /* up to here: with content of its own */
	MODULE_FTS5_OTHER, /* content of a table */
	MODULE_FTS4_OTHER,
	MODULE_FTS5_NONE, /* contentless */
	MODULE_RTREE,
	MODULE_COUNT,
} random_module;

typedef struct random_virtual {
	unsigned id;
	char name[RANDOM_NAME];
	random_module module;
	random_column columns[3]; /* of full text with content of its own: id and name only */
	size_t column_count;
	unsigned table, column; /* whose content it is about */
	bool option;            /* another tokenizer, or R*Tree's auxiliary column */
} random_virtual;

typedef struct random_schema {
	random_table tables[RANDOM_TABLES];
	size_t table_count;
	random_view views[RANDOM_OBJECTS];
	random_trigger triggers[RANDOM_OBJECTS];
	random_virtual virtuals[RANDOM_OBJECTS];
} random_schema;

typedef struct chance {
	uint64_t state;
	unsigned next_id;
	unsigned used; /* bits: names without a number, each given once: what goes and comes back
			  under its name is the same to everybody */
} chance;

/* ---- random_schema.c ---- */

chance chance_from(uint64_t seed);
unsigned chance_below(chance *dice, unsigned limit);
bool chance_one_in(chance *dice, unsigned limit);

void random_make(chance *dice, random_schema *ret);
/* Up to so many changes; `small`: only of what a column is bound to, which a stored text that is
 * edited can say. */
void random_change(chance *dice, random_schema *schema, unsigned most, bool small);
/* Gives things of `to` the numbers of those of `from` that have the same name, and new ones to all
 * others: what somebody sees who was told nothing. */
void random_forget(chance *dice, const random_schema *from, random_schema *to);

const random_table *random_table_by_id(const random_schema *schema, unsigned id);
const random_column *random_column_by_id(const random_table *table, unsigned id);
const random_virtual *random_virtual_by_id(const random_schema *schema, unsigned id);
/* The INTEGER PRIMARY KEY that is the rowid; NULL: there is none. */
const random_column *random_rowid(const random_table *table);
/* Must a row have a value here? */
bool random_needs_value(const random_table *table, const random_column *column);

/* ---- random_write.c: as SQL ---- */

const char *random_type_words(const random_table *table, const random_column *column);
random_affinity random_type(const random_table *table, const random_column *column);
bool random_has_default(const random_column *column);
bool random_is_volatile(const random_column *column); /* its default is another one each time */

/* CREATE statements with names in `database` ("", "main.", "e."). Tables alone, and what stands on
 * them: indexes, virtual tables, views, triggers. */
void random_write_tables(const random_schema *schema, const char *database, cni_buffer *out);
void random_write_indexes(const random_schema *schema, const char *database, cni_buffer *out);
void random_write_others(const random_schema *schema, cni_buffer *out);
/* Can this full text table have its content in that table? */
bool random_virtual_stands(const random_schema *schema, const random_virtual *is);
void random_write_name(cni_buffer *out, const char *before, const char *name, const char *after);

/* ---- random_rows.c ---- */

/* INSERT statements for the ordinary tables; run while nothing else is there. */
void random_fill(chance *dice, const random_schema *schema, cni_buffer *out);
/* INSERT statements for the virtual tables. */
void random_fill_virtual(const random_schema *schema, cni_buffer *out);
/* Everything a person would answer. */
void random_answers(const random_schema *from, const random_schema *to, cni_buffer *out);
/* A word for the rowid that is no column's name; NULL: all are taken. */
const char *random_rowid_word(const random_table *table);
const char *random_filling(const random_table *table, const random_column *column);
/* Do these answers allow a cast, and is one made? */
bool random_casts(const random_table *old_table, const random_column *old,
	const random_table *table, const random_column *column);

#endif
