/* models.c - see models.h. */
#include "models.h"

CN_MODEL(Category, "category",
	CN_COLUMN(Category, id, .primary_key = true),
	CN_COLUMN(Category, parent_id, .references = "category.id", .index = true),
	CN_COLUMN(Category, name, .not_null = true, .unique = true),
	CN_BELONGS_TO(Category, Category, parent),
	CN_HAS_MANY(Category, Category, children, .via = "parent_id", .order_by = "name"));

CN_MODEL(Product, "product",
	CN_COLUMN(Product, id, .primary_key = true),
	CN_COLUMN(Product, category_id, .references = "category.id", .index = true),
	CN_COLUMN(Product, name, .length = 80, .not_null = true, .unique = true),
	CN_COLUMN(Product, price, .precision = 10, .scale = 2, .check_sql = "price >= 0"),
	CN_BELONGS_TO(Product, Category, category),
	CN_MANY_TO_MANY(Product, Tag, tags, .through = "product_tag"));

CN_MODEL(Tag, "tag",
	CN_COLUMN(Tag, name, .length = 20, .primary_key = true),
	CN_MANY_TO_MANY(Tag, Product, products, .through = "product_tag", .order_by = "name"));

CN_MODEL(Customer, "customer",
	CN_COLUMN(Customer, id, .primary_key = true),
	CN_COLUMN(Customer, name, .not_null = true),
	CN_COLUMN(Customer, country, .index = true),
	CN_COLUMN(Customer, segment, .enum_names = CN_NAMES("private", "trade", "school")),
	CN_COLUMN(Customer, joined),
	CN_HAS_MANY(Customer, Sale, sales, .order_by = "at desc", .cascade = CN_CASCADE_DELETE));

CN_MODEL(Sale, "sale",
	CN_COLUMN(Sale, id, .primary_key = true),
	CN_COLUMN(Sale, customer_id, .references = "customer.id", .index = true),
	CN_COLUMN(Sale, at, .index = true),
	CN_COLUMN(Sale, state, .enum_names = CN_NAMES("open", "paid", "returned")),
	CN_COLUMN(Sale, version, .version = true),
	CN_BELONGS_TO(Sale, Customer, customer),
	CN_HAS_MANY(Sale, SaleLine, lines, .cascade = CN_CASCADE_DELETE));

CN_MODEL(SaleLine, "sale_line",
	CN_COLUMN(SaleLine, sale_id, .references = "sale.id", .on_delete = CN_CASCADE),
	CN_COLUMN(SaleLine, product_id, .references = "product.id", .index = true),
	CN_COLUMN(SaleLine, quantity, .check_sql = "quantity > 0"),
	CN_COLUMN(SaleLine, price, .precision = 10, .scale = 2),
	CN_PRIMARY_KEY("sale_id, product_id"),
	CN_BELONGS_TO(SaleLine, Sale, sale),
	CN_BELONGS_TO(SaleLine, Product, product));

CN_VIEW(Revenue, "revenue",
	"CREATE VIEW revenue AS\n"
	"SELECT s.id AS sale_id, s.customer_id, date(s.at) AS day, sum(l.quantity * l.price) AS amount\n"
	"FROM sale s JOIN sale_line l ON l.sale_id = s.id WHERE s.state <> 'returned' GROUP BY s.id",
	CN_COLUMN(Revenue, sale_id), CN_COLUMN(Revenue, customer_id), CN_COLUMN(Revenue, day),
	CN_COLUMN(Revenue, amount));

CN_MODEL(Visit, "visit",
	CN_COLUMN(Visit, id, .primary_key = true),
	CN_COLUMN(Visit, customer_id),
	CN_COLUMN(Visit, at, .index = true),
	CN_COLUMN(Visit, page, .not_null = true),
	CN_TABLE_OPTIONS(.database = "traffic"));

const cn_model *const report_models[] = {&Category_model, &Product_model, &Tag_model,
	&Customer_model, &Sale_model, &SaleLine_model, &Revenue_model, &Visit_model, NULL};
