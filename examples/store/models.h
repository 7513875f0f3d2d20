/*
 * models.h - the store's data. The four structs are what
 *     cantil inspect design.xml --format c
 * wrote for the design of producers, consumers, products and garbage; what came later was added by
 * hand, a migration each (see migrations/versions).
 */
#ifndef STORE_MODELS_H
#define STORE_MODELS_H

#include <cantil/cantil.h>

typedef struct Producer Producer;
typedef struct Consumer Consumer;
typedef struct Product Product;
typedef struct Garbage Garbage;

struct Producer {
	int64_t id;
	const char *name;
	Product **products; /* filled when asked for */
};

struct Consumer {
	int64_t id;
	const char *name;
	Garbage **garbages;
};

struct Product {
	int64_t id;
	int64_t id_Producer;
	const char *name;
	cn_null_double price;
	int64_t stock;
	cn_time created_at;
	Producer *producer;
	Garbage **garbages;
};

/* What a consumer has used up. */
struct Garbage {
	int64_t id;
	int64_t id_Product;
	int64_t id_Consumer;
	cn_time consumed;
	Product *product;
	Consumer *consumer;
};

CN_MODEL_DECL(Producer);
CN_MODEL_DECL(Consumer);
CN_MODEL_DECL(Product);
CN_MODEL_DECL(Garbage);

/* every model, for the app and for tests */
extern const cn_model *const *const store_models;

#endif
