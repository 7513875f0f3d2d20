/* api.c - the JSON endpoints. What a session could not do makes the reply by itself (web.h). */
#include <time.h>

#include "models.h"
#include "store.h"

static cn_time now(void) { return (cn_time){(int64_t)time(NULL) * 1000000}; }

/* GET /api/products?page=N&min_price=P&q=TEXT */
static void list_products(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	cn_null_double min_price = cn_request_query_double(req, "min_price");
	const char *text = cn_request_query(req, "q");
	cn_page page = cn_paginate(session, Product, (size_t)cn_request_page(req),
		cn_where(
			"coalesce(price, 0) >= ? and lower(coalesce(name, '')) like '%' || lower(?) || '%'",
			min_price.value, text ? text : ""),
		.order_by = "name, id", .load = "producer");

	cn_reply_json(reply, 200, &page);
}

/* GET /api/products/7 */
static void show_product(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	Product *product = cn_get(session, Product, cn_request_param_int(req, "id"));

	if (!product) {
		cn_reply_error(reply, 404, "there is no such product");
		return;
	}
	cn_load(session, Product, product, "producer");
	cn_reply_row(reply, 200, Product, product);
}

/* POST /api/products {"name": "Tea", "producer": 3, "price": 3.5} */
static void create_product(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	const char *name = cn_request_json_text(req, "name");
	cn_null_int64 producer = cn_request_json_int(req, "producer");
	cn_null_double price = cn_request_json_double(req, "price");

	if (!name || !producer.set) {
		cn_reply_error(reply, 400, "a product has a \"name\" and a \"producer\"");
		return;
	}
	if (!cn_get(session, Producer, producer.value)) {
		cn_reply_error(reply, 400, "there is no such producer");
		return;
	}
	Product *product = cn_new(
		session, Product, .name = name, .id_Producer = producer.value, .price = price);
	if (cn_commit(session) == CN_OK)
		cn_reply_row(reply, 201, Product, product);
}

/* POST /api/products/7/consume {"consumer": 5}: one piece of the stock becomes garbage */
static void consume_product(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	Product *product = cn_get(session, Product, cn_request_param_int(req, "id"));
	cn_null_int64 consumer = cn_request_json_int(req, "consumer");

	if (!product) {
		cn_reply_error(reply, 404, "there is no such product");
	} else if (!consumer.set || !cn_get(session, Consumer, consumer.value)) {
		cn_reply_error(reply, 400, "there is no such consumer");
	} else if (product->stock <= 0) {
		cn_reply_error(reply, 409, "it is out of stock");
	} else {
		product->stock--;
		Garbage *garbage = cn_new(session, Garbage, .id_Product = product->id,
			.id_Consumer = consumer.value, .consumed = now());
		if (cn_commit(session) == CN_OK)
			cn_reply_row(reply, 201, Garbage, garbage);
	}
}

/* GET /api/producers: each with its products, in two statements */
static void list_producers(cn_request *req, cn_reply *reply)
{
	cn_session *session = cn_request_session(req);
	Producer **producers = cn_list(session, Producer, .order_by = "name", .load = "products");

	cn_reply_rows(reply, 200, Producer, producers);
}

/* GET /api/garbage?page=N: the latest first, with product, producer and consumer */
static void list_garbage(cn_request *req, cn_reply *reply)
{
	cn_page page = cn_paginate(cn_request_session(req), Garbage, (size_t)cn_request_page(req),
		.order_by = "consumed desc, id desc", .load = "product.producer, consumer");

	cn_reply_json(reply, 200, &page);
}

const cn_route_entry store_api[] = {
	CN_ROUTE("GET", "/products", list_products),
	CN_ROUTE("POST", "/products", create_product),
	CN_ROUTE("GET", "/products/<int:id>", show_product),
	CN_ROUTE("POST", "/products/<int:id>/consume", consume_product),
	CN_ROUTE("GET", "/producers", list_producers),
	CN_ROUTE("GET", "/garbage", list_garbage),
	{0},
};
