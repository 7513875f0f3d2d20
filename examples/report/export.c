/* export.c - a table of any size, written out row by row: cn_each keeps one row in memory, not the
 * table. */
#include <string.h>

#include "report.h"

const char *const exports[] = {"customers", "sales", "lines", "revenue", "visits", NULL};

#define EXPORT(T)                                        \
	do {                                             \
		show out = show_begin(call, &T##_model); \
		cn_each (s, T, row)                      \
			show_row(&out, row);             \
		show_end(&out);                          \
	} while (0)

int export(cn_call *call, cn_error *err)
{
	const char *table = cn_call_text(call, "table");
	cn_session *s;

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	if (strcmp(table, "customers") == 0)
		EXPORT(Customer);
	else if (strcmp(table, "sales") == 0)
		EXPORT(Sale);
	else if (strcmp(table, "lines") == 0)
		EXPORT(SaleLine);
	else if (strcmp(table, "revenue") == 0)
		EXPORT(Revenue);
	else
		EXPORT(Visit);
	return failed(s, err);
}
