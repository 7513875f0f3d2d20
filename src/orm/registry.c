/* registry.c - all models of a database together: names, and the order of the steps. */
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "orm/layout.h"
#include "sql/ddl.h"

enum { MODELS_MAX = 10000, TABLE_NAME_MAX = 200 };

static size_t slot_of(const cni_registry *registry, const cn_model *model)
{
	uint64_t address = (uint64_t)(uintptr_t)model;

	return (size_t)(address * UINT64_C(0x9E3779B97F4A7C15) >> 40) & (registry->slot_count - 1);
}

const cni_layout *cni_registry_find(const cni_registry *registry, const cn_model *model)
{
	if (!registry->slot_count)
		return NULL;
	for (size_t i = slot_of(registry, model);; i = (i + 1) & (registry->slot_count - 1)) {
		if (!registry->slots[i] || registry->slots[i]->model == model)
			return registry->slots[i];
	}
}

cni_layout *cni_registry_type(const cni_registry *registry, const char *type_name)
{
	for (size_t i = 0; i < registry->layout_count; i++) {
		if (!strcmp(registry->layouts[i]->name, type_name))
			return registry->layouts[i];
	}
	return NULL;
}

cni_layout *cni_registry_table(const cni_registry *registry, const char *table)
{
	for (size_t i = 0; i < registry->layout_count; i++) {
		if (cni_same(registry->layouts[i]->model->table, table))
			return registry->layouts[i];
	}
	return NULL;
}

static cn_status check_table_name(const cn_model *model, cn_error *err)
{
	const char *name = model->table;

	if (!name || !*name || strlen(name) > TABLE_NAME_MAX || !cni_utf8_valid(name, strlen(name)))
		return cni_model_fail(
			model, err, "\"%s\" is no name for a table", name ? name : "");
	if (cni_table_owner(name))
		return cni_model_fail(model, err,
			"table names that begin with \"%.*s\" belong to %s",
			(int)strcspn(name, "_") + 1, name, cni_table_owner(name));
	return CN_OK;
}

/* The text of a view, trigger or virtual table: one CREATE statement of that kind. */
static cn_status check_sql(const cn_model *model, cni_arena *arena, cn_error *err)
{
	static const struct {
		cni_ddl_kind kind;
		const char *word;
	} wanted[] = {[CN_MODEL_VIEW] = {CNI_DDL_VIEW, "CREATE VIEW"},
		[CN_MODEL_TRIGGER] = {CNI_DDL_TRIGGER, "CREATE TRIGGER"},
		[CN_MODEL_VIRTUAL] = {CNI_DDL_VIRTUAL, "CREATE VIRTUAL TABLE"}};
	cni_ddl ddl = {0};

	if (!model->sql)
		return cni_model_fail(model, err, "there is no SQL");
	if (cni_ddl_parse(arena, model->sql, strlen(model->sql), &ddl, err) < 0) {
		if (err)
			err->status = CN_ESCHEMA;
		cn_error_wrap(err, "model \"%s\"", model->type_name);
		return CN_ESCHEMA;
	}
	if (ddl.kind != wanted[model->kind].kind)
		return cni_model_fail(
			model, err, "its SQL is no %s statement", wanted[model->kind].word);
	if (model->kind == CN_MODEL_VIEW && !cni_same(ddl.view.name, model->table))
		return cni_model_fail(model, err, "its SQL creates the view \"%s\", not \"%s\"",
			ddl.view.name, model->table);
	return CN_OK;
}

static cn_status check_names(const cni_registry *registry, size_t count, cn_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const cn_model *a = registry->models[i];
		for (size_t k = 0; k < i; k++) {
			const cn_model *b = registry->models[k];
			if (!strcmp(a->type_name, b->type_name))
				return cni_model_fail(a, err, "it is in the list of models twice");
			if (a->table && cni_same(a->table, b->table))
				return cni_model_fail(a, err,
					"model \"%s\" has the table \"%s\" already", b->type_name,
					b->table);
		}
	}
	return CN_OK;
}

static cn_status check_model_rename(
	const cni_registry *registry, const cni_layout *layout, cn_error *err)
{
	const char *old = layout->options->renamed_from;

	if (old && cni_registry_table(registry, old))
		return cni_model_fail(
			layout->model, err, ".renamed_from \"%s\", which is still a table", old);
	return CN_OK;
}

cn_status cni_registry_add(cni_registry *registry, const cn_model *model, cn_error *err)
{
	if (model->kind == CN_MODEL_TABLE || model->kind == CN_MODEL_VIEW)
		TRY(check_table_name(model, err));
	cni_layout *layout = cni_alloc(&registry->arena, sizeof *layout);
	if (!layout)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_layout_init(layout, model, &registry->arena, err));
	registry->layouts[registry->layout_count++] = layout;
	size_t slot = slot_of(registry, model);
	while (registry->slots[slot])
		slot = (slot + 1) & (registry->slot_count - 1);
	registry->slots[slot] = layout;
	return CN_OK;
}

static cn_status add_layouts(cni_registry *registry, size_t count, cn_error *err)
{
	for (size_t i = 0; i < count; i++) {
		const cn_model *model = registry->models[i];
		if (model->kind >= CN_MODEL_VIEW)
			TRY(check_sql(model, &registry->arena, err));
		if (model->kind <= CN_MODEL_VIEW)
			TRY(cni_registry_add(registry, model, err));
	}
	return CN_OK;
}

static cn_status fill(cni_registry *registry, size_t count, cn_error *err)
{
	TRY(check_names(registry, count, err));
	TRY(add_layouts(registry, count, err));
	TRY(cni_between_init(registry, err));
	for (size_t i = 0; i < registry->layout_count; i++) {
		TRY(cni_layout_check(registry->layouts[i], &registry->arena, err));
		TRY(check_model_rename(registry, registry->layouts[i], err));
	}
	TRY(cni_references_init(registry, err));
	TRY(cni_relations_init(registry, err));
	return registry->arena.failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

/* As many tables between may have to be made. */
static size_t count_many_to_many(const cn_model *const *models, size_t count)
{
	size_t found = 0;

	for (size_t i = 0, at = 0; i < count; i++, at = 0) {
		for (const cn_relation *r; (r = cn_model_relations(models[i], &at));)
			found += r->kind == CN_RELATION_MANY_TO_MANY;
	}
	return found;
}

cn_status cni_registry_init(cni_registry *registry, const cn_model *const *models, cn_error *err)
{
	size_t count = 0;

	*registry = (cni_registry){.slot_count = 8};
	while (models && models[count]) {
		if (++count > MODELS_MAX)
			return cn_fail(err, CN_EARG,
				"more than %d models: is the list ended by NULL?", MODELS_MAX);
	}
	size_t room = count + count_many_to_many(models, count);
	while (registry->slot_count < 2 * room)
		registry->slot_count *= 2;
	registry->models = cni_alloc(&registry->arena, (count + 1) * sizeof *registry->models);
	registry->layouts = cni_alloc(&registry->arena, (room + 1) * sizeof *registry->layouts);
	registry->slots =
		cni_alloc(&registry->arena, registry->slot_count * sizeof *registry->slots);
	if (!registry->models || !registry->layouts || !registry->slots) {
		cni_registry_done(registry);
		return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (count)
		memcpy(registry->models, models, count * sizeof *models);
	cn_status status = fill(registry, count, err);
	if (status < 0)
		cni_registry_done(registry);
	return status;
}

void cni_registry_done(cni_registry *registry)
{
	cni_arena_done(&registry->arena);
	*registry = (cni_registry){0};
}

cn_status cn_models_check(const cn_model *const *models, cn_error *err)
{
	cni_registry registry;

	TRY(cni_registry_init(&registry, models, err));
	cni_registry_done(&registry);
	return CN_OK;
}
