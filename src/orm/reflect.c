/*
 * reflect.c - models of tables that nobody declared, made from the live database.
 *
 * Names, keys and relations are found as for `cantil inspect --format c` (schema/write_c_model.h),
 * which leaves out what a model could not hold. Members are cn_value: a column of SQLite may hold
 * anything, whatever it declares. Only the row's number is an int64_t, so that keys are as fast as
 * those of declared models; a table without a key has its hidden row number for one.
 */
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/plan.h"
#include "orm/database_impl.h"
#include "orm/model_schema.h"
#include "schema/write_c_model.h"
#include "sql/lexer.h"

typedef struct reflection {
	cn_db *db;
	cni_arena *arena; /* of the handle */
	cni_c_writer w;
	const cn_model **found;
	size_t found_count;
	cn_error *err;
} reflection;

typedef struct making { /* one model */
	reflection *r;
	const cni_c_model *from;
	const cn_part **parts;
	size_t part_count, size;
} making;

static cn_status out_of_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status add_part(making *m, const void *part, size_t size)
{
	const cn_part *copy = cni_memdup(m->r->arena, part, size);

	return copy && CNI_PUSH(m->r->arena, m->parts, m->part_count, copy)
		       ? CN_OK
		       : out_of_memory(m->r->err);
}

/* ---- which ---- */

static bool is_through(const cn_model *model, const char *table)
{
	size_t at = 0;

	for (const cn_relation *relation; (relation = cn_model_relations(model, &at));) {
		if (relation->through && cni_same(relation->through, table))
			return true;
	}
	return false;
}

/* As a table, or as one between two that is made from a relation. */
static bool is_declared(const reflection *r, const char *table)
{
	for (const cn_model *const *model = r->db->declared; *model; model++) {
		if (((*model)->table && cni_same((*model)->table, table)) ||
			is_through(*model, table))
			return true;
	}
	return false;
}

/* The table's own, unless a declared struct has it: another table. */
static const char *type_name(const reflection *r, const char *table)
{
	for (const cn_model *const *model = r->db->declared; *model; model++) {
		if (!strcmp((*model)->type_name, table))
			return cni_printf(r->arena, "%s (table)", table);
	}
	return table;
}

/* Only keys between tables that are reflected are followed: a declared model may see its table's
 * types in another way. */
static bool follows(const reflection *r, const cni_c_model *to)
{
	return to && !to->reason && to->table && !is_declared(r, to->object->name);
}

/* ---- columns ---- */

static cn_type type_of(const char *declared)
{
	const char *type = cni_c_type_of(declared).type;

	return !strcmp(type, "bool ") || !strcmp(type, "int64_t ") ? CN_TYPE_INT64
	       : !strcmp(type, "double ")                          ? CN_TYPE_DOUBLE
	       : !strcmp(type, "cn_blob ")                         ? CN_TYPE_BLOB
	       : !strcmp(type, "cn_time ")                         ? CN_TYPE_TIME
	       : !strcmp(type, "cn_date ")                         ? CN_TYPE_DATE
								   : CN_TYPE_TEXT;
}

static cn_status add_column(making *m, cn_column column, bool number)
{
	column.part.kind = CN_PART_COLUMN;
	column.storage = number ? CN_STORE_I64 : CN_STORE_VALUE;
	column.size = number ? sizeof(int64_t) : sizeof(cn_value);
	column.offset = m->size;
	m->size += column.size;
	return add_part(m, &column, sizeof column);
}

static bool in_key(const cni_c_model *model, const char *name)
{
	for (size_t i = 0; model->key && i < model->key->part_count; i++) {
		if (model->key->parts[i].name && cni_same(model->key->parts[i].name, name))
			return true;
	}
	return false;
}

static cn_status add_columns(making *m)
{
	const cni_ddl_table *table = m->from->table;

	for (size_t i = 0; i < table->column_count; i++) {
		const cni_ddl_column *c = &table->columns[i];
		bool number = m->from->alias == (long)i, key = in_key(m->from, c->name);
		cn_column column = {.member = c->name,
			.type = number ? CN_TYPE_INT64 : type_of(c->type),
			.primary_key = number,
			.autoincrement = number && m->from->key && m->from->key->autoincrement,
			.not_null = c->not_null && !number,
			.null = key && !number && !c->not_null,
			.default_sql = c->generated_sql || number ? NULL : c->default_sql,
			.generated_sql = c->generated_sql};
		TRY(add_column(m, column, number));
	}
	return CN_OK;
}

/* The row's number, under one of its names that no column has. */
static cn_status add_hidden_key(making *m)
{
	const char *name = cni_rowid_word(m->from->table);

	if (!name)
		return CN_ENOTFOUND;
	cn_column column = {
		.member = name, .type = CN_TYPE_INT64, .primary_key = true, .not_null = true};
	return add_column(m, column, true);
}

/* ---- keys ---- */

/* SQLite takes PRIMARY KEY (a, a). */
static bool is_repeated(const cni_ddl_part *parts, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (cni_same(parts[i].name, parts[at].name))
			return true;
	}
	return false;
}

static const char *part_names(making *m, const cni_ddl_part *parts, size_t count)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	for (size_t i = 0; i < count; i++) {
		if (is_repeated(parts, i))
			continue;
		cni_buffer_puts(&out, i ? ", " : "");
		cni_quote_name_if(&out, parts[i].name);
	}
	return cni_buffer_dup(&out, m->r->arena);
}

static cn_status add_key(making *m, const cni_ddl_part *parts, size_t count, bool primary)
{
	cn_key key = {.part.kind = CN_PART_KEY, .primary = primary};

	if (count > CNI_C_KEY_MAX)
		return CN_OK;
	for (size_t i = 0; i < count; i++) {
		if (!parts[i].name) /* an expression */
			return CN_OK;
	}
	key.columns = part_names(m, parts, count);
	if (!key.columns)
		return out_of_memory(m->r->err);
	return add_part(m, &key, sizeof key);
}

static cn_status add_keys(making *m)
{
	for (size_t i = 0; i < m->from->table->constraint_count; i++) {
		const cni_ddl_constraint *key = &m->from->table->constraints[i];
		bool primary = key->kind == CNI_PRIMARY_KEY;
		if (key->kind == CNI_UNIQUE || (primary && m->from->alias < 0))
			TRY(add_key(m, key->parts, key->part_count, primary));
	}
	for (size_t i = 0; i < m->from->index_count; i++) {
		const cni_ddl_index *index = m->from->indexes[i];
		if (index->unique && !index->where_sql)
			TRY(add_key(m, index->parts, index->part_count, false));
	}
	return CN_OK;
}

static cn_status add_reference(making *m, const cni_c_foreign *foreign)
{
	CLEANUP(cni_buffer_done) cni_buffer target = {0};
	const cni_ddl_constraint *key = foreign->constraint;

	cni_quote_name_if(&target, foreign->parent->object->name);
	for (size_t i = 0; i < key->parent_column_count; i++) {
		cni_buffer_puts(&target, i ? ", " : "(");
		cni_quote_name_if(&target, key->parent_columns[i]);
	}
	cni_buffer_puts(&target, key->parent_column_count ? ")" : "");
	cn_foreign_key part = {.part.kind = CN_PART_FOREIGN_KEY,
		.columns = part_names(m, key->parts, key->part_count),
		.references = cni_buffer_dup(&target, m->r->arena)};
	if (!part.columns || !part.references)
		return out_of_memory(m->r->err);
	return add_part(m, &part, sizeof part);
}

/* ---- relations ---- */

static cn_status add_relation(making *m, const cni_c_relation_part *from)
{
	static const cn_relation_kind kinds[] = {[CNI_C_BELONGS_TO] = CN_RELATION_BELONGS_TO,
		[CNI_C_HAS_MANY] = CN_RELATION_HAS_MANY,
		[CNI_C_HAS_ONE] = CN_RELATION_HAS_ONE,
		[CNI_C_MANY_TO_MANY] = CN_RELATION_MANY_TO_MANY};
	cn_relation relation = {.part.kind = CN_PART_RELATION,
		.kind = kinds[from->kind],
		.many = from->kind == CNI_C_HAS_MANY || from->kind == CNI_C_MANY_TO_MANY,
		.member = from->member,
		.model = type_name(m->r, from->target->object->name),
		.offset = m->size,
		.via = part_names(m, from->key->parts, from->key->part_count)};

	if (from->through) {
		relation.through = from->through->object->name;
		relation.to = part_names(m, from->to->parts, from->to->part_count);
	}
	m->size += sizeof(void *);
	if (!relation.model || !relation.via || (from->through && !relation.to))
		return out_of_memory(m->r->err);
	return add_part(m, &relation, sizeof relation);
}

static cn_status add_relations(making *m)
{
	for (size_t i = 0; i < m->from->foreign_count; i++) {
		const cni_c_foreign *foreign = &m->from->foreign[i];
		if (!foreign->reason && follows(m->r, foreign->parent))
			TRY(add_reference(m, foreign));
	}
	for (size_t i = 0; i < m->from->relation_count; i++) {
		const cni_c_relation_part *relation = &m->from->relations[i];
		if (follows(m->r, relation->target) &&
			(!relation->through || follows(m->r, relation->through)))
			TRY(add_relation(m, relation));
	}
	return CN_OK;
}

/* ---- models ---- */

static cn_status finish(making *m, cn_model_kind kind)
{
	reflection *r = m->r;
	const cni_object *object = m->from->object;
	const cn_part *end = NULL;
	cn_model *model = cni_alloc(r->arena, sizeof *model);

	if (!model || !CNI_PUSH(r->arena, m->parts, m->part_count, end))
		return out_of_memory(r->err);
	*model = (cn_model){.kind = kind,
		.type_name = type_name(r, object->name),
		.table = object->name,
		.size = m->size,
		.parts = m->parts,
		.sql = kind == CN_MODEL_VIEW ? object->sql : NULL};
	const cn_model *made = model;
	return model->type_name && CNI_PUSH(r->arena, r->found, r->found_count, made)
		       ? CN_OK
		       : out_of_memory(r->err);
}

static cn_status reflect_table(reflection *r, const cni_c_model *from)
{
	making m = {.r = r, .from = from};
	cn_table_options options = {
		.part.kind = CN_PART_OPTIONS, .without_rowid = from->table->without_rowid};

	if ((from->reason && from->key) || !cni_c_names_fit(from->table))
		return CN_OK; /* a name, or a key, that no model can have */
	if (!from->key) {
		cn_status status = add_hidden_key(&m);
		if (status < 0)
			return status == CN_ENOTFOUND ? CN_OK : status;
	}
	TRY(add_columns(&m));
	TRY(add_keys(&m));
	if (!from->reason)
		TRY(add_relations(&m));
	TRY(add_part(&m, &options, sizeof options));
	return finish(&m, CN_MODEL_TABLE);
}

static cn_status reflect_view(reflection *r, const cni_c_model *from)
{
	making m = {.r = r, .from = from};

	for (size_t i = 0; i < from->view_column_count; i++) {
		const cni_c_view_column *c = &from->view_columns[i];
		cn_column column = {.member = c->name};
		TRY(add_column(&m, column, false));
	}
	return from->view_column_count ? finish(&m, CN_MODEL_VIEW) : CN_OK;
}

cn_status cni_db_reflect(cn_db *db, cni_conn *conn, cn_error *err)
{
	reflection r = {.db = db, .arena = &db->arena, .err = err};
	cni_schema *schema;

	TRY(cni_conn_inspect(conn, r.arena, &schema, err));
	r.w = (cni_c_writer){.arena = r.arena, .schema = schema};
	if (!cni_c_prepare(&r.w) || r.arena->failed)
		return out_of_memory(err);
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_c_model *from = &r.w.models[i];
		cni_ddl_kind kind = schema->objects[i].ddl.kind;
		if (is_declared(&r, schema->objects[i].name))
			continue;
		if (kind == CNI_DDL_TABLE)
			TRY(reflect_table(&r, from));
		else if (kind == CNI_DDL_VIEW && !from->reason)
			TRY(reflect_view(&r, from));
	}
	const cn_model *end = NULL;
	if (!CNI_PUSH(r.arena, r.found, r.found_count, end))
		return out_of_memory(err);
	return cni_models_join(r.arena, db->declared, r.found, &db->models, err);
}
