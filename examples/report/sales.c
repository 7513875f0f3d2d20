/* sales.c - sums over several tables, grouped in SQL, read into structs by column name. */
#include <string.h>

#include "report.h"

typedef struct Sum {
	const char *group;
	int64_t sales, pieces;
	double revenue, share; /* share: per cent of all */
} Sum;
CN_ROW(Sum, CN_COLUMN(Sum, group), CN_COLUMN(Sum, sales), CN_COLUMN(Sum, pieces),
	CN_COLUMN(Sum, revenue), CN_COLUMN(Sum, share));

const char *const groupings[] = {"month", "country", "segment", "category", "state", NULL};

/* The SQL of each grouping stands here and nowhere else; what the user types is only ever bound. */
#define SUMS(by, order)                                                                                  \
	"select " by " as \"group\", count(distinct s.id) as sales, sum(l.quantity) as pieces,"          \
	" round(sum(l.quantity * l.price), 2) as revenue,"                                               \
	" round(100.0 * sum(l.quantity * l.price) / sum(sum(l.quantity * l.price)) over (), 1) as share" \
	" from sale s join sale_line l on l.sale_id = s.id join customer c on c.id = s.customer_id"      \
	" join product p on p.id = l.product_id join category k on k.id = p.category_id"                 \
	" where s.at >= coalesce(?, '') group by 1 order by " order " limit ?"

static const char *const sums[] = {
	SUMS("strftime('%Y-%m', s.at)", "1"),
	SUMS("c.country", "revenue desc"),
	SUMS("c.segment", "revenue desc"),
	SUMS("k.name", "revenue desc"),
	SUMS("s.state", "revenue desc"),
};

int sales(cn_call *call, cn_error *err)
{
	cn_session *s;
	size_t by = 0;

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	while (strcmp(groupings[by], cn_call_text(call, "by")) != 0)
		by++;
	Sum **rows =
		cn_sql(s, Sum, sums[by], cn_call_text(call, "since"), cn_call_int(call, "limit"));
	return show_rows(call, s, &Sum_model, rows, err);
}

typedef struct Branch {
	const char *category;
	int64_t products;
	double revenue;
} Branch;
CN_ROW(Branch, CN_COLUMN(Branch, category), CN_COLUMN(Branch, products),
	CN_COLUMN(Branch, revenue));

/* A category counts with everything below it: whatever SQL can do, a report can. */
int categories(cn_call *call, cn_error *err)
{
	cn_session *s;

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	Branch **rows = cn_sql(s, Branch,
		"with recursive below (top, id, path) as ("
		" select id, id, name from category"
		" union all select below.top, c.id, path from below join category c on c.parent_id = below.id),"
		" place (id, path, depth) as ("
		" select id, name, 0 from category where parent_id is null"
		" union all select c.id, path || ' ' || c.name, depth + 1 from place join category c on c.parent_id = place.id)"
		" select substr('        ', 1, 2 * depth) || c.name as category, count(distinct p.id) as products,"
		" round(coalesce(sum(l.quantity * l.price), 0), 2) as revenue"
		" from place join category c on c.id = place.id join below on below.top = c.id"
		" left join product p on p.category_id = below.id left join sale_line l on l.product_id = p.id"
		" group by c.id order by place.path");
	return show_rows(call, s, &Branch_model, rows, err);
}
