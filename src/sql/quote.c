/* quote.c - names and texts as SQL; nothing else in Cantil turns one into the other. */
#include <string.h>

#include "sql/lexer.h"

/* The text between two quotes, the quote itself written twice. */
static void add_quoted(cni_buffer *out, const char *text, char quote)
{
	cni_buffer_putc(out, quote);
	for (const char *at; (at = strchr(text, quote)); text = at + 1) {
		cni_buffer_add(out, text, (size_t)(at + 1 - text));
		cni_buffer_putc(out, quote);
	}
	cni_buffer_puts(out, text);
	cni_buffer_putc(out, quote);
}

void cni_quote_name(cni_buffer *out, const char *name) { add_quoted(out, name, '"'); }

void cni_quote_text(cni_buffer *out, const char *text) { add_quoted(out, text, '\''); }

bool cni_sql_bare(const char *name, size_t size)
{
	cni_lexer lexer;

	cni_lexer_init(&lexer, name, size);
	cni_token token = cni_lexer_next(&lexer);
	return token.kind == CNI_TOKEN_WORD && token.size == size && !cni_sql_keyword(name, size);
}

void cni_quote_name_if(cni_buffer *out, const char *name)
{
	if (cni_sql_bare(name, strlen(name)))
		cni_buffer_puts(out, name);
	else
		cni_quote_name(out, name);
}

char *cni_quoted(cni_arena *arena, const char *name)
{
	size_t size = strlen(name), quotes = 0;

	for (const char *at = name; (at = strchr(at, '"')); at++)
		quotes++;
	char *quoted = cni_alloc(arena, size + quotes + 3);
	if (!quoted)
		return NULL;
	char *to = quoted;
	*to++ = '"';
	for (; *name; name++) {
		if (*name == '"')
			*to++ = '"';
		*to++ = *name;
	}
	*to = '"';
	return quoted;
}
