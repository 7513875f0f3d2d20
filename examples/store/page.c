/* page.c - the page at /: totals, and the products page by page. What a %s prints is escaped. */
#include "models.h"
#include "store.h"

static void head(cn_reply *reply)
{
	cn_reply_html(reply, 200,
		"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width\"><title>%s</title>"
		"<link rel=\"stylesheet\" href=\"/static/store.css\"></head><body><main><h1>%s</h1>",
		"Store", "Store");
}

static void totals(cn_reply *reply, cn_session *session)
{
	cn_reply_print(reply,
		"<p class=\"totals\"><b>%lld</b> products of <b>%lld</b> producers; <b>%lld</b> consumers have used up "
		"<b>%lld</b> pieces. As JSON: <a href=\"/api/products\">products</a>, "
		"<a href=\"/api/producers\">producers</a>, <a href=\"/api/garbage\">garbage</a>.</p>",
		(long long)cn_count(session, Product), (long long)cn_count(session, Producer),
		(long long)cn_count(session, Consumer), (long long)cn_count(session, Garbage));
}

static void row(cn_reply *reply, const Product *product)
{
	cn_reply_print(reply, "<tr><td><a href=\"/api/products/%lld\">%s</a></td><td>%s</td>",
		(long long)product->id, product->name ? product->name : "(no name)",
		product->producer && product->producer->name ? product->producer->name
							     : "(unknown)");
	if (product->price.set)
		cn_reply_print(reply, "<td class=\"number\">%.2f</td>", product->price.value);
	else
		cn_reply_raw(reply, "<td class=\"number none\">no price</td>");
	cn_reply_print(reply, "<td class=\"number\">%lld</td></tr>", (long long)product->stock);
}

void store_index(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	cn_page page = cn_paginate(session, Product, (size_t)cn_request_page(req),
		.order_by = "name, id", .limit = 25, .load = "producer");
	Product **products = (Product **)page.items;

	head(reply);
	totals(reply, session);
	if (page.total == 0) {
		cn_reply_raw(reply,
			"<p>There is nothing here yet: type <code>store db seed</code>.</p>");
	} else {
		cn_reply_raw(reply,
			"<table><thead><tr><th>product</th><th>producer</th><th>price</th><th>stock</th></tr></thead>");
		for (size_t i = 0; products[i]; i++)
			row(reply, products[i]);
		cn_reply_raw(reply, "</table><nav>");
		if (page.has_previous)
			cn_reply_print(reply, "<a href=\"/?page=%zu\">back</a> ", page.page - 1);
		cn_reply_print(reply, "page %zu of %zu", page.page, page.pages);
		if (page.has_next)
			cn_reply_print(reply, " <a href=\"/?page=%zu\">on</a>", page.page + 1);
		cn_reply_raw(reply, "</nav>");
	}
	cn_reply_raw(reply, "</main></body></html>");
}
