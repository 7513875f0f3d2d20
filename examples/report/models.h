/* models.h - a shop's sales, and (in a database of its own) who looked at its pages. */
#ifndef REPORT_MODELS_H
#define REPORT_MODELS_H

#include <cantil/cantil.h>

typedef struct Category Category;
typedef struct Product Product;
typedef struct Tag Tag;
typedef struct Customer Customer;
typedef struct Sale Sale;
typedef struct SaleLine SaleLine;

typedef enum segment { PRIVATE, TRADE, SCHOOL } segment;
typedef enum sale_state { OPEN, PAID, RETURNED } sale_state;

struct Category { /* a tree */
	int64_t id;
	cn_null_int64 parent_id;
	const char *name;
	Category *parent, **children;
};

struct Product {
	int64_t id, category_id;
	const char *name;
	cn_decimal price;
	Category *category;
	Tag **tags;
};

struct Tag {
	const char *name;
	Product **products;
};

struct Customer {
	int64_t id;
	const char *name;
	char country[3];
	segment segment;
	cn_date joined;
	Sale **sales;
};

struct Sale {
	int64_t id, customer_id;
	cn_time at;
	sale_state state;
	int64_t version; /* two clerks at the same sale: the second one is told */
	Customer *customer;
	SaleLine **lines;
};

struct SaleLine {
	int64_t sale_id, product_id;
	int32_t quantity;
	cn_decimal price; /* of one, on that day */
	Sale *sale;
	Product *product;
};

typedef struct Revenue { /* a view: what each sale brought, without those returned */
	int64_t sale_id, customer_id;
	const char *day;
	double amount;
} Revenue;

typedef struct Visit { /* in the database "traffic" */
	int64_t id;
	cn_null_int64 customer_id;
	cn_time at;
	const char *page;
} Visit;

CN_MODEL_DECL(Category);
CN_MODEL_DECL(Product);
CN_MODEL_DECL(Tag);
CN_MODEL_DECL(Customer);
CN_MODEL_DECL(Sale);
CN_MODEL_DECL(SaleLine);
CN_MODEL_DECL(Revenue);
CN_MODEL_DECL(Visit);
extern const cn_model *const report_models[];

#endif
