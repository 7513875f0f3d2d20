/*
 * lexer.h - SQL text as tokens, split exactly where SQLite splits it, or where PostgreSQL does.
 *
 * A token is a piece of the caller's text: nothing is copied. White space and comments are tokens
 * too, so that text can be edited by token and put together again byte for byte. Sizes count, not
 * NUL bytes: a NUL outside quotes and comments is an illegal token.
 *
 * Source: src/sql/lexer.c, keyword.c, split.c, normal.c, quote.c
 */
#ifndef CNI_SQL_LEXER_H
#define CNI_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "sql/dialect.h"

typedef enum cni_token_kind {
	CNI_TOKEN_END = 0,
	CNI_TOKEN_SPACE,
	CNI_TOKEN_COMMENT,
	CNI_TOKEN_WORD,   /* a bare identifier or a keyword */
	CNI_TOKEN_QUOTED, /* "x" `x` [x] */
	CNI_TOKEN_STRING, /* 'x' */
	CNI_TOKEN_BLOB,   /* x'00' */
	CNI_TOKEN_NUMBER,
	CNI_TOKEN_VARIABLE, /* ? ?1 :a @a $a */
	CNI_TOKEN_OPERATOR, /* punctuation, one to three characters */
	CNI_TOKEN_ILLEGAL,
} cni_token_kind;

typedef struct cni_token {
	cni_token_kind kind;
	const char *text; /* into the caller's text */
	size_t size;
} cni_token;

typedef struct cni_lexer {
	const char *at, *end;
	cni_dialect dialect;
} cni_lexer;

void cni_lexer_init(cni_lexer *lexer, const char *sql, size_t size); /* as SQLite reads it */
void cni_lexer_init_in(cni_lexer *lexer, cni_dialect dialect, const char *sql, size_t size);
cni_token cni_lexer_next(cni_lexer *lexer);       /* every token, CNI_TOKEN_END at the end */
cni_token cni_lexer_next_solid(cni_lexer *lexer); /* skips white space and comments */

/* Is the token this keyword (any case)? Quoted identifiers are never keywords. */
bool cni_token_is(const cni_token *token, const char *keyword);
bool cni_token_is_op(const cni_token *token, const char *op);

/* The name a token stands for: quotes taken off, doubled quotes undone. Strings count as names, as
 * SQLite lets them where a name must stand. */
char *cni_token_name(cni_arena *arena, const cni_token *token);

/* All solid tokens of a text, ended by CNI_TOKEN_END; NULL when out of memory. */
cni_token *cni_tokens(cni_arena *arena, const char *sql, size_t size, size_t *ret_count);
cni_token *cni_tokens_in(
	cni_arena *arena, cni_dialect dialect, const char *sql, size_t size, size_t *ret_count);

/* The form in which two pieces of SQL are compared: tokens joined by one blank, comments gone, bare
 * and quoted names folded to one spelling (ASCII lower case; still quoted if the name is a keyword
 * or could not stand bare), == as =, <> as !=, numbers and blobs in lower case, strings exact.
 * Outer parentheses around the whole are dropped when `strip_parens`. Reading stops at a NUL byte,
 * as SQLite's does. NULL when out of memory. Source: src/sql/normal.c */
char *cni_sql_normal(cni_arena *arena, const char *sql, size_t size, bool strip_parens);

/* Narrows a piece of SQL to what is inside all parentheses that enclose the whole of it; white
 * space and comments at both ends go, too. Linear, however deep. */
void cni_sql_strip_parens(const char **sql, size_t *size);

/* Splits a script into statements at `;` outside triggers, strings and comments (a trigger stays
 * whole). *at moves on; false at the end of the script. Comments before a statement belong to it;
 * a statement of nothing but white space and comments is passed over. The text includes its `;`.
 *     const char *at = script; size_t size;
 *     while (cni_sql_split(&at, end, &statement, &size)) … */
bool cni_sql_split(const char **at, const char *end, const char **ret_statement, size_t *ret_size);
/* The same as another engine reads it. Where triggers have no body of statements, those of a
 * routine's BEGIN ATOMIC … END stay together, and what stands in parentheses. */
bool cni_sql_split_in(cni_dialect dialect, const char **at, const char *end,
	const char **ret_statement, size_t *ret_size);

/* Is the word one of SQLite's keywords (any case)? TRUE and FALSE are counted among them: bare,
 * they are values where no column has that name. */
bool cni_sql_keyword(const char *word, size_t size);

/* What SQLite's grammar lets a bare word be. */
typedef enum cni_word_class {
	CNI_WORD_PLAIN = 0, /* no keyword */
	CNI_WORD_FALLBACK,  /* a keyword that is a name wherever no rule wants the keyword */
	CNI_WORD_JOIN,      /* LEFT, INDEXED …: the name of a thing, but not a word of a type */
	CNI_WORD_RESERVED,  /* never a name unless quoted */
} cni_word_class;
cni_word_class cni_sql_word_class(const char *word, size_t size);

/* May the text stand as a name without quotes, and mean itself everywhere? */
bool cni_sql_bare(const char *name, size_t size);

/* THE quoting functions: the only ones that turn a name or a text into SQL. */
void cni_quote_name(cni_buffer *out, const char *name); /* always quoted: "a ""b""" */
void cni_quote_name_if(
	cni_buffer *out, const char *name); /* bare where that is safe, for texts people read */
void cni_quote_text(cni_buffer *out, const char *text); /* 'it''s' */
char *cni_quoted(cni_arena *arena, const char *name);   /* always quoted, in the arena */
/* Bare where that is safe in PostgreSQL, which folds bare names to lower case and reserves other
 * words. Source: quote_postgres.c */
void cni_quote_name_postgres(cni_buffer *out, const char *name);

#endif
