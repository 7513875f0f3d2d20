/* quote_postgres.c - names as PostgreSQL reads them. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "sql/lexer.h"

/* Sorted: what is reserved, and what cannot be the name of everything (types, functions). */
static const char *const words[] = {"all", "analyse", "analyze", "and", "any", "array", "as", "asc",
	"asymmetric", "authorization", "between", "bigint", "binary", "bit", "boolean", "both",
	"case", "cast", "char", "character", "check", "coalesce", "collate", "collation", "column",
	"concurrently", "constraint", "create", "cross", "current_catalog", "current_date",
	"current_role", "current_schema", "current_time", "current_timestamp", "current_user",
	"dec", "decimal", "default", "deferrable", "desc", "distinct", "do", "else", "end",
	"except", "exists", "extract", "false", "fetch", "float", "for", "foreign", "freeze",
	"from", "full", "grant", "greatest", "group", "grouping", "having", "ilike", "in",
	"initially", "inner", "inout", "int", "integer", "intersect", "interval", "into", "is",
	"isnull", "join", "lateral", "leading", "least", "left", "like", "limit", "localtime",
	"localtimestamp", "national", "natural", "nchar", "none", "normalize", "not", "notnull",
	"null", "nullif", "numeric", "offset", "on", "only", "or", "order", "out", "outer",
	"overlaps", "overlay", "placing", "position", "precision", "primary", "real", "references",
	"returning", "right", "row", "select", "session_user", "setof", "similar", "smallint",
	"some", "substring", "symmetric", "system_user", "table", "tablesample", "then", "time",
	"timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique", "user", "using",
	"values", "varchar", "variadic", "verbose", "when", "where", "window", "with",
	"xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces",
	"xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable"};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_bare(const char *name)
{
	if (*name != '_' && (*name < 'a' || *name > 'z'))
		return false;
	for (const char *p = name; *p; p++)
		if (*p != '_' && (*p < 'a' || *p > 'z') && (*p < '0' || *p > '9'))
			return false;
	return !bsearch(&name, words, CNI_COUNT(words), sizeof *words, by_text);
}

void cni_quote_name_postgres(cni_buffer *out, const char *name)
{
	if (is_bare(name))
		cni_buffer_puts(out, name);
	else
		cni_quote_name(out, name);
}
