/*
 * random_schema.h - a schema made by chance, another one made from it by chance, and rows for the
 * first.
 *
 * Tables and columns carry a number that stays when they are renamed, so that what became of each
 * is known. Every table has a column 0, an integer that is different in each row, by which rows are
 * found again.
 */
#ifndef CANTIL_TESTS_RANDOM_SCHEMA_H
#define CANTIL_TESTS_RANDOM_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum { RANDOM_TABLES = 5, RANDOM_COLUMNS = 8, RANDOM_INDEXES = 3 };

typedef enum random_type {
	TYPE_INTEGER,
	TYPE_TEXT,
	TYPE_REAL,
	TYPE_BLOB,
	TYPE_NONE,
	TYPE_COUNT
} random_type;

typedef struct random_column {
	unsigned id;
	char name[16];
	random_type type;
	bool not_null, unique, check, has_default, generated, nocase;
} random_column;

typedef struct random_table {
	unsigned id;
	char name[16];
	random_column columns[RANDOM_COLUMNS];
	size_t column_count;
	bool primary, without_rowid, strict, autoincrement; /* primary: column 0 is the key */
	unsigned parent;                   /* id of the table that column 1 refers to; 0: none */
	unsigned index_on[RANDOM_INDEXES]; /* ids of columns; 0: none */
	bool view, trigger;
} random_table;

typedef struct random_schema {
	random_table tables[RANDOM_TABLES];
	size_t table_count;
} random_schema;

typedef struct chance {
	uint64_t state;
	unsigned next_id, next_name;
} chance;

unsigned chance_below(chance *dice, unsigned limit);
void random_make(chance *dice, random_schema *ret);
/* A few changes of any kind that a person who answers every question can have. */
void random_change(chance *dice, random_schema *schema);
void random_write(const random_schema *schema, cni_buffer *out);
void random_fill(chance *dice, const random_schema *schema, cni_buffer *out);
/* Everything a person would answer. */
void random_answers(const random_schema *from, const random_schema *to, cni_buffer *out);

const random_table *random_table_by_id(const random_schema *schema, unsigned id);
const random_column *random_column_by_id(const random_table *table, unsigned id);
/* What a NULL in a column that becomes NOT NULL is filled with. */
const char *random_filling(const random_column *column);

#endif
