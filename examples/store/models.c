/* models.c - what the database knows of the structs in models.h. */
#include "models.h"

CN_MODEL(Producer, "Producer",
	CN_COLUMN(Producer, id, .primary_key = true, .autoincrement = true),
	CN_COLUMN(Producer, name, .length = 100, .unique = true),
	CN_HAS_MANY(Producer, Product, products, .via = "id_Producer", .order_by = "name", .cascade = CN_CASCADE_DELETE));

CN_MODEL(Consumer, "Consumer",
	CN_COLUMN(Consumer, id, .primary_key = true, .autoincrement = true),
	CN_COLUMN(Consumer, name, .length = 100),
	CN_HAS_MANY(Consumer, Garbage, garbages, .via = "id_Consumer"));

CN_MODEL(Product, "Product",
	CN_COLUMN(Product, id, .primary_key = true, .autoincrement = true),
	CN_COLUMN(Product, id_Producer, .references = "Producer.id", .index = true),
	CN_COLUMN(Product, name, .length = 100),
	CN_COLUMN(Product, price, .check_sql = "price >= 0"),
	CN_COLUMN(Product, stock, .default_value = CN_INT(0)),
	CN_COLUMN(Product, created_at, .default_sql = "CURRENT_TIMESTAMP"),
	CN_BELONGS_TO(Product, Producer, producer, .via = "id_Producer"),
	CN_HAS_MANY(Product, Garbage, garbages, .via = "id_Product"));

CN_MODEL(Garbage, "Garbage",
	CN_COLUMN(Garbage, id, .primary_key = true, .autoincrement = true),
	CN_COLUMN(Garbage, id_Product, .references = "Product.id", .index = true),
	CN_COLUMN(Garbage, id_Consumer, .references = "Consumer.id", .index = true),
	CN_COLUMN(Garbage, consumed),
	CN_BELONGS_TO(Garbage, Product, product, .via = "id_Product"),
	CN_BELONGS_TO(Garbage, Consumer, consumer, .via = "id_Consumer"));

const cn_model *const *const store_models = CN_MODELS(Producer, Consumer, Product, Garbage);
