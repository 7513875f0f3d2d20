/* funnel.c - two databases in one session: each struct says where its rows come from. */
#include "report.h"

typedef struct Views {
	int64_t visits, people;
} Views;
CN_ROW(Views, CN_COLUMN(Views, visits), CN_COLUMN(Views, people),
	CN_TABLE_OPTIONS(.database = "traffic"));

typedef struct Sold {
	int64_t sales, buyers;
	double revenue;
} Sold;
CN_ROW(Sold, CN_COLUMN(Sold, sales), CN_COLUMN(Sold, buyers), CN_COLUMN(Sold, revenue));

typedef struct Funnel {
	int64_t visits, people, buyers, sales;
	double revenue, per_visit;
} Funnel;
CN_ROW(Funnel, CN_COLUMN(Funnel, visits), CN_COLUMN(Funnel, people), CN_COLUMN(Funnel, buyers),
	CN_COLUMN(Funnel, sales), CN_COLUMN(Funnel, revenue), CN_COLUMN(Funnel, per_visit));

int funnel(cn_call *call, cn_error *err)
{
	cn_session *s;
	Funnel row = {0}, *rows[] = {&row, NULL};

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	Views **views = cn_sql(s, Views,
		"select count(*) as visits, count(distinct customer_id) as people from visit");
	Sold **sold = cn_sql(s, Sold,
		"select count(*) as sales, count(distinct customer_id) as buyers,"
		" coalesce(round(sum(amount), 2), 0) as revenue from revenue");
	if (views[0] && sold[0])
		row = (Funnel){views[0]->visits, views[0]->people, sold[0]->buyers, sold[0]->sales,
			sold[0]->revenue,
			views[0]->visits ? sold[0]->revenue / (double)views[0]->visits : 0};
	return show_rows(call, s, &Funnel_model, rows, err);
}
