/*
 * between.c - the table between of a many-to-many that no model declares: its model is made here.
 *
 * It has nothing but the keys of both ends, which are its primary key together; its rows go with
 * either end. Both ends may declare the relation: so the order of the columns follows from the
 * names of the tables, not from the order of the models, and adding the other side changes no
 * table.
 */
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "base/try.h"
#include "orm/layout.h"
#include "sql/lexer.h"

typedef struct end {
	const cni_layout *layout;
	const char *said;   /* its columns in the table between, as a relation says them; or NULL */
	const char **names; /* of them: as many as the end's key has */
} end;

typedef struct between {
	cni_registry *registry;
	cni_arena *arena;
	const cni_layout *owner; /* of the relation that is met first, for messages */
	const cn_relation *relation;
	end ends[2];
	size_t size; /* of its struct */
	const cn_part **parts;
	size_t part_count;
	cn_error *err;
} between;

static cn_status out_of_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- is it one of the models, perhaps under a name that was meant? ---- */

static bool leads_to(const char *references, const char *table)
{
	size_t size = strlen(table);

	return references && !cni_ncasecmp(references, table, size) &&
	       (!references[size] || strchr(".( ", references[size]));
}

static bool references_table(const cn_model *model, const char *table)
{
	for (const cn_part *const *part = model->parts; *part; part++) {
		if ((*part)->kind == CN_PART_COLUMN &&
			leads_to(((const cn_column *)*part)->references, table))
			return true;
		if ((*part)->kind == CN_PART_FOREIGN_KEY &&
			leads_to(((const cn_foreign_key *)*part)->references, table))
			return true;
	}
	return false;
}

/* A model that joins both ends and has nearly this name: what was written is a slip. */
static cn_status check_slip(const between *b)
{
	const cni_registry *registry = b->registry;
	const char **names = cni_alloc(b->arena, (2 * registry->layout_count + 1) * sizeof *names);
	size_t count = 0;

	if (!names)
		return out_of_memory(b->err);
	for (size_t i = 0; i < registry->layout_count; i++) {
		const cn_model *model = registry->layouts[i]->model;
		if (model->kind != CN_MODEL_TABLE ||
			!references_table(model, b->ends[0].layout->model->table) ||
			!references_table(model, b->ends[1].layout->model->table))
			continue;
		names[count++] = model->table;
		names[count++] = model->type_name;
	}
	const char *near = cni_nearest(b->relation->through, names);
	if (!near)
		return CN_OK;
	cni_member_fail(b->owner, b->relation->member, b->err,
		".through = \"%s\", but there is no such table", b->relation->through);
	cn_error_hint(b->err, "did you mean \"%s\"?", near);
	return CN_ESCHEMA;
}

/* ---- names of its columns ---- */

static cn_status parse_names(between *b, end *e)
{
	cni_lexer lexer;
	size_t count = 0;

	cni_lexer_init(&lexer, e->said, strlen(e->said));
	for (bool more = true; more; count++) {
		cni_token name = cni_lexer_next_solid(&lexer);
		cni_token after = cni_lexer_next_solid(&lexer);
		more = cni_token_is_op(&after, ",");
		if ((name.kind != CNI_TOKEN_WORD && name.kind != CNI_TOKEN_QUOTED) ||
			(!more && after.kind != CNI_TOKEN_END))
			return cni_member_fail(b->owner, b->relation->member, b->err,
				"\"%s\" is no list of columns", e->said);
		if (count < e->layout->key_count) {
			e->names[count] = cni_token_name(b->arena, &name);
			if (!e->names[count])
				return out_of_memory(b->err);
		}
	}
	if (count != e->layout->key_count)
		return cni_member_fail(b->owner, b->relation->member, b->err,
			"\"%s\": the key of \"%s\" has %zu columns", e->said, e->layout->name,
			e->layout->key_count);
	return CN_OK;
}

static cn_status name_columns(between *b, end *e)
{
	const cni_layout *layout = e->layout;

	e->names = cni_alloc(b->arena, layout->key_count * sizeof *e->names);
	if (!e->names)
		return out_of_memory(b->err);
	if (e->said)
		return parse_names(b, e);
	for (size_t i = 0; i < layout->key_count; i++) {
		e->names[i] = cni_printf(b->arena, "%s_%s", layout->model->table,
			layout->fields[layout->key[i]].name);
		if (!e->names[i])
			return out_of_memory(b->err);
	}
	return CN_OK;
}

static void say(end *e, const char *columns)
{
	if (!e->said)
		e->said = columns;
}

/* Either side may say the columns. Of a table that is joined with itself the first relation does.
 */
static cn_status find_ends(between *b, const cni_layout *target)
{
	bool same = target == b->owner;
	bool swapped = !same && strcmp(target->model->table, b->owner->model->table) < 0;

	b->ends[swapped] = (end){.layout = b->owner, .said = b->relation->via};
	b->ends[!swapped] = (end){.layout = target, .said = b->relation->to};
	if (same && (!b->relation->via || !b->relation->to))
		return cni_member_fail(b->owner, b->relation->member, b->err,
			"say both, .via and .to, of \"%s\"", b->relation->through);
	for (size_t i = 0, at = 0; !same && i < 2; i++, at = 0) {
		for (const cn_relation *r;
			(r = cn_model_relations(b->ends[i].layout->model, &at));) {
			if (r->through && cni_same(r->through, b->relation->through)) {
				say(&b->ends[i], r->via);
				say(&b->ends[!i], r->to);
			}
		}
	}
	return CN_OK;
}

/* ---- its parts ---- */

static cn_status add_part(between *b, const void *part, size_t size)
{
	const cn_part *copy = cni_memdup(b->arena, part, size);

	return copy && CNI_PUSH(b->arena, b->parts, b->part_count, copy) ? CN_OK
									 : out_of_memory(b->err);
}

/* What says how the value lies in a struct and what type it has, and nothing else. */
static cn_status add_columns(between *b, const end *e)
{
	enum { ALIGN = alignof(max_align_t) };

	for (size_t i = 0; i < e->layout->key_count; i++) {
		const cn_column *key = e->layout->fields[e->layout->key[i]].column;
		cn_column column = {.part.kind = CN_PART_COLUMN,
			.member = e->names[i],
			.offset = b->size,
			.size = key->size,
			.storage = key->storage,
			.type = key->type,
			.type_sql = key->type_sql,
			.length = key->length,
			.precision = key->precision,
			.scale = key->scale,
			.enum_names = key->enum_names,
			.not_null = true,
			.collate = key->collate};
		TRY(add_part(b, &column, sizeof column));
		b->size += (key->size + ALIGN - 1) / ALIGN * ALIGN;
	}
	return CN_OK;
}

static void put_names(cni_buffer *out, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cni_buffer_puts(out, i ? ", " : "");
		cni_quote_name_if(out, names[i]);
	}
}

static cn_status add_reference(between *b, const end *e)
{
	CLEANUP(cni_buffer_done) cni_buffer columns = {0}, target = {0};
	const cni_layout *layout = e->layout;

	put_names(&columns, e->names, layout->key_count);
	cni_quote_name_if(&target, layout->model->table);
	cni_buffer_puts(&target, "(");
	for (size_t i = 0; i < layout->key_count; i++) {
		cni_buffer_puts(&target, i ? ", " : "");
		cni_quote_name_if(&target, layout->fields[layout->key[i]].name);
	}
	cni_buffer_puts(&target, ")");
	cn_foreign_key key = {.part.kind = CN_PART_FOREIGN_KEY,
		.columns = cni_buffer_dup(&columns, b->arena),
		.references = cni_buffer_dup(&target, b->arena),
		.on_delete = CN_CASCADE};
	if (!key.columns || !key.references)
		return out_of_memory(b->err);
	return add_part(b, &key, sizeof key);
}

/* The primary key begins with the first end; the second is looked up by an index. */
static cn_status add_keys(between *b)
{
	CLEANUP(cni_buffer_done) cni_buffer all = {0}, second = {0};

	put_names(&all, b->ends[0].names, b->ends[0].layout->key_count);
	cni_buffer_puts(&all, ", ");
	put_names(&second, b->ends[1].names, b->ends[1].layout->key_count);
	cni_buffer_puts(&all, second.failed ? "" : cni_buffer_text(&second));
	cn_key key = {.part.kind = CN_PART_KEY,
		.primary = true,
		.columns = cni_buffer_dup(&all, b->arena)};
	cn_index index = {.part.kind = CN_PART_INDEX, .columns = cni_buffer_dup(&second, b->arena)};
	if (!key.columns || !index.columns)
		return out_of_memory(b->err);
	TRY(add_part(b, &key, sizeof key));
	return add_part(b, &index, sizeof index);
}

static cn_status add_model(between *b)
{
	for (size_t i = 0; i < 2; i++) {
		TRY(name_columns(b, &b->ends[i]));
		TRY(add_columns(b, &b->ends[i]));
	}
	for (size_t i = 0; i < 2; i++)
		TRY(add_reference(b, &b->ends[i]));
	TRY(add_keys(b));
	const cn_part *end_of_list = NULL;
	cn_model *model = cni_alloc(b->arena, sizeof *model);
	if (!model || !CNI_PUSH(b->arena, b->parts, b->part_count, end_of_list))
		return out_of_memory(b->err);
	*model = (cn_model){.kind = CN_MODEL_TABLE,
		.type_name = b->relation->through,
		.table = b->relation->through,
		.size = b->size,
		.parts = b->parts};
	return cni_registry_add(b->registry, model, b->err);
}

static cn_status visit(
	cni_registry *registry, const cni_layout *owner, const cn_relation *relation, cn_error *err)
{
	between b = {.registry = registry,
		.arena = &registry->arena,
		.owner = owner,
		.relation = relation,
		.err = err};

	if (relation->kind != CN_RELATION_MANY_TO_MANY || !relation->through ||
		cni_registry_table(registry, relation->through) ||
		cni_registry_type(registry, relation->through))
		return CN_OK;
	const cni_layout *target = cni_registry_type(registry, relation->model);
	if (!target || !target->key_count || !owner->key_count)
		return CN_OK; /* relations.c says what is wrong */
	TRY(find_ends(&b, target));
	TRY(check_slip(&b));
	return add_model(&b);
}

cn_status cni_between_init(cni_registry *registry, cn_error *err)
{
	size_t declared = registry->layout_count; /* it grows */

	for (size_t i = 0; i < declared; i++) {
		const cni_layout *layout = registry->layouts[i];
		size_t at = 0;
		for (const cn_relation *relation;
			(relation = cn_model_relations(layout->model, &at));)
			TRY(visit(registry, layout, relation, err));
	}
	return CN_OK;
}
