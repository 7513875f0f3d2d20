/*
 * order.c - rows in the order in which the database takes them: models by rank, and row by row
 * where references lead back to the same tables. Depth first with a stack of our own: a chain of a
 * million rows is fine.
 */
#include <string.h>

#include "base/try.h"
#include "orm/flush_impl.h"

typedef struct cni_frame {
	cni_entry *entry;
	cni_wish *wish; /* the next to look at */
	size_t foreign; /* the next reference to look at */
} cni_frame;

typedef struct cni_pending { /* a new row, to be found by the key that the program gave it */
	struct cni_pending *chain;
	cni_entry *entry;
} cni_pending;

typedef struct cni_orderer {
	cni_flush *flush;
	cni_state state;       /* of the rows that are ordered */
	cni_pending **pending; /* of tables in cycles; NULL when deletions are ordered */
	size_t pending_cap;    /* a power of two */
	cni_list out;
	cni_frame *stack;
	size_t depth, cap;
} cni_orderer;

/* Stable, by the model's rank. */
static cn_status sort_by_rank(cni_flush *flush, cni_list *list)
{
	cn_session *s = flush->s;
	size_t ranks = s->db->registry.layout_count + 2;
	size_t *start = cni_alloc(&s->scratch, ranks * sizeof *start);
	cni_entry **sorted = cni_alloc(&s->scratch, (list->count + 1) * sizeof(*sorted));

	if (!start || !sorted)
		return cni_session_oom(s);
	for (size_t i = 0; i < list->count; i++)
		start[list->entries[i]->layout->rank + 1]++;
	for (size_t i = 1; i < ranks; i++)
		start[i] += start[i - 1];
	for (size_t i = 0; i < list->count; i++)
		sorted[start[list->entries[i]->layout->rank]++] = list->entries[i];
	list->entries = sorted;
	return CN_OK;
}

static cn_status push(cni_orderer *o, cni_entry *entry)
{
	if (o->depth == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 32;
		cni_frame *stack = cni_alloc(&o->flush->s->scratch, cap * sizeof *stack);
		if (!stack)
			return cni_session_oom(o->flush->s);
		if (o->depth)
			memcpy(stack, o->stack, o->depth * sizeof *stack);
		o->stack = stack;
		o->cap = cap;
	}
	entry->mark = 1;
	o->stack[o->depth++] = (cni_frame){.entry = entry, .wish = entry->wishes};
	return CN_OK;
}

/* Each waits for the other's key: one of them is inserted with NULL, and gets it afterwards. */
static cn_status break_cycle(cni_orderer *o, cni_entry *child, cni_wish *wish)
{
	cn_session *s = o->flush->s;

	if (cni_wish_known(wish))
		return CN_OK;
	for (size_t i = 0; i < wish->count; i++) {
		const cni_field *field = &child->layout->fields[wish->child_fields[i]];
		if (field->nullable)
			continue;
		cn_error_set(&s->error, CN_EARG,
			"new rows of \"%s\" and \"%s\" need each other's key, and \"%s\" cannot be NULL",
			child->layout->name, wish->parent->layout->name, field->column->member);
		cn_error_hint(&s->error, "give one of them its key, or make the column nullable");
		return CN_EARG;
	}
	wish->late = true;
	return CN_OK;
}

static cni_entry *find_pending(
	const cni_orderer *o, const cni_layout *layout, const void *row, uint32_t hash)
{
	for (cni_pending *p = o->pending[hash & (o->pending_cap - 1)]; p; p = p->chain) {
		if (p->entry->layout == layout &&
			cni_fields_equal(layout, layout->key, row, layout, layout->key,
				cni_row(p->entry), layout->key_count))
			return p->entry;
	}
	return NULL;
}

static cn_status fill_pending(cni_orderer *o, const cni_list *list)
{
	cni_arena *arena = &o->flush->s->scratch;

	o->pending_cap = 16;
	while (o->pending_cap < list->count)
		o->pending_cap *= 2;
	o->pending = cni_alloc(arena, o->pending_cap * sizeof *o->pending);
	if (!o->pending)
		return cni_session_oom(o->flush->s);
	for (size_t i = 0; i < list->count; i++) {
		cni_entry *entry = list->entries[i];
		if (!entry->layout->cyclic)
			continue;
		cni_pending *p = cni_alloc(arena, sizeof *p);
		if (!p)
			return cni_session_oom(o->flush->s);
		cni_pending **bucket = &o->pending[cni_key_hash(entry->layout, cni_row(entry)) &
						   (o->pending_cap - 1)];
		*p = (cni_pending){.chain = *bucket, .entry = entry};
		*bucket = p;
	}
	return CN_OK;
}

/* The parent over a reference, by the key that the row has there, if it is one of the rows ordered.
 */
static cn_status foreign_parent(
	cni_orderer *o, const cni_entry *entry, const cni_foreign *foreign, cni_entry **ret)
{
	cn_session *s = o->flush->s;
	const void *row = o->state == CNI_DELETED ? cni_old(entry) : cni_row(entry);
	const cni_layout *parent = foreign->parent;

	*ret = NULL;
	if (!foreign->to_key ||
		cni_fields_null(entry->layout, foreign->fields, foreign->count, row))
		return CN_OK;
	void *probe = cni_alloc(&s->scratch, parent->model->size);
	if (!probe)
		return cni_session_oom(s);
	for (size_t i = 0; i < foreign->count; i++) {
		cn_value value =
			cn_column_get(entry->layout->fields[foreign->fields[i]].column, row);
		const cn_column *key = parent->fields[foreign->parent_fields[i]].column;
		if (cni_decode(key, probe, &value, NULL, NULL) < 0)
			return CN_OK; /* no row has such a key */
	}
	cni_entry *found = o->pending ? find_pending(o, parent, probe, cni_key_hash(parent, probe))
				      : cni_session_known(s, parent, probe);
	*ret = found && found->state == o->state ? found : NULL;
	return CN_OK;
}

/* The next row that must come before the one on top of the stack; NULL: none is left. */
static cn_status next_before(cni_orderer *o, cni_entry **ret)
{
	cni_frame *top = &o->stack[o->depth - 1];
	cni_entry *entry = top->entry;

	*ret = NULL;
	while (top->wish) {
		cni_wish *wish = top->wish;
		top->wish = wish->next;
		if (wish->parent->state != o->state || wish->parent->mark == 2)
			continue;
		if (wish->parent->mark == 1) {
			TRY(break_cycle(o, entry, wish));
			continue;
		}
		*ret = wish->parent;
		return CN_OK;
	}
	while (entry->layout->cyclic && top->foreign < entry->layout->foreign_count) {
		cni_entry *parent;
		TRY(foreign_parent(o, entry, &entry->layout->foreign[top->foreign++], &parent));
		if (parent && parent->mark == 0) {
			*ret = parent;
			return CN_OK;
		}
	}
	return CN_OK;
}

static cn_status visit(cni_orderer *o, cni_entry *first)
{
	TRY(push(o, first));
	while (o->depth) {
		cni_entry *before;
		TRY(next_before(o, &before));
		if (before) {
			TRY(push(o, before));
			continue;
		}
		cni_entry *entry = o->stack[--o->depth].entry;
		entry->mark = 2;
		o->out.entries[o->out.count++] = entry;
	}
	return CN_OK;
}

static cn_status order(cni_orderer *o, cni_list *list)
{
	o->out.entries =
		cni_alloc(&o->flush->s->scratch, (list->count + 1) * sizeof *o->out.entries);
	if (!o->out.entries)
		return cni_session_oom(o->flush->s);
	for (size_t i = 0; i < list->count; i++) {
		if (list->entries[i]->mark == 0)
			TRY(visit(o, list->entries[i]));
	}
	*list = o->out;
	return CN_OK;
}

/* Is the order of the tables enough? */
static bool ordered_by_rank(const cni_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->entries[i]->wishes || list->entries[i]->layout->cyclic)
			return false;
	}
	return true;
}

cn_status cni_order_inserts(cni_flush *flush) /* they come sorted by rank */
{
	cni_orderer o = {.flush = flush, .state = CNI_NEW};

	if (ordered_by_rank(&flush->inserts))
		return CN_OK;
	TRY(fill_pending(&o, &flush->inserts));
	return order(&o, &flush->inserts);
}

cn_status cni_order_deletes(cni_flush *flush)
{
	cni_orderer o = {.flush = flush, .state = CNI_DELETED};

	for (size_t i = 0; i < flush->deletes.count; i++) {
		flush->deletes.entries[i]->mark = 0;
		flush->deletes.entries[i]->wishes = NULL;
	}
	TRY(sort_by_rank(flush, &flush->deletes));
	return order(&o, &flush->deletes);
}
