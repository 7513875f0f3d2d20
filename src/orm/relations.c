/* relations.c - belongs-to and has-many: the target found, the foreign key between the two found.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "orm/layout.h"

static cn_status find_target(const cni_registry *registry, const cni_layout *layout,
	const cn_relation *relation, cni_layout **ret, cni_arena *arena, cn_error *err)
{
	cni_layout *target = cni_registry_type(registry, relation->model);

	if (target && target->model->kind == CN_MODEL_TABLE) {
		*ret = target;
		return CN_OK;
	}
	const char **names = cni_alloc(arena, (registry->layout_count + 1) * sizeof *names);
	if (!names)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < registry->layout_count; i++)
		names[i] = registry->layouts[i]->name;
	cni_member_fail(layout, relation->member, err, "%s \"%s\"",
		target ? "a relation leads to a table, not to" : "there is no model",
		relation->model);
	const char *near = target ? NULL : cni_nearest(relation->model, names);
	if (near)
		cn_error_hint(err, "did you mean \"%s\"?", near);
	else if (!target)
		cn_error_hint(err, "add it to the list of models (CN_MODELS)");
	return CN_ESCHEMA;
}

static bool foreign_over(const cni_foreign *foreign, const size_t *fields, size_t count)
{
	return foreign->count == count && !memcmp(foreign->fields, fields, count * sizeof *fields);
}

/* The reference from child to parent over the columns said in `via`, or the only one there is. */
static cn_status find_foreign(const cni_layout *layout, const cn_relation *relation,
	const cni_layout *child, const cni_layout *parent, const char *via, const cni_foreign **ret,
	cni_arena *arena, cn_error *err)
{
	size_t fields[CNI_KEY_MAX], count = 0, found = 0;

	if (via && cni_layout_fields(child, via, ".via", fields, &count, arena, err) < 0)
		return cn_error_wrap(
			err, "model \"%s\", member \"%s\"", layout->name, relation->member);
	for (size_t i = 0; i < child->foreign_count; i++) {
		const cni_foreign *foreign = &child->foreign[i];
		if (foreign->parent != parent || (via && !foreign_over(foreign, fields, count)))
			continue;
		*ret = foreign;
		found++;
	}
	if (found == 1)
		return CN_OK;
	if (found) {
		cni_member_fail(layout, relation->member, err,
			"\"%s\" references \"%s\" more than once: say which columns with .via",
			child->name, parent->name);
		return CN_ESCHEMA;
	}
	cni_member_fail(layout, relation->member, err,
		"no column of \"%s\"%s%s%s references \"%s\"", child->name, via ? " named \"" : "",
		via ? via : "", via ? "\"" : "", parent->name);
	cn_error_hint(err, "give the column .references = \"%s\"", parent->model->table);
	return CN_ESCHEMA;
}

/* Without .via: the member's name and "_id", if there is such a column; else whatever reference
 * there is. */
static const char *usual_via(
	const cni_layout *layout, const cn_relation *relation, cni_arena *arena)
{
	char *name = cni_printf(arena, "%s_id", relation->member);

	return name && !relation->many && cni_layout_field(layout, name) >= 0 ? name : NULL;
}

static cn_status check_order(const cni_layout *layout, const cn_relation *relation, cn_error *err)
{
	if (!relation->many && (relation->order_by || relation->cascade))
		return cni_member_fail(layout, relation->member, err, "%s is for CN_HAS_MANY",
			relation->order_by ? ".order_by" : ".cascade");
	if (relation->many && relation->cascade == CN_CASCADE_DELETE &&
		layout->model->kind != CN_MODEL_TABLE)
		return cni_member_fail(layout, relation->member, err, ".cascade is for tables");
	return CN_OK;
}

static cn_status add_link(const cni_registry *registry, cni_layout *layout,
	const cn_relation *relation, cni_arena *arena, cn_error *err)
{
	cni_link link = {.relation = relation, .owner = layout};
	const cni_foreign *foreign = NULL;

	TRY(check_order(layout, relation, err));
	TRY(find_target(registry, layout, relation, &link.target, arena, err));
	const cni_layout *child = relation->many ? link.target : layout;
	const cni_layout *parent = relation->many ? layout : link.target;
	const char *via = relation->via ? relation->via : usual_via(layout, relation, arena);
	TRY(find_foreign(layout, relation, child, parent, via, &foreign, arena, err));
	link.count = foreign->count;
	link.to_key = !relation->many && foreign->to_key;
	memcpy(link.fields, relation->many ? foreign->parent_fields : foreign->fields,
		sizeof link.fields);
	memcpy(link.target_fields, relation->many ? foreign->fields : foreign->parent_fields,
		sizeof link.target_fields);
	if (!CNI_PUSH(arena, layout->links, layout->link_count, link))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

/* The belongs-to of the children that a has-many fills on the way. */
static const cni_link *find_back(const cni_link *many)
{
	for (size_t i = 0; i < many->target->link_count; i++) {
		const cni_link *link = &many->target->links[i];
		if (!link->relation->many && link->target == many->owner &&
			link->count == many->count &&
			!memcmp(link->fields, many->target_fields,
				many->count * sizeof *many->fields) &&
			!memcmp(link->target_fields, many->fields,
				many->count * sizeof *many->fields))
			return link;
	}
	return NULL;
}

cn_status cni_relations_init(cni_registry *registry, cn_error *err)
{
	for (size_t i = 0; i < registry->layout_count; i++) {
		cni_layout *layout = registry->layouts[i];
		size_t at = 0;
		for (const cn_relation *relation;
			(relation = cn_model_relations(layout->model, &at));) {
			if (layout->model->kind != CN_MODEL_TABLE)
				return cni_member_fail(layout, relation->member, err,
					"only tables have relations");
			TRY(add_link(registry, layout, relation, &registry->arena, err));
		}
	}
	for (size_t i = 0; i < registry->layout_count; i++) {
		cni_layout *layout = registry->layouts[i];
		for (size_t k = 0; k < layout->link_count; k++) {
			if (layout->links[k].relation->many)
				layout->links[k].back = find_back(&layout->links[k]);
		}
	}
	return CN_OK;
}
