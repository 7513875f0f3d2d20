/* relations.c - the targets of relations found, and the foreign keys between them. */
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
	const cni_foreign *one = NULL;

	if (via && cni_layout_fields(child, via, ".via", fields, &count, arena, err) < 0)
		return cn_error_wrap(
			err, "model \"%s\", member \"%s\"", layout->name, relation->member);
	for (size_t i = 0; i < child->foreign_count; i++) {
		const cni_foreign *foreign = &child->foreign[i];
		if (foreign->parent != parent || (via && !foreign_over(foreign, fields, count)))
			continue;
		one = foreign;
		found++;
	}
	if (one && found == 1) {
		*ret = one;
		return CN_OK;
	}
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

	return name && relation->kind == CN_RELATION_BELONGS_TO &&
			       cni_layout_field(layout, name) >= 0
		       ? name
		       : NULL;
}

static cn_status check_options(const cni_layout *layout, const cn_relation *relation, cn_error *err)
{
	bool children =
		relation->kind == CN_RELATION_HAS_MANY || relation->kind == CN_RELATION_HAS_ONE;
	unsigned cascade = (unsigned)relation->cascade;
	const char *member = relation->member;

	if (!relation->many && relation->order_by)
		return cni_member_fail(layout, member, err, ".order_by is for lists");
	if (!children && (cascade & ~(unsigned)CN_CASCADE_SAVE))
		return cni_member_fail(layout, member, err,
			".cascade of children is for CN_HAS_MANY and CN_HAS_ONE");
	if ((cascade & CN_CASCADE_DELETE) && (cascade & CN_CASCADE_NULLIFY))
		return cni_member_fail(layout, member, err,
			".cascade: children are deleted or set to NULL, not both");
	if ((relation->kind == CN_RELATION_MANY_TO_MANY) != (relation->through != NULL))
		return cni_member_fail(layout, member, err,
			relation->through ? ".through is for CN_MANY_TO_MANY"
					  : "CN_MANY_TO_MANY wants .through = \"table\"");
	if (relation->to && !relation->through)
		return cni_member_fail(layout, member, err, ".to is for CN_MANY_TO_MANY");
	return CN_OK;
}

static bool holds_int64(const cni_field *field)
{
	return field->storage == CN_STORE_I64 || field->storage == CN_STORE_NULL_I64;
}

static cni_link make_link(const cn_relation *relation, cn_relation_kind kind, cni_layout *child,
	cni_layout *parent, const cni_foreign *foreign)
{
	bool down = kind != CN_RELATION_BELONGS_TO;
	cni_link link = {.relation = relation,
		.kind = kind,
		.owner = down ? parent : child,
		.target = down ? child : parent,
		.count = foreign->count,
		.to_key = !down && foreign->to_key};

	memcpy(link.fields, down ? foreign->parent_fields : foreign->fields, sizeof link.fields);
	memcpy(link.target_fields, down ? foreign->fields : foreign->parent_fields,
		sizeof link.target_fields);
	link.int_join = link.count == 1 && holds_int64(&link.owner->fields[link.fields[0]]) &&
			holds_int64(&link.target->fields[link.target_fields[0]]);
	return link;
}

/* One row of the target at most: the foreign key is unique there. */
static cn_status check_one(const cni_link *link, cni_arena *arena, cn_error *err)
{
	bool unique;

	TRY(cni_fields_unique(link->target, link->target_fields, link->count, &unique, arena, err));
	if (unique)
		return CN_OK;
	cni_member_fail(link->owner, link->relation->member, err,
		"several \"%s\" may have the same \"%s\"", link->target->name,
		link->target->fields[link->target_fields[0]].name);
	cn_error_hint(err, "make that column unique there, or use CN_HAS_MANY");
	return CN_ESCHEMA;
}

static cn_status add_through(const cni_registry *registry, cni_layout *layout, cni_link *link,
	cni_arena *arena, cn_error *err)
{
	const cn_relation *relation = link->relation;
	cni_layout *between = cni_registry_table(registry, relation->through);
	const cni_foreign *here = NULL, *there = NULL;

	if (!between)
		between = cni_registry_type(registry, relation->through);
	if (!between || between->model->kind != CN_MODEL_TABLE)
		return cni_member_fail(layout, relation->member, err,
			".through = \"%s\", which is no table", relation->through);
	TRY(find_foreign(layout, relation, between, layout, relation->via, &here, arena, err));
	TRY(find_foreign(
		layout, relation, between, link->target, relation->to, &there, arena, err));
	if (here == there)
		return cni_member_fail(layout, relation->member, err,
			"say both, .via and .to, of \"%s\"", between->name);
	cni_link *halves = cni_alloc(arena, 2 * sizeof *halves);
	if (!halves)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	halves[0] = make_link(relation, CN_RELATION_HAS_MANY, between, layout, here);
	halves[1] = make_link(relation, CN_RELATION_BELONGS_TO, between, link->target, there);
	link->near = &halves[0];
	link->far = &halves[1];
	return CN_OK;
}

static cn_status add_link(const cni_registry *registry, cni_layout *layout,
	const cn_relation *relation, cni_arena *arena, cn_error *err)
{
	cni_link link = {.relation = relation, .kind = relation->kind, .owner = layout};
	const cni_foreign *foreign = NULL;

	TRY(check_options(layout, relation, err));
	TRY(find_target(registry, layout, relation, &link.target, arena, err));
	if (relation->kind == CN_RELATION_MANY_TO_MANY) {
		TRY(add_through(registry, layout, &link, arena, err));
	} else {
		bool down = relation->kind != CN_RELATION_BELONGS_TO;
		cni_layout *child = down ? link.target : layout;
		cni_layout *parent = down ? layout : link.target;
		const char *via =
			relation->via ? relation->via : usual_via(layout, relation, arena);
		TRY(find_foreign(layout, relation, child, parent, via, &foreign, arena, err));
		link = make_link(relation, relation->kind, child, parent, foreign);
	}
	if (relation->kind == CN_RELATION_HAS_ONE)
		TRY(check_one(&link, arena, err));
	if (!CNI_PUSH(arena, layout->links, layout->link_count, link))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

/* The belongs-to of the children that a has-many fills on the way. */
static const cni_link *find_back(const cni_link *many)
{
	for (size_t i = 0; i < many->target->link_count; i++) {
		const cni_link *link = &many->target->links[i];
		if (link->kind == CN_RELATION_BELONGS_TO && link->target == many->owner &&
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
			cni_link *link = &layout->links[k];
			if (link->kind == CN_RELATION_HAS_MANY || link->kind == CN_RELATION_HAS_ONE)
				link->back = find_back(link);
		}
	}
	return CN_OK;
}
