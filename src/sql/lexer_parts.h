/* lexer_parts.h - what lexer.c and lexer_postgres.c share. */
#ifndef CNI_SQL_LEXER_PARTS_H
#define CNI_SQL_LEXER_PARTS_H

#include "sql/lexer.h"

/* How many bytes the first token of a text has, which is not empty, and of what kind it is. */
size_t cni_scan_postgres(const char *p, size_t size, cni_token_kind *ret_kind);

#endif
