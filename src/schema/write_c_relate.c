/*
 * write_c_relate.c - relations of C models, as far as foreign keys tell them without doubt.
 *
 * A key is a belongs-to, and a list at its parent; one that is unique is a has-one. A table that
 * has nothing but two keys joins two tables: many to many. Where two readings are possible there is
 * none: a name that is wrong is worse than one that is missing.
 */
#include <string.h>

#include "base/text.h"
#include "schema/write_c_model.h"

/* "producer" of producer_id; else the parent's name, if this is the only way there:
 * "parent_category" of a category's own `parent`. */
static const char *belongs_to_name(cni_c_writer *w, const cni_c_model *child,
	const cni_ddl_constraint *key, const cni_c_model *parent)
{
	const char *name =
		key->part_count == 1 ? cni_c_relation(w->arena, key->parts[0].name) : NULL;
	size_t ways = 0;

	for (size_t i = 0; i < child->foreign_count; i++)
		ways += child->foreign[i].parent == parent;
	if (name || ways != 1)
		return name;
	name = cni_c_lower_name(w->arena, parent->object->name);
	return parent == child && name && key->part_count == 1
		       ? cni_c_lower_name(
				 w->arena, cni_printf(w->arena, "%s_%s", key->parts[0].name, name))
		       : name;
}

static bool add_relation(cni_c_writer *w, cni_c_model *owner, cni_c_relation_part relation)
{
	/* a name that is taken, or that C cannot have: better none than a strange one */
	if (!relation.member || cni_c_names_has(&owner->names, relation.member))
		return true;
	const char *member = cni_c_member(w->arena, &owner->names, relation.member);
	if (!member)
		return false;
	relation.member = member;
	return CNI_PUSH(w->arena, owner->relations, owner->relation_count, relation);
}

/* ---- one to one ---- */

static bool are_the_parts(const cni_ddl_part *parts, size_t count, const cni_ddl_constraint *key)
{
	if (count != key->part_count)
		return false;
	for (size_t i = 0; i < count; i++) {
		bool found = false;
		for (size_t k = 0; k < count; k++)
			found = found || (parts[i].name && !parts[i].collate && !parts[i].desc &&
						 cni_same(parts[i].name, key->parts[k].name));
		if (!found)
			return false;
	}
	return true;
}

/* Can only one row have the same key? As the models' own check sees it (orm/references.c). */
static bool is_one(const cni_c_model *child, const cni_ddl_constraint *key)
{
	for (size_t i = 0; i < child->table->constraint_count; i++) {
		const cni_ddl_constraint *unique = &child->table->constraints[i];
		if ((unique->kind == CNI_PRIMARY_KEY || unique->kind == CNI_UNIQUE) &&
			are_the_parts(unique->parts, unique->part_count, key))
			return true;
	}
	for (size_t i = 0; i < child->index_count; i++) {
		const cni_ddl_index *index = child->indexes[i];
		if (index->unique && !index->where_sql &&
			are_the_parts(index->parts, index->part_count, key))
			return true;
	}
	return false;
}

/* ---- many to many ---- */

static bool in_key(const cni_ddl_constraint *key, const char *column)
{
	for (size_t i = 0; i < key->part_count; i++)
		if (key->parts[i].name && cni_same(key->parts[i].name, column))
			return true;
	return false;
}

/* Nothing but two references, which are its primary key together. */
static bool is_between(const cni_c_model *model)
{
	if (model->foreign_count != 2 || model->foreign[0].reason || model->foreign[1].reason)
		return false;
	const cni_ddl_constraint *a = model->foreign[0].constraint;
	const cni_ddl_constraint *b = model->foreign[1].constraint;
	for (size_t i = 0; i < model->table->column_count; i++) {
		const char *name = model->table->columns[i].name;
		if (in_key(a, name) == in_key(b, name) || !in_key(model->key, name))
			return false;
	}
	return true;
}

static bool joins(const cni_c_model *between, const cni_c_model *a, const cni_c_model *b)
{
	const cni_c_model *x = between->foreign[0].parent, *y = between->foreign[1].parent;

	return (x == a && y == b) || (x == b && y == a);
}

/* Is there another table that joins the same two? Then nobody knows which of them is meant. */
static bool is_only_one(const cni_c_writer *w, const cni_c_model *between)
{
	for (size_t i = 0; i < w->schema->object_count; i++) {
		const cni_c_model *other = &w->models[i];
		if (other != between && other->table && !other->reason && is_between(other) &&
			joins(other, between->foreign[0].parent, between->foreign[1].parent))
			return false;
	}
	return true;
}

/* "tags" of tag; of a table that is joined with itself the column says it: "buddies" of buddy_id.
 */
static const char *list_name(cni_c_writer *w, const cni_c_foreign *there, const cni_c_model *from)
{
	const char *name = there->parent->object->name;

	if (there->parent == from) {
		name = there->constraint->part_count == 1
			       ? cni_c_relation(w->arena, there->constraint->parts[0].name)
			       : NULL;
		if (!name || cni_same(name, from->object->name))
			return NULL;
	}
	return cni_c_plural(w->arena, name);
}

static bool add_many_to_many(cni_c_writer *w, const cni_c_model *between, const cni_c_foreign *here,
	const cni_c_foreign *there)
{
	cni_c_relation_part relation = {.kind = CNI_C_MANY_TO_MANY,
		.member = list_name(w, there, here->parent),
		.target = there->parent,
		.key = here->constraint,
		.to = there->constraint,
		.through = between};

	return add_relation(w, here->parent, relation);
}

/* ---- what follows from a table's keys ---- */

static bool add_other_side(cni_c_writer *w, cni_c_model *child, const cni_c_foreign *foreign)
{
	bool one = is_one(child, foreign->constraint), self = foreign->parent == child;
	cni_c_relation_part relation = {.kind = one ? CNI_C_HAS_ONE : CNI_C_HAS_MANY,
		.target = child,
		.key = foreign->constraint};

	if (one)
		relation.member = self ? "child" : cni_c_lower_name(w->arena, child->object->name);
	else
		relation.member = self ? "children" : cni_c_plural(w->arena, child->object->name);
	return add_relation(w, foreign->parent, relation);
}

bool cni_c_find_relations(cni_c_writer *w, cni_c_model *child)
{
	bool between = is_between(child) && is_only_one(w, child);

	for (size_t i = 0; i < child->foreign_count; i++) {
		const cni_c_foreign *foreign = &child->foreign[i];
		size_t ways = 0;
		for (size_t k = 0; k < child->foreign_count; k++)
			ways += child->foreign[k].parent == foreign->parent;
		if (foreign->reason)
			continue;
		cni_c_relation_part one = {.kind = CNI_C_BELONGS_TO,
			.member = belongs_to_name(w, child, foreign->constraint, foreign->parent),
			.target = foreign->parent,
			.key = foreign->constraint};
		if (!add_relation(w, child, one))
			return false;
		if (between ? !add_many_to_many(w, child, foreign, &child->foreign[!i])
			    : ways == 1 && !add_other_side(w, child, foreign))
			return false;
	}
	return true;
}
