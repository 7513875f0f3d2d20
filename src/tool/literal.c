/* literal.c - see literal.h. */
#include "tool/literal.h"

/* A byte at a time would be slow to compile; a string literal with octal escapes is not. Three
 * digits always, so that a digit that follows is none of them; `?` because of trigraphs. */
void cni_literal_write(FILE *out, const char *indent, const char *text, size_t size)
{
	fprintf(out, "%s\"", indent);
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c == '\n' && i + 1 < size)
			fprintf(out, "\\n\"\n%s\"", indent);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c == '"' || c == '\\' || c < ' ' || c > '~' || c == '?')
			fprintf(out, "\\%03o", (unsigned)c);
		else
			putc(c, out);
	}
	putc('"', out);
}
