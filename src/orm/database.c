/* database.c - the database handle (cantil/database.h). */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/try.h"
#include "driver/words.h"
#include "orm/database_impl.h"
#include "orm/model_schema.h"
#include "sql/lexer.h"

static void freep(cn_db **db) { cn_db_close(*db); }

static cn_status make_pool(cn_db *db, const cn_db_options *options, cn_error *err)
{
	cni_pool_options pool = {
		.open = {.mode = options->read_only ? CNI_OPEN_READ
				 : options->create  ? CNI_OPEN_CREATE
						    : CNI_OPEN_WRITE,
			.busy_timeout_ms = options->busy_timeout_ms,
			.trace = options->echo,
			.trace_ctx = options->echo_ctx},
		.readers = options->max_readers,
		.wait_ms = options->busy_timeout_ms,
	};

	return cni_pool_new(&db->uri, &pool, &db->pool, err);
}

/* The handle is good only if a connection can be had: an error belongs here, not into the first
 * session. */
static cn_status try_connection(cn_db *db, bool reflect, cn_error *err)
{
	cni_conn *conn;

	TRY(cni_pool_take(db->pool, db->read_only ? CNI_OPEN_READ : CNI_OPEN_WRITE, &conn, err));
	cn_status status = reflect ? cni_db_reflect(db, conn, err) : CN_OK;
	cni_pool_give(db->pool, conn);
	return status;
}

cn_status cni_db_open_one(const char *uri, const char *name, const cn_model *const *models,
	const cn_db_options *options, cn_db **ret, cn_error *err)
{
	CLEANUP(freep) cn_db *db = calloc(1, sizeof *db);

	if (!db)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	db->alone[0] = db;
	db->parts = db->alone;
	db->part_count = 1;
	const char *root = options->root ? options->root : cni_path_current(&db->arena);
	if (!root)
		return db->arena.failed
			       ? cn_fail(err, CN_ENOMEM, "out of memory")
			       : cn_fail(err, CN_EIO, "the working folder cannot be found");
	TRY(cni_uri_parse(&db->arena, uri, root, &db->uri, err));
	TRY(cni_models_join(&db->arena, models, NULL, &db->models, err));
	db->declared = db->models;
	db->name = cni_strdup(&db->arena, name);
	if (!db->name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	db->read_only = options->read_only;
	db->hook = options->hook;
	db->hook_ctx = options->hook_ctx;
	db->echo = options->echo;
	db->echo_ctx = options->echo_ctx;
	db->single = db->uri.memory;
	TRY(make_pool(db, options, err));
	TRY(try_connection(db, options->reflect, err));
	TRY(cni_registry_init(&db->registry, db->models, err));
	*ret = db;
	db = NULL;
	return CN_OK;
}

cn_status cn_db_open(const char *uri, const cn_db_options *options, cn_db **ret_db, cn_error *err)
{
	static const cn_db_options usual;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	CLEANUP(freep) cn_db *db = NULL;
	const cn_model *const *models;

	if (!uri || !*uri)
		return cn_fail(err, CN_EARG, "there is no database URI");
	if (!options)
		options = &usual;
	if (options->read_only && options->create)
		return cn_fail(err, CN_EARG, "a database that is only read cannot be created");
	const char *name = options->name ? options->name : "main";
	TRY(cni_parts_check(options, name, err));
	TRY(cni_models_of(&arena, options->models, name, true, &models, err));
	TRY(cni_db_open_one(uri, name, models, options, &db, err));
	TRY(cni_db_open_parts(db, options, err));
	*ret_db = db;
	db = NULL;
	return CN_OK;
}

void cn_db_close(cn_db *db)
{
	if (!db)
		return;
	for (size_t i = db->part_count; i-- > 1;)
		cn_db_close(db->parts[i]);
	cni_pool_free(db->pool);
	cni_registry_done(&db->registry);
	cni_arena_done(&db->arena);
	free(db);
}

const char *cn_db_uri(const cn_db *db) { return db->uri.text; }

const cn_model *const *cn_db_models(const cn_db *db) { return db->models; }

const cn_model *cn_db_model(const cn_db *db, const char *name)
{
	for (int by_table = 0; by_table < 2; by_table++) {
		for (size_t i = 0; i < db->part_count; i++) {
			const cni_registry *registry = &db->parts[i]->registry;
			const cni_layout *layout = by_table ? cni_registry_table(registry, name)
							    : cni_registry_type(registry, name);
			if (layout)
				return layout->model;
		}
	}
	return NULL;
}

/* Runs fn on the connection that writes, in a transaction. */
static cn_status in_transaction(cn_db *db,
	cn_status (*fn)(cni_conn *conn, void *ctx, cn_error *err), void *ctx, cn_error *err)
{
	cni_conn *conn;

	TRY(cni_pool_take(db->pool, CNI_OPEN_WRITE, &conn, err));
	cn_status status = cni_conn_begin(conn, CNI_TX_WRITE, err);
	if (status == CN_OK)
		status = fn(conn, ctx, err);
	if (status == CN_OK && cni_conn_in_transaction(conn))
		status = cni_conn_commit(conn, err);
	if (status < 0)
		cni_conn_rollback(conn);
	cni_pool_give(db->pool, conn);
	return status;
}

static cn_status run_script(cni_conn *conn, void *ctx, cn_error *err)
{
	return cni_conn_exec(conn, ctx, err);
}

cn_status cn_db_exec(cn_db *db, const char *script, cn_error *err)
{
	union { /* the callback's context is not constant; the script is not touched */
		const char *script;
		void *ctx;
	} u = {.script = script};

	return in_transaction(db, run_script, u.ctx, err);
}

static cn_status create_missing(cni_conn *conn, void *ctx, cn_error *err)
{
	cn_db *db = ctx;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *wanted, *there;

	TRY(cni_models_schema(&arena, db->declared, db->uri.engine, &wanted, err));
	TRY(cni_conn_inspect(conn, &arena, &there, err));
	for (size_t i = 0; i < wanted->object_count; i++) {
		const cni_object *object = &wanted->objects[i];
		if (!cni_schema_find(there, object->ddl.kind, object->name))
			TRY(cni_conn_exec(conn, object->sql, err));
	}
	for (size_t i = 0; i < wanted->object_count; i++) {
		const cni_object *object = &wanted->objects[i];
		if (object->late_sql && !cni_schema_find(there, object->ddl.kind, object->name))
			TRY(cni_conn_exec(conn, object->late_sql, err));
	}
	return CN_OK;
}

cn_status cn_db_create_all(cn_db *db, cn_error *err)
{
	for (size_t i = 0; i < db->part_count; i++)
		TRY(in_transaction(db->parts[i], create_missing, db->parts[i], err));
	return CN_OK;
}

/* ---- drop_all ---- */

static const char *drop_word(cni_ddl_kind kind)
{
	switch (kind) {
	case CNI_DDL_TABLE:
	case CNI_DDL_VIRTUAL: return "TABLE";
	case CNI_DDL_VIEW: return "VIEW";
	case CNI_DDL_TRIGGER: return "TRIGGER";
	default: return NULL; /* an index goes with its table */
	}
}

/* Foreign keys that were added late can go first: then no order of tables matters. */
static cn_status drop_late(cni_conn *conn, const cni_object *object, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_ddl_table *table = &object->ddl.table;

	if (!object->late_sql || object->ddl.kind != CNI_DDL_TABLE)
		return CN_OK;
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &table->constraints[i];
		if (constraint->kind != CNI_FOREIGN_KEY || !constraint->name)
			continue;
		cni_buffer_puts(&sql, "ALTER TABLE ");
		cni_quote_name(&sql, object->name);
		cni_buffer_puts(&sql, " DROP CONSTRAINT ");
		cni_quote_name(&sql, constraint->name);
		cni_buffer_puts(&sql, ";\n");
	}
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return sql.size ? cni_conn_exec(conn, sql.data, err) : CN_OK;
}

static cn_status drop_known(cni_conn *conn, void *ctx, cn_error *err)
{
	cn_db *db = ctx;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_schema *wanted, *there;

	TRY(cni_models_schema(&arena, db->declared, db->uri.engine, &wanted, err));
	TRY(cni_conn_inspect(conn, &arena, &there, err));
	/* models may refer to each other in a circle */
	TRY(cni_conn_exec(conn, conn->driver->words->defer_keys, err));
	for (size_t i = 0; i < wanted->object_count; i++) {
		const cni_object *object = cni_schema_find(
			there, wanted->objects[i].ddl.kind, wanted->objects[i].name);
		if (object)
			TRY(drop_late(conn, object, err));
	}
	for (size_t i = wanted->object_count; i > 0; i--) {
		const cni_object *object = &wanted->objects[i - 1];
		const char *word = drop_word(object->ddl.kind);
		if (!word || !cni_schema_find(there, object->ddl.kind, object->name))
			continue;
		const char *quoted = cni_quoted(&arena, object->name);
		if (!quoted)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(cni_conn_execf(conn, err, "DROP %s IF EXISTS %s", word, quoted));
	}
	return CN_OK;
}

cn_status cn_db_drop_all(cn_db *db, cn_error *err)
{
	for (size_t i = db->part_count; i-- > 0;)
		TRY(in_transaction(db->parts[i], drop_known, db->parts[i], err));
	return CN_OK;
}
