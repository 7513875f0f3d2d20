/*
 * main.c - a report over many tables, as a program of its own: ./report --help
 *
 * Its tables are made by `report db upgrade`, its rows by `report seed`.
 */
#include "report.h"

static const char *const formats[] = {"table", "csv", "json", NULL};
#define FORMAT \
	CN_OPT_CHOICE('f', "format", formats, "how the rows are written", .default_value = "table")

static const cn_option sales_options[] = {
	CN_OPT_CHOICE('b', "by", groupings, "what to add up by", .default_value = "month"),
	CN_OPT_TEXT('s', "since", "DAY", "only sales from that day on, as 2026-01-31"),
	CN_OPT_INT('n', "limit", "N", "at most so many lines", .default_value = "20", .min = 1),
	FORMAT,
	{0},
};
static const cn_option plain_options[] = {FORMAT, {0}};
static const cn_option customer_options[] = {CN_ARG("id", "the customer's number"), {0}};
static const cn_option products_options[] = {
	CN_OPT_TEXT('t', "tag", "NAME", "only those with this tag"),
	CN_OPT_INT('p', "page", "N", "which page of twenty", .default_value = "1", .min = 1),
	{0},
};
static const char *const export_formats[] = {"csv", "json", NULL};
static const cn_option export_options[] = {
	{.kind = CN_OPTION_CHOICE,
		.argument = true,
		.required = true,
		.name = "table",
		.choices = exports,
		.help = "what to write out"},
	CN_OPT_CHOICE(
		'f', "format", export_formats, "how the rows are written", .default_value = "csv"),
	{0},
};
static const cn_option look_options[] = {
	CN_ARG("uri", "a database, any: sqlite:///other.db"),
	CN_ARG_OPTIONAL("table", "its first rows; none: what tables there are"),
	CN_OPT_TEXT('w', "where", "SQL", "only rows for which this holds"),
	CN_OPT_INT('n', "limit", "N", "at most so many rows", .default_value = "20", .min = 1),
	FORMAT,
	{0},
};
static const cn_option seed_options[] = {
	CN_OPT_INT('r', "rows", "N", "lines of sales to make up", .default_value = "10000",
		.min = 100, .max = 100000000),
	{0},
};

static const cn_command_desc commands[] = {
	{.name = "sales",
		.help = "what was sold, added up",
		.example = "report sales --by country --since 2026-01-01",
		.options = sales_options,
		.run = sales,
		.json = true},
	{.name = "categories",
		.help = "what each branch of the catalogue brings",
		.options = plain_options,
		.run = categories,
		.json = true},
	{.name = "customer",
		.help = "one customer and everything bought",
		.options = customer_options,
		.run = customer},
	{.name = "products",
		.help = "the catalogue, a page at a time",
		.options = products_options,
		.run = products},
	{.name = "funnel",
		.help = "visits, from one database, beside sales, from another",
		.options = plain_options,
		.run = funnel,
		.json = true},
	{.name = "export",
		.help = "a whole table, however large",
		.example = "report export lines --format csv >lines.csv",
		.options = export_options,
		.run = export,
		.json = true},
	{.name = "look",
		.help = "into any database",
		.example = "report look sqlite:///other.db invoice -w 'total > 100'",
		.options = look_options,
		.run = look,
		.json = true},
	{.name = "seed",
		.help = "makes up sales to report on",
		.options = seed_options,
		.run = seed},
	{0},
};

int main(int argc, char **argv)
{
	cn_app *app = cn_app_new(&(cn_app_desc){.name = "report",
		.version = "1.0",
		.help = "what a shop sold, and to whom",
		.database_uri = "sqlite:///report.db",
		.models = report_models,
		.commands = commands});

	cn_app_database(app, &(cn_database_desc){.name = "traffic", .uri = "sqlite:///traffic.db"});
	return cn_main(app, argc, argv);
}
