/* store.c - see store.h. */
#include "orm/store.h"

#include "driver/driver.h"

CN_MODEL(Producer, "producer",
	CN_COLUMN(Producer, id, .primary_key = true),
	CN_COLUMN(Producer, name, .length = 20, .not_null = true, .unique = true),
	CN_COLUMN(Producer, city),
	CN_HAS_MANY(Producer, Product, products, .via = "producer_id", .order_by = "name", .cascade = CN_CASCADE_DELETE));
CN_MODEL(Product, "product",
	CN_COLUMN(Product, id, .primary_key = true),
	CN_COLUMN(Product, producer_id, .references = "producer.id", .index = true),
	CN_COLUMN(Product, name, .length = 20, .not_null = true),
	CN_COLUMN(Product, price, .check_sql = "price >= 0"),
	CN_COLUMN(Product, stock, .default_value = CN_INT(7)),
	CN_COLUMN(Product, active),
	CN_COLUMN(Product, created_at, .default_sql = "CURRENT_TIMESTAMP"),
	CN_BELONGS_TO(Product, Producer, producer),
	CN_HAS_MANY(Product, ProductTag, tags),
	CN_MANY_TO_MANY(Product, Tag, labels, .through = "product_tag"));
CN_MODEL(Tag, "tag",
	CN_COLUMN(Tag, label, .primary_key = true),
	CN_COLUMN(Tag, weight));
CN_MODEL(ProductTag, "product_tag",
	CN_COLUMN(ProductTag, product_id, .references = "product", .on_delete = CN_CASCADE),
	CN_COLUMN(ProductTag, label, .references = "tag.label"),
	CN_PRIMARY_KEY("product_id, label"),
	CN_BELONGS_TO(ProductTag, Product, product),
	CN_BELONGS_TO(ProductTag, Tag, tag, .via = "label"));
CN_MODEL(Node, "node",
	CN_COLUMN(Node, id, .primary_key = true),
	CN_COLUMN(Node, parent_id, .references = "node.id"),
	CN_COLUMN(Node, name, .not_null = true),
	CN_BELONGS_TO(Node, Node, parent),
	CN_HAS_MANY(Node, Node, children, .via = "parent_id"));

const cn_model *const store_models[] = {
	&ProductTag_model, &Product_model, &Producer_model, &Tag_model, &Node_model, NULL};

void store_echo(const char *sql, int64_t duration_us, void *ctx)
{
	store_log *log = ctx;
	size_t size = strlen(sql);

	(void)duration_us;
	log->text = realloc(log->text, log->size + size + 2);
	memcpy(log->text + log->size, sql, size);
	log->size += size;
	log->text[log->size++] = '\n';
	log->text[log->size] = '\0';
}

void store_log_clear(store_log *log)
{
	free(log->text);
	*log = (store_log){0};
}

size_t store_log_count(const store_log *log, const char *piece)
{
	size_t count = 0;

	for (const char *at = log->text; at && (at = strstr(at, piece)); at++)
		count++;
	return count;
}

size_t store_log_lines(const store_log *log, const char *start)
{
	size_t count = 0;

	for (const char *at = log->text; at && *at; at++) {
		count += strncmp(at, start, strlen(start)) == 0;
		at = strchr(at, '\n');
		if (!at)
			break;
	}
	return count;
}

/* On the server that the tests of another engine are run on: a database of its own. */
static const char *server(void) { return getenv("CANTIL_TEST_ORM"); }

bool store_on_server(void) { return server() != NULL; }

static void name_database(store *st, const char *uri)
{
	static int count;
	const char *query = strchr(uri, '?'), *slash = query;

	while (*slash != '/')
		slash--;
	snprintf(st->name, sizeof st->name, "orm_%d_%d", (int)getpid(), ++count);
	snprintf(st->uri, sizeof st->uri, "%.*s/%s%s", (int)(slash - uri), uri, st->name, query);
}

static void drop_database(const store *st)
{
	cni_arena arena = {0};
	cni_uri uri;
	cni_conn *conn;
	cn_error err;

	assert_ok(cni_uri_parse(&arena, server(), "/", &uri, &err), &err);
	assert_ok(cni_conn_open(&uri, &(cni_open_options){.mode = CNI_OPEN_WRITE}, &conn, &err),
		&err);
	assert_ok(cni_conn_execf(conn, &err, "DROP DATABASE %s WITH (FORCE)", st->name), &err);
	cni_conn_close(conn);
	cni_arena_done(&arena);
}

store *store_open(bool echo)
{
	store *st = calloc(1, sizeof *st);
	cn_error err;

	snprintf(st->folder, sizeof st->folder, "/tmp/cantil-orm-XXXXXX");
	assert_non_null(mkdtemp(st->folder));
	snprintf(st->uri, sizeof st->uri, "sqlite:///%s/store.db", st->folder);
	if (server())
		name_database(st, server());
	assert_ok(cn_db_open(st->uri,
			  &(cn_db_options){.models = store_models,
				  .create = true,
				  .busy_timeout_ms = 300,
				  .echo = echo ? store_echo : NULL,
				  .echo_ctx = &st->log},
			  &st->db, &err),
		&err);
	assert_ok(cn_db_create_all(st->db, &err), &err);
	st->s = cn_session_open(st->db);
	assert_non_null(st->s);
	return st;
}

void store_fill(store *st)
{
	cn_session *s = st->s;
	Producer *acme = cn_new(s, Producer, .name = "Acme", .city = "Rome");
	Producer *beta = cn_new(s, Producer, .name = "Beta");

	(void)cn_new(s, Product, .name = "Tea", .price = cn_some(3.5), .producer = acme);
	(void)cn_new(s, Product, .name = "Coffee", .price = cn_some(5), .producer = acme);
	(void)cn_new(s, Product, .name = "Milk", .price = cn_some(1), .producer = beta);
	assert_int_equal(cn_commit(s), CN_OK);
	cn_clear(s);
	store_log_clear(&st->log);
}

void store_close(store *st)
{
	static const char *const names[] = {
		"store.db", "store.db-wal", "store.db-shm", "store.db-journal"};
	char path[128];

	cn_session_close(st->s);
	cn_db_close(st->db);
	if (server())
		drop_database(st);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", st->folder, names[i]);
		unlink(path);
	}
	rmdir(st->folder);
	store_log_clear(&st->log);
	free(st);
}

int store_setup(void **state)
{
	store *st = store_open(true);

	store_fill(st);
	*state = st;
	return 0;
}

int store_teardown(void **state)
{
	store_close(*state);
	return 0;
}
