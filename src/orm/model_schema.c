/* model_schema.c - see model_schema.h. */
#include "orm/model_schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

/* ix_<table>_<words of the columns>: "lower(name) desc, id" gives lower_name_desc_id. */
static const char *index_name(cni_arena *arena, const cni_layout *layout, const char *columns)
{
	CLEANUP(cni_buffer_done) cni_buffer name = {0};
	cni_lexer lexer;

	cni_buffer_printf(&name, "ix_%s", layout->model->table);
	cni_lexer_init(&lexer, columns, strlen(columns));
	for (cni_token token; (token = cni_lexer_next_solid(&lexer)).kind != CNI_TOKEN_END;) {
		if (token.kind == CNI_TOKEN_WORD || token.kind == CNI_TOKEN_QUOTED) {
			const char *word = cni_token_name(arena, &token);
			cni_buffer_printf(&name, "_%s", word ? word : "");
		} else if (token.kind == CNI_TOKEN_NUMBER) {
			cni_buffer_printf(&name, "_%.*s", (int)token.size, token.text);
		}
	}
	return cni_buffer_dup(&name, arena);
}

/* The text is what counts where it is the engine's own; elsewhere it is read, and written in the
 * engine's words. */
static cn_status add_index_text(cni_schema *schema, const char *sql, size_t size, cn_error *err)
{
	cni_ddl ddl;

	const cni_words *words = cni_words_of(schema->engine);
	if (!words || words->keeps_texts)
		return cni_schema_add_sql(schema, sql, size, err);
	const char *copy = cni_strndup(schema->arena, sql, size);
	if (!copy)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_ddl_parse(schema->arena, copy, size, &ddl, err));
	return cni_schema_add(schema, &ddl, err);
}

static cn_status add_index(
	cni_schema *schema, const cni_layout *layout, const cn_index *index, cn_error *err)
{
	const char *name =
		index->name ? index->name : index_name(schema->arena, layout, index->columns);
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};

	if (!name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cni_schema_find(schema, CNI_DDL_INDEX, name)) {
		cni_model_fail(layout->model, err, "two indexes have the name \"%s\"", name);
		cn_error_hint(err, "give one of them another with .name");
		return CN_ESCHEMA;
	}
	cni_buffer_printf(&sql, "CREATE %sINDEX ", index->unique ? "UNIQUE " : "");
	cni_quote_name_if(&sql, name);
	cni_buffer_puts(&sql, " ON ");
	cni_quote_name_if(&sql, layout->model->table);
	cni_buffer_printf(&sql, " (%s)", index->columns);
	if (index->where_sql)
		cni_buffer_printf(&sql, " WHERE %s", index->where_sql);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (add_index_text(schema, sql.data, sql.size, err) < 0)
		return cn_error_wrap(err, "model \"%s\", index \"%s\"", layout->name, name);
	return CN_OK;
}

static cn_status add_indexes(cni_schema *schema, const cni_layout *layout, cn_error *err)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		CLEANUP(cni_buffer_done) cni_buffer columns = {0};
		if (!field->column->index)
			continue;
		cni_quote_name_if(&columns, field->name);
		if (columns.failed)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		cn_index index = {.columns = columns.data};
		TRY(add_index(schema, layout, &index, err));
	}
	for (const cn_part *const *part = layout->model->parts; *part; part++) {
		if ((*part)->kind == CN_PART_INDEX)
			TRY(add_index(schema, layout, (const cn_index *)*part, err));
	}
	return CN_OK;
}

static int by_rank(const void *a, const void *b)
{
	const cni_layout *x = *(cni_layout *const *)a, *y = *(cni_layout *const *)b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static cn_status add_tables(cni_schema *schema, const cni_registry *registry, cn_error *err)
{
	const cni_words *words = cni_words_of(schema->engine);
	size_t count = registry->layout_count;
	cni_layout **order =
		cni_memdup(schema->arena, registry->layouts, (count + 1) * sizeof *order);

	if (!order)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!words)
		return cn_fail(err, CN_EUNSUPPORTED, "this program has no driver for \"%s\"",
			schema->engine);
	qsort(order, count, sizeof *order, by_rank);
	for (size_t i = 0; i < count; i++) {
		cni_ddl ddl = {.kind = CNI_DDL_TABLE};
		if (order[i]->model->kind != CN_MODEL_TABLE)
			continue;
		TRY(cni_model_table(schema->arena, words, order[i], &ddl.table, err));
		if (cni_schema_add(schema, &ddl, err) < 0)
			return cn_error_wrap(err, "model \"%s\"", order[i]->name);
		TRY(add_indexes(schema, order[i], err));
	}
	return CN_OK;
}

static cn_status add_texts(
	cni_schema *schema, const cni_registry *registry, cn_model_kind kind, cn_error *err)
{
	for (const cn_model *const *model = registry->models; *model; model++) {
		if ((*model)->kind != kind)
			continue;
		if (cni_schema_add_sql(schema, (*model)->sql, strlen((*model)->sql), err) < 0)
			return cn_error_wrap(err, "model \"%s\"", (*model)->type_name);
	}
	return CN_OK;
}

cn_status cni_models_schema(cni_arena *arena, const cn_model *const *models, const char *engine,
	cni_schema **ret, cn_error *err)
{
	/* the schema's own texts are copies: cni_schema_add writes SQL and parses it */
	CLEANUP(cni_registry_done) cni_registry registry = {0};
	cni_schema *schema = cni_schema_new(arena, engine);

	if (!schema)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_registry_init(&registry, models, err));
	TRY(add_tables(schema, &registry, err));
	TRY(add_texts(schema, &registry, CN_MODEL_VIRTUAL, err));
	TRY(add_texts(schema, &registry, CN_MODEL_VIEW, err));
	TRY(add_texts(schema, &registry, CN_MODEL_TRIGGER, err));
	*ret = schema;
	return CN_OK;
}
