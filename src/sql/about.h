/*
 * about.h - what one statement does, and to which table, seen from its first words: for a line that
 * tells people what is running. It is no parser: what it does not know is CNI_SQL_OTHER.
 *
 * Source: src/sql/about.c
 */
#ifndef CNI_SQL_ABOUT_H
#define CNI_SQL_ABOUT_H

#include "sql/lexer.h"

typedef enum cni_sql_act {
	CNI_SQL_OTHER = 0,
	CNI_SQL_COPY,   /* INSERT … SELECT … FROM name */
	CNI_SQL_INSERT, /* INSERT INTO name */
	CNI_SQL_READ,   /* SELECT … FROM name */
	CNI_SQL_INDEX,  /* CREATE INDEX … ON name */
	CNI_SQL_CHANGE, /* UPDATE, DELETE, ALTER TABLE name */
	CNI_SQL_DROP,   /* DROP TABLE name */
	CNI_SQL_CHECK_KEYS,
	CNI_SQL_CHECK, /* integrity_check, quick_check */
	CNI_SQL_COMMIT,
} cni_sql_act;

typedef struct cni_sql_about {
	cni_sql_act act;
	cni_token name; /* as it is written (cni_token_name); kind END: there is none */
} cni_sql_about;

/* Reads up to the first `;`. */
cni_sql_about cni_sql_about_of(const char *sql, size_t size);

#endif
