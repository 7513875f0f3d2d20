#include <cantil/cantil.h>

typedef struct Producer Producer;
typedef struct Product Product;
typedef struct Tag Tag;
typedef struct ProductTag ProductTag;
typedef struct Category Category;
typedef struct Reading Reading;
typedef struct Stock Stock;

CN_MODEL_DECL(Producer);
CN_MODEL_DECL(Product);
CN_MODEL_DECL(Tag);
CN_MODEL_DECL(ProductTag);
CN_MODEL_DECL(Category);
CN_MODEL_DECL(Reading);
CN_MODEL_DECL(search);
CN_MODEL_DECL(Stock);
CN_MODEL_DECL(product_found);

struct Producer {
	int64_t id;
	const char *name;
	const char *web_site;
	cn_null_date born;
	bool active;
	Product **products;
};
CN_MODEL(Producer, "producer",
	CN_COLUMN(Producer, id, .primary_key = true, .autoincrement = true),
	CN_COLUMN(Producer, name, .length = 100, .unique = true, .not_null = true,
		.collate = "NOCASE", .comment = "as on the label"),
	CN_COLUMN(Producer, web_site, .name = "web site"),
	CN_COLUMN(Producer, born),
	CN_COLUMN(Producer, active, .default_sql = "TRUE"),
	CN_HAS_MANY(Producer, Product, products, .via = "producer_id"),
	CN_TABLE_OPTIONS(.comment = "who makes it"));

struct Product {
	int64_t id;
	int64_t producer_id;
	const char *name;
	cn_null_double price;
	cn_null_double weight;
	const char *label;
	cn_blob picture;
	cn_time made_at;
	cn_null_double double_;
	cn_null_int64 _2nd;
	cn_null_double preco;
	const char *total;
	Producer *producer;
	ProductTag **product_tags;
};
CN_MODEL(Product, "product",
	CN_COLUMN(Product, id, .primary_key = true),
	CN_COLUMN(Product, producer_id, .references = "producer.id", .on_delete = CN_CASCADE),
	CN_COLUMN(Product, name, .length = 100, .not_null = true),
	CN_COLUMN(Product, price, .precision = 10, .scale = 2, .check_sql = "price >= 0"),
	CN_COLUMN(Product, weight, .type_sql = "DECIMAL(10,5)"),
	CN_COLUMN(Product, label, .not_null = true, .default_sql = "'none'"),
	CN_COLUMN(Product, picture),
	CN_COLUMN(Product, made_at, .index = true, .default_sql = "CURRENT_TIMESTAMP"),
	CN_COLUMN(Product, double_, .name = "double"),
	CN_COLUMN(Product, _2nd, .name = "2nd", .type_sql = "INT"),
	CN_COLUMN(Product, preco, .name = "preço", .type_sql = "DOUBLE"),
	CN_COLUMN(Product, total, .type_sql = "", .generated_sql = "price * 1.2", .stored = true),
	CN_CHECK("price < 1000000 OR label = 'it''s \"dear\"'", .name = "cheap"),
	CN_UNIQUE("producer_id, name", .name = "uq_both"),
	CN_INDEX("lower(name) DESC, price", .name = "product_search",
		.where_sql = "price IS NOT NULL"),
	CN_INDEX("label COLLATE NOCASE", .name = "product_label", .unique = true),
	CN_BELONGS_TO(Product, Producer, producer, .via = "producer_id"),
	CN_HAS_MANY(Product, ProductTag, product_tags, .via = "product_id"));

struct Tag {
	const char *name;
	const char *lang;
	ProductTag **product_tags;
};
CN_MODEL(Tag, "tag",
	CN_COLUMN(Tag, name),
	CN_COLUMN(Tag, lang, .default_sql = "'en'"),
	CN_PRIMARY_KEY("name, lang", .name = "pk_tag"),
	CN_HAS_MANY(Tag, ProductTag, product_tags, .via = "tag_name, tag_lang"),
	CN_TABLE_OPTIONS(.without_rowid = true));

struct ProductTag {
	int64_t product_id;
	const char *tag_name;
	const char *tag_lang;
	Product *product;
	Tag *tag;
};
CN_MODEL(ProductTag, "product_tag",
	CN_COLUMN(ProductTag, product_id, .references = "product"),
	CN_COLUMN(ProductTag, tag_name),
	CN_COLUMN(ProductTag, tag_lang, .not_null = true),
	CN_PRIMARY_KEY("product_id, tag_name"),
	CN_FOREIGN_KEY("tag_name, tag_lang", "tag(name, lang)", .on_update = CN_CASCADE,
		.deferrable = true),
	CN_BELONGS_TO(ProductTag, Product, product, .via = "product_id"),
	CN_BELONGS_TO(ProductTag, Tag, tag, .via = "tag_name, tag_lang"),
	CN_TABLE_OPTIONS(.unnamed = true));

struct Category {
	const char *code;
	const char *parent;
	Category *parent_category;
	Category **children;
};
CN_MODEL(Category, "category",
	CN_COLUMN(Category, code, .primary_key = true, .null = true),
	CN_COLUMN(Category, parent, .references = "category.code", .on_delete = CN_SET_NULL),
	CN_BELONGS_TO(Category, Category, parent_category, .via = "parent"),
	CN_HAS_MANY(Category, Category, children, .via = "parent"));

struct Reading {
	int64_t id;
	double value;
	cn_blob raw;
};
CN_MODEL(Reading, "reading",
	CN_COLUMN(Reading, id, .primary_key = true),
	CN_COLUMN(Reading, value),
	CN_COLUMN(Reading, raw),
	CN_TABLE_OPTIONS(.strict = true));

CN_VIRTUAL(search,
	"CREATE VIRTUAL TABLE search USING fts5(name, label, content='product', content_rowid='id')");

struct Stock {
	cn_null_int64 id;
	const char *name;
	const char *producer;
	cn_null_int64 pieces;
};
CN_VIEW(Stock, "stock",
	"CREATE VIEW stock AS\n"
	"SELECT p.id, p.name, r.name AS producer, count(*) AS pieces\n"
	"FROM product p JOIN producer r ON r.id = p.producer_id\n"
	"GROUP BY p.id",
	CN_COLUMN(Stock, id),
	CN_COLUMN(Stock, name),
	CN_COLUMN(Stock, producer),
	CN_COLUMN(Stock, pieces));

CN_TRIGGER(product_found,
	"CREATE TRIGGER product_found AFTER INSERT ON product\n"
	"BEGIN\n"
	"    INSERT INTO search(rowid, name, label) VALUES (new.id, new.name, new.label);\n"
	"END");

/* all of them: what cn_app_new and cn_db_open take as .models */
extern const cn_model *const all_models[];
const cn_model *const all_models[] = {
	&Producer_model,
	&Product_model,
	&Tag_model,
	&ProductTag_model,
	&Category_model,
	&Reading_model,
	&search_model,
	&Stock_model,
	&product_found_model,
	NULL,
};
