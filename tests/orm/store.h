/* store.h - the models that the tests of sessions share: a producer has products, a product has
 * tags. */
#ifndef CANTIL_TESTS_ORM_STORE_H
#define CANTIL_TESTS_ORM_STORE_H

#include "tap.h"

#include <unistd.h>

#include <cantil/session.h>

typedef struct Producer Producer;
typedef struct Product Product;
typedef struct Tag Tag;
typedef struct ProductTag ProductTag;
typedef struct Node Node;

struct Producer {
	int64_t id;
	const char *name;
	const char *city;
	Product **products;
};
struct Product {
	int64_t id;
	cn_null_int64 producer_id;
	const char *name;
	cn_null_double price;
	int32_t stock;
	bool active;
	cn_time created_at;
	Producer *producer;
	ProductTag **tags;
	Tag **labels;
};
struct Tag {
	const char *label;
	int64_t weight;
};
struct ProductTag {
	int64_t product_id;
	const char *label;
	Product *product;
	Tag *tag;
};
struct Node {
	int64_t id;
	cn_null_int64 parent_id;
	const char *name;
	Node *parent;
	Node **children;
};

CN_MODEL_DECL(Producer);
CN_MODEL_DECL(Product);
CN_MODEL_DECL(Tag);
CN_MODEL_DECL(ProductTag);
CN_MODEL_DECL(Node);
extern const cn_model *const store_models[];

/* What the session ran, one statement a line. */
typedef struct store_log {
	char *text;
	size_t size;
} store_log;

void store_echo(const char *sql, int64_t duration_us, void *ctx);
void store_log_clear(store_log *log);
size_t store_log_count(const store_log *log, const char *piece);
size_t store_log_lines(const store_log *log, const char *start); /* that begin with it */

/* A database in a file in a folder of its own, with the tables; both go with store_close. */
typedef struct store {
	char folder[64], uri[256];
	char name[64]; /* of the database on a server */
	cn_db *db;
	cn_session *s;
	store_log log;
} store;

/* Is it PostgreSQL that the tests are run on? Where the two differ on purpose: keys of what was
 * rolled back are not free again, rows go by COPY, the words of errors are the engine's own. */
bool store_on_server(void);
store *store_open(bool echo);
void store_fill(store *st); /* Acme: Tea 3.5, Coffee 5; Beta: Milk 1; commits */
void store_close(store *st);
int store_setup(void **state); /* cmocka's: *state is a store with rows */
int store_teardown(void **state);

#define assert_clean(s)                                                              \
	do {                                                                         \
		const cn_error *e_ = cn_session_error(s);                            \
		if (e_->status < 0)                                                  \
			fail_msg("%s | %s | %s", e_->message, e_->detail, e_->hint); \
	} while (0)

/* The session has failed with this status, and these words in its message or hint. */
#define assert_failed(s, wanted, words)                                                   \
	do {                                                                              \
		const cn_error *e_ = cn_session_error(s);                                 \
		if (e_->status != (wanted) ||                                             \
			(!strstr(e_->message, words) && !strstr(e_->hint, words)))        \
			fail_msg("%d: %s | %s | %s", e_->status, e_->message, e_->detail, \
				e_->hint);                                                \
	} while (0)

#endif
