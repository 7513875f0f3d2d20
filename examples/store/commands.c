/* commands.c - the store's own commands: `store restock`, `store report producers`. */
#include "models.h"
#include "store.h"

static int fail(const cn_session *session, cn_error *err)
{
	*err = *cn_session_error(session);
	return err->status;
}

/* Brings every product, or those whose name begins with one of the words, up to a number of pieces.
 */
static int restock(cn_call *call, cn_error *err)
{
	cn_session *session;
	size_t words;
	const char *const *names = cn_call_list(call, "product", &words);
	int64_t count = cn_call_int(call, "count"), products = 0, pieces = 0;

	if (cn_call_session(call, &session, err) < 0)
		return err->status;
	for (size_t w = 0; w < (words ? words : 1); w++) {
		Product **low = cn_list(session, Product,
			cn_where("stock < ? and lower(coalesce(name, '')) like lower(?) || '%'",
				count, words ? names[w] : ""));
		if (words && !low[0])
			cn_warn(call, "no product that is low on stock begins with \"%s\"",
				names[w]);
		for (size_t i = 0; low[i]; i++, products++) {
			pieces += count - low[i]->stock;
			low[i]->stock = count;
		}
	}
	if (cn_session_error(session)->status < 0)
		return fail(session, err);
	if (cn_call_flag(call, "dry-run")) {
		cn_rollback(session);
		cn_print(call, "%lld pieces of %lld products would be ordered", (long long)pieces,
			(long long)products);
		return CN_OK;
	}
	if (cn_commit(session) < 0)
		return fail(session, err);
	cn_print(call, "%lld pieces of %lld products ordered", (long long)pieces,
		(long long)products);
	return CN_OK;
}

static const cn_option restock_options[] = {
	CN_OPT_INT('c', "count", "N", "pieces that each product shall have", .default_value = "50",
		.min = 1, .max = 100000),
	CN_OPT_FLAG('n', "dry-run", "only say what would be ordered"),
	CN_ARG_REST("product", "how the names of the products begin; none: all products"),
	{0},
};

/* Rows of a report: any struct can be filled by a query. */
typedef struct Sales {
	const char *producer;
	int64_t products, consumed;
	cn_null_double worth;
} Sales;
CN_ROW(Sales, CN_COLUMN(Sales, producer), CN_COLUMN(Sales, products), CN_COLUMN(Sales, consumed),
	CN_COLUMN(Sales, worth));

static int report_producers(cn_call *call, cn_error *err)
{
	cn_session *session;

	if (cn_call_session(call, &session, err) < 0)
		return err->status;
	Sales **sales = cn_sql(session, Sales,
		"select coalesce(r.name, '(no name)') as producer, count(distinct p.id) as products, count(g.id) as consumed, "
		"sum(case when g.id is not null then p.price end) as worth "
		"from \"Producer\" r left join \"Product\" p on p.\"id_Producer\" = r.id "
		"left join \"Garbage\" g on g.\"id_Product\" = p.id "
		"group by r.id order by consumed desc, producer limit ?",
		cn_call_int(call, "limit"));
	if (cn_session_error(session)->status < 0)
		return fail(session, err);
	cn_print(call, "%-24s %9s %9s %10s", "producer", "products", "consumed", "worth");
	for (size_t i = 0; sales[i]; i++)
		cn_print(call, "%-24s %9lld %9lld %10.2f", sales[i]->producer,
			(long long)sales[i]->products, (long long)sales[i]->consumed,
			sales[i]->worth.value);
	return CN_OK;
}

static const cn_option report_options[] = {
	CN_OPT_INT(
		'l', "limit", "N", "how many lines", .default_value = "10", .min = 1, .max = 10000),
	{0},
};

static const cn_command_desc report_commands[] = {
	{.name = "producers",
		.help = "whose products are used up most",
		.example = "store report producers -l 5",
		.options = report_options,
		.run = report_producers},
	{0},
};

const cn_command_desc store_commands[] = {
	{.name = "restock",
		.help = "fill the shelves",
		.example = "store restock -c 20 tea honey",
		.options = restock_options,
		.run = restock},
	{.name = "report", .help = "lists for the management", .commands = report_commands},
	{0},
};
