/* customer.c - graphs of rows: relations are loaded with their parents, a statement for each level.
 */
#include <stdlib.h>

#include "report.h"

static int64_t cents_of(const SaleLine *line)
{
	int64_t cents = 0;

	(void)!cn_decimal_units(&line->price, 2, &cents); /* exact: no double in between */
	return cents * line->quantity;
}

int customer(cn_call *call, cn_error *err)
{
	cn_session *s;
	int64_t total = 0;

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	Customer *c = cn_get_needed(s, Customer, atoll(cn_call_text(call, "id")));
	cn_load(s, Customer, c, "sales.lines.product.category");
	if (cn_session_error(s)->status < 0)
		return failed(s, err);
	cn_print(call, "%s%s%s (%s), %zu sales", cn_color(call, CN_STYLE_BOLD), c->name,
		cn_color(call, CN_STYLE_NONE), c->country, cn_len(c->sales));
	for (size_t i = 0; c->sales[i]; i++) {
		const Sale *sale = c->sales[i];
		for (size_t k = 0; sale->lines[k]; k++) {
			const SaleLine *line = sale->lines[k];
			cn_print(call, "  %6lld  %3d x %-32s %10s  %s", (long long)sale->id,
				(int)line->quantity, line->product->name, line->price.text,
				line->product->category->name);
			total += sale->state == RETURNED ? 0 : cents_of(line);
		}
	}
	cn_print(call, "%s together", cn_decimal_of(total, 2).text);
	return CN_OK;
}

static void print_page(cn_call *call, const cn_page *page)
{
	Product **products = (Product **)page->items;

	for (size_t i = 0; products[i]; i++) {
		cn_print(call, "%-32s %10s  %s", products[i]->name, products[i]->price.text,
			products[i]->category->name);
		for (size_t k = 0; products[i]->tags && products[i]->tags[k]; k++)
			cn_print(call, "    #%s", products[i]->tags[k]->name);
	}
	cn_print(call, "page %zu of %zu, %lld products", page->page, page->pages,
		(long long)page->total);
}

int products(cn_call *call, cn_error *err)
{
	const char *tag = cn_call_text(call, "tag");
	cn_session *s;

	if (cn_call_session(call, &s, err) < 0)
		return err->status;
	/* many to many: the table between has no struct, but it is a table like any other */
	cn_page page = cn_paginate(s, Product, (size_t)cn_call_int(call, "page"),
		cn_where(
			"?1 is null or id in (select product_id from product_tag where tag_name = ?1)",
			tag),
		.order_by = "name", .load = "category, tags");
	if (cn_session_error(s)->status < 0)
		return failed(s, err);
	print_page(call, &page);
	return CN_OK;
}
