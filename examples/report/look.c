/* look.c - a database of which this program knows nothing: its tables are read when it is opened.
 */
#include "report.h"

typedef struct Table {
	const char *name;
	int64_t rows;
} Table;
CN_ROW(Table, CN_COLUMN(Table, name), CN_COLUMN(Table, rows));

static int list_tables(cn_call *call, cn_session *s, cn_db *db, cn_error *err)
{
	show out = show_begin(call, &Table_model);

	for (const cn_model *const *model = cn_db_models(db); *model; model++)
		show_row(&out, &(Table){(*model)->table, cn_session_count(s, *model, NULL)});
	show_end(&out);
	return failed(s, err);
}

static int list_rows(cn_call *call, cn_session *s, cn_db *db, const char *table, cn_error *err)
{
	const cn_model *model = cn_db_model(db, table);
	const char *where = cn_call_text(call, "where");

	if (!model)
		return cn_fail(err, CN_ENOTFOUND, "there is no table \"%s\"", table);
	void **rows = cn_rows(s, model, cn_where(where ? where : "true"),
		.limit = (size_t)cn_call_int(call, "limit"));
	return show_rows(call, s, model, rows, err);
}

int look(cn_call *call, cn_error *err)
{
	const char *table = cn_call_text(call, "table");
	cn_db *db;

	if (cn_db_open(cn_call_text(call, "uri"),
		    &(cn_db_options){.reflect = true, .read_only = true}, &db, err) < 0)
		return err->status;
	cn_session *s = cn_session_open(db);
	int code = s ? table ? list_rows(call, s, db, table, err) : list_tables(call, s, db, err)
		     : CN_ENOMEM;
	cn_session_close(s);
	cn_db_close(db);
	return code;
}
