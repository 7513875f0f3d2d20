/* references.c - foreign keys between models: resolved, checked, and the order that follows from
 * them. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "orm/layout.h"
#include "sql/lexer.h"

static void hint_table(
	const cni_registry *registry, const char *name, cni_arena *arena, cn_error *err)
{
	const char **names = cni_alloc(arena, (registry->layout_count + 1) * sizeof *names);

	if (!names)
		return;
	size_t count = 0;
	for (size_t i = 0; i < registry->layout_count; i++) {
		if (registry->layouts[i]->model->kind == CN_MODEL_TABLE)
			names[count++] = registry->layouts[i]->model->table;
	}
	const char *near = cni_nearest(name, names);
	if (near)
		cn_error_hint(err, "did you mean \"%s\"?", near);
	else
		cn_error_hint(err, "is its model in the list (CN_MODELS)?");
}

/* The word that starts a reference: a table's name, in quotes or (if there is such a table) as it
 * is. The rest begins after it. */
static cn_status parse_table(const cni_registry *registry, const cni_layout *layout,
	const char *text, const char *what, char **ret_name, const char **ret_rest,
	cni_arena *arena, cn_error *err)
{
	size_t size = text ? strcspn(text, ".(") : 0;
	char *plain = cni_strndup(arena, text ? text : "", size);
	cni_lexer lexer;

	if (!plain)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (cni_registry_table(registry, plain)) {
		*ret_name = plain;
		*ret_rest = text + size;
		return CN_OK;
	}
	cni_lexer_init(&lexer, text ? text : "", text ? strlen(text) : 0);
	cni_token table = cni_lexer_next_solid(&lexer);
	if (table.kind != CNI_TOKEN_WORD && table.kind != CNI_TOKEN_QUOTED) {
		cni_model_fail(layout->model, err, "%s references \"%s\"", what, text ? text : "");
		cn_error_hint(err, "write \"table.column\", \"table\", or \"table(a, b)\"");
		return CN_ESCHEMA;
	}
	*ret_name = cni_token_name(arena, &table);
	*ret_rest = lexer.at;
	return *ret_name ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* "producer.id", "producer", "producer(id, region)" */
static cn_status parse_reference(const cni_registry *registry, const cni_layout *layout,
	const char *text, const char *what, cni_foreign *foreign, cni_arena *arena, cn_error *err)
{
	char *name, *list;
	const char *rest;
	size_t count = 0;

	TRY(parse_table(registry, layout, text, what, &name, &rest, arena, err));
	foreign->parent = cni_registry_table(registry, name);
	if (!foreign->parent || foreign->parent->model->kind != CN_MODEL_TABLE) {
		cni_model_fail(layout->model, err,
			"%s references \"%s\", but there is no table \"%s\"", what, text, name);
		hint_table(registry, name, arena, err);
		return CN_ESCHEMA;
	}
	while (*rest == ' ')
		rest++;
	if (!*rest) {
		foreign->bare = true;
		memcpy(foreign->parent_fields, foreign->parent->key, sizeof foreign->parent_fields);
		count = foreign->parent->key_count;
	} else {
		size_t size = strlen(rest);
		if (*rest == '(' && rest[size - 1] == ')')
			list = cni_strndup(arena, rest + 1, size - 2);
		else if (*rest == '.')
			list = cni_strdup(arena, rest + 1);
		else
			return cni_model_fail(layout->model, err,
				"%s references \"%s\": not understood", what, text);
		if (!list)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		long field =
			cni_layout_field(foreign->parent, list); /* a lone name needs no quotes */
		if (field >= 0) {
			foreign->parent_fields[count++] = (size_t)field;
		} else if (cni_layout_fields(foreign->parent, list, "", foreign->parent_fields,
				   &count, arena, err) < 0)
			return cn_error_wrap(err, "model \"%s\": %s references \"%s\"",
				layout->name, what, text);
	}
	if (count == foreign->count)
		return CN_OK;
	return cni_model_fail(layout->model, err, "%s has %zu columns, but references %zu", what,
		foreign->count, count);
}

static bool same_fields(const size_t *a, size_t a_count, const size_t *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		bool found = false;
		for (size_t k = 0; k < b_count; k++)
			found = found || a[i] == b[k];
		if (!found)
			return false;
	}
	return true;
}

/* A reference must meet one row: its columns are the primary key, or unique together. */
cn_status cni_fields_unique(const cni_layout *layout, const size_t *fields, size_t count, bool *ret,
	cni_arena *arena, cn_error *err)
{
	size_t unique[CNI_KEY_MAX], unique_count;

	*ret = same_fields(fields, count, layout->key, layout->key_count) ||
	       (count == 1 && layout->fields[fields[0]].column->unique);
	for (const cn_part *const *part = layout->model->parts; *part && !*ret; part++) {
		if ((*part)->kind == CN_PART_KEY) {
			TRY(cni_layout_fields(layout, ((const cn_key *)*part)->columns, "CN_UNIQUE",
				unique, &unique_count, arena, err));
			*ret = same_fields(fields, count, unique, unique_count);
		}
		const cn_index *index = (const cn_index *)*part;
		/* an index over expressions is no list of columns, and nothing to refer to */
		if ((*part)->kind == CN_PART_INDEX && index->unique && !index->where_sql &&
			cni_layout_fields(layout, index->columns, "CN_INDEX", unique, &unique_count,
				arena, NULL) == CN_OK)
			*ret = same_fields(fields, count, unique, unique_count);
	}
	return CN_OK;
}

static cn_status check_foreign(const cni_layout *layout, cni_foreign *foreign, const char *what,
	cni_arena *arena, cn_error *err)
{
	const cni_layout *parent = foreign->parent;
	bool unique;

	for (size_t i = 0; i < foreign->count; i++) {
		const cni_field *child = &layout->fields[foreign->fields[i]];
		const cni_field *field = &parent->fields[foreign->parent_fields[i]];
		if (cni_type_class(cn_column_type(child->column)) !=
			cni_type_class(cn_column_type(field->column)))
			return cni_member_fail(layout, child->column->member, err,
				"its type is not that of \"%s\".\"%s\", which it references",
				parent->name, field->column->member);
		if (foreign->on_delete == CN_SET_NULL && !child->nullable)
			return cni_member_fail(layout, child->column->member, err,
				"%s sets it to NULL, which it cannot be", what);
	}
	TRY(cni_fields_unique(parent, foreign->parent_fields, foreign->count, &unique, arena, err));
	if (!unique) {
		cni_model_fail(layout->model, err,
			"%s references columns of \"%s\" that are not unique", what, parent->name);
		cn_error_hint(err, "reference its primary key, or make them unique there");
		return CN_ESCHEMA;
	}
	foreign->to_key =
		foreign->count == parent->key_count &&
		!memcmp(foreign->parent_fields, parent->key, foreign->count * sizeof *parent->key);
	return CN_OK;
}

static cn_status add_foreign(const cni_registry *registry, cni_layout *layout, const char *text,
	const char *what, cni_foreign *foreign, cni_arena *arena, cn_error *err)
{
	TRY(parse_reference(registry, layout, text, what, foreign, arena, err));
	TRY(check_foreign(layout, foreign, what, arena, err));
	if (!CNI_PUSH(arena, layout->foreign, layout->foreign_count, *foreign))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status resolve(
	const cni_registry *registry, cni_layout *layout, cni_arena *arena, cn_error *err)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *c = layout->fields[i].column;
		if (!c->references)
			continue;
		cni_foreign foreign = {.fields = {i},
			.count = 1,
			.on_delete = c->on_delete,
			.on_update = c->on_update,
			.deferrable = c->deferrable,
			.at_column = true};
		char *what = cni_printf(arena, "member \"%s\"", c->member);
		if (!what)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(add_foreign(registry, layout, c->references, what, &foreign, arena, err));
	}
	for (const cn_part *const *part = layout->model->parts; *part; part++) {
		if ((*part)->kind != CN_PART_FOREIGN_KEY)
			continue;
		const cn_foreign_key *key = (const cn_foreign_key *)*part;
		cni_foreign foreign = {.name = key->name,
			.on_delete = key->on_delete,
			.on_update = key->on_update,
			.deferrable = key->deferrable};
		TRY(cni_layout_fields(layout, key->columns, "CN_FOREIGN_KEY", foreign.fields,
			&foreign.count, arena, err));
		TRY(add_foreign(
			registry, layout, key->references, "CN_FOREIGN_KEY", &foreign, arena, err));
	}
	return CN_OK;
}

/* Parents first; what is left when nobody is without an unranked parent stands in a cycle, or
 * behind one, and goes on in the order of the list. */
static void rank_layouts(cni_registry *registry)
{
	size_t done = 0;

	for (size_t i = 0; i < registry->layout_count; i++)
		registry->layouts[i]->rank = 0;
	while (done < registry->layout_count) {
		size_t before = done;
		cni_layout *first_left = NULL;
		for (size_t i = 0; i < registry->layout_count; i++) {
			cni_layout *layout = registry->layouts[i];
			bool ready = !layout->rank;
			for (size_t k = 0; ready && k < layout->foreign_count; k++)
				ready = layout->foreign[k].parent == layout ||
					layout->foreign[k].parent->rank;
			if (ready)
				layout->rank = (unsigned)++done;
			else if (!layout->rank && !first_left)
				first_left = layout;
		}
		if (done == before)
			first_left->rank = (unsigned)++done;
	}
}

/* Can `from` reach `to` over references (those that cascade deletes only, if wanted)? `seen` has a
 * place for every layout, by rank. */
static bool reaches(const cni_layout *from, const cni_layout *to, bool cascading,
	const cni_layout **stack, bool *seen, size_t layouts)
{
	size_t depth = 0;

	memset(seen, 0, (layouts + 1) * sizeof *seen);
	stack[depth++] = from;
	while (depth) {
		const cni_layout *at = stack[--depth];
		for (size_t i = 0; i < at->foreign_count; i++) {
			const cni_layout *parent = at->foreign[i].parent;
			if (cascading && (at->foreign[i].on_delete != CN_CASCADE || parent == at))
				continue;
			if (parent == to)
				return true;
			if (!seen[parent->rank]) {
				seen[parent->rank] = true;
				stack[depth++] = parent;
			}
		}
	}
	return false;
}

static cn_status find_cycles(cni_registry *registry, cn_error *err)
{
	size_t count = registry->layout_count;
	const cni_layout **stack = cni_alloc(&registry->arena, (count + 1) * sizeof *stack);
	bool *seen = cni_alloc(&registry->arena, (count + 1) * sizeof *seen);

	if (!stack || !seen)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		cni_layout *layout = registry->layouts[i];
		if (!layout->foreign_count)
			continue;
		layout->cyclic = reaches(layout, layout, false, stack, seen, count);
		if (!layout->cyclic || !reaches(layout, layout, true, stack, seen, count))
			continue;
		cni_model_fail(layout->model, err,
			"deleting one of its rows would delete it again: a cycle of "
			"ON DELETE CASCADE over several tables");
		cn_error_hint(err, "use CN_SET_NULL or CN_RESTRICT for one of the references");
		return CN_ESCHEMA;
	}
	return CN_OK;
}

cn_status cni_references_init(cni_registry *registry, cn_error *err)
{
	for (size_t i = 0; i < registry->layout_count; i++) {
		if (registry->layouts[i]->model->kind == CN_MODEL_TABLE)
			TRY(resolve(registry, registry->layouts[i], &registry->arena, err));
	}
	rank_layouts(registry);
	return find_cycles(registry, err);
}
