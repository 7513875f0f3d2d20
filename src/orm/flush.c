/*
 * flush.c - writing what has changed: keys asked for by relations, insertions (parents first),
 * updates, deletions (children first).
 */
#include <string.h>

#include "base/try.h"
#include "orm/flush_impl.h"

static cn_status add(cni_flush *flush, cni_list *list, cni_entry *entry)
{
	if (!CNI_PUSH(&flush->s->scratch, list->entries, list->count, entry))
		return cni_session_oom(flush->s);
	return CN_OK;
}

/* ---- deletions that cascade ---- */

cn_status cni_let_go(cni_flush *flush, const cni_link *link, const cni_node *child)
{
	cn_value null = cn_null(NULL);

	for (size_t i = 0; i < link->count; i++) {
		const cni_field *field = &link->target->fields[link->target_fields[i]];
		if (!field->nullable) {
			cn_error_set(&flush->s->error, CN_EARG,
				"\"%s\".\"%s\" cannot let its \"%s\" go: \"%s\" cannot be NULL",
				link->owner->name, link->relation->member, link->target->name,
				field->column->member);
			cn_error_hint(&flush->s->error,
				"use CN_CASCADE_DELETE, or CN_CASCADE_ORPHANS, or make it nullable");
			return CN_EARG;
		}
		if (cni_member_equal(field->column, child->row, cni_old(child->entry)))
			TRY(cni_decode(field->column, child->row, &null, NULL, &flush->s->error));
	}
	return CN_OK;
}

static cn_status take_child(cni_flush *flush, const cni_link *link, const cni_node *child)
{
	bool deletes = (link->relation->cascade & CN_CASCADE_DELETE) != 0;

	if (child->entry->state != CNI_LOADED)
		return CN_OK;
	if (!deletes) {
		TRY(cni_let_go(flush, link, child));
		return add(flush, &flush->updates, child->entry);
	}
	child->entry->state = CNI_DELETED;
	return add(flush, &flush->deletes, child->entry);
}

static cn_status cascade_over(
	cni_flush *flush, const cni_link *link, const cni_node *parents, size_t count)
{
	cni_node *children;
	size_t child_count;

	TRY(cni_session_load_children(flush->s, link, parents, count, &children, &child_count));
	for (size_t i = 0; i < child_count; i++)
		TRY(take_child(flush, link, &children[i]));
	return CN_OK;
}

static bool cascades(const cni_link *link)
{
	return (link->kind == CN_RELATION_HAS_MANY || link->kind == CN_RELATION_HAS_ONE) &&
	       (link->relation->cascade & (CN_CASCADE_DELETE | CN_CASCADE_NULLIFY)) != 0;
}

static cn_status nodes_of(cni_flush *flush, cni_entry *const *entries, size_t count, cni_node **ret)
{
	cni_node *nodes = cni_alloc(&flush->s->scratch, count * sizeof *nodes);

	if (!nodes)
		return cni_session_oom(flush->s);
	for (size_t i = 0; i < count; i++)
		nodes[i] = (cni_node){cni_row(entries[i]), entries[i]};
	*ret = nodes;
	return CN_OK;
}

/* Rows of one model that are to be deleted, from one place in the list on. */
static cn_status cascade_from(cni_flush *flush, size_t from, size_t count)
{
	const cni_layout *layout = flush->deletes.entries[from]->layout;
	cni_node *parents = NULL;

	for (size_t i = 0; i < layout->link_count; i++) {
		if (!cascades(&layout->links[i]))
			continue;
		if (!parents)
			TRY(nodes_of(flush, flush->deletes.entries + from, count, &parents));
		TRY(cascade_over(flush, &layout->links[i], parents, count));
	}
	return CN_OK;
}

/* The list grows while it is walked: what is added at its end has children of its own. Rows of one
 * model that stand together are taken together. */
static cn_status cascade(cni_flush *flush)
{
	const cni_list *list = &flush->deletes;

	for (size_t from = 0, to; from < list->count; from = to) {
		for (to = from + 1; to < list->count &&
				    list->entries[to]->layout == list->entries[from]->layout;)
			to++;
		TRY(cascade_from(flush, from, to - from));
	}
	return CN_OK;
}

/* ---- what is to be done ---- */

static bool has_late_wish(const cni_entry *entry)
{
	for (const cni_wish *wish = entry->wishes; wish; wish = wish->next) {
		if (wish->late)
			return true;
	}
	return false;
}

/* New rows, tables that are referred to first. There may be millions: their number is known before
 * there is a list. */
static cn_status gather_new(cni_flush *flush)
{
	cn_session *s = flush->s;
	size_t ranks = s->db->registry.layout_count + 2;
	size_t *next = cni_alloc(&s->scratch, ranks * sizeof *next); /* place, by rank */
	cni_list *list = &flush->inserts;

	if (!next)
		return cni_session_oom(s);
	for (size_t i = 0; i < s->entry_count; i++) {
		if (s->entries[i]->state == CNI_NEW) {
			next[s->entries[i]->layout->rank + 1]++;
			list->count++;
		}
	}
	if (!list->count)
		return CN_OK;
	list->entries = cni_alloc(&s->scratch, list->count * sizeof(*list->entries));
	if (!list->entries)
		return cni_session_oom(s);
	for (size_t i = 1; i < ranks; i++)
		next[i] += next[i - 1];
	for (size_t i = 0; i < s->entry_count; i++) {
		if (s->entries[i]->state == CNI_NEW)
			list->entries[next[s->entries[i]->layout->rank]++] = s->entries[i];
	}
	return CN_OK;
}

static cn_status gather(cni_flush *flush)
{
	cn_session *s = flush->s;

	TRY(cni_wishes_gather(flush)); /* may make new rows, and delete orphans */
	TRY(gather_new(flush));
	for (size_t i = 0; i < s->entry_count; i++) {
		cni_entry *entry = s->entries[i];
		if (entry->state == CNI_DELETED)
			TRY(add(flush, &flush->deletes, entry));
		else if (entry->state == CNI_LOADED && (entry->wishes || cni_entry_changed(entry)))
			TRY(add(flush, &flush->updates, entry));
	}
	return CN_OK;
}

static cn_status write_new(cni_flush *flush)
{
	if (!flush->inserts.count)
		return CN_OK;
	TRY(cni_order_inserts(flush));
	TRY(cni_flush_inserts(flush));
	for (size_t i = 0; i < flush->inserts.count; i++) {
		if (has_late_wish(flush->inserts.entries[i]))
			TRY(add(flush, &flush->updates, flush->inserts.entries[i]));
	}
	return CN_OK;
}

static cn_status write_deleted(cni_flush *flush)
{
	if (!flush->deletes.count)
		return CN_OK;
	flush->updates.count = 0;
	TRY(cascade(flush));
	TRY(cni_flush_updates(flush)); /* children that are let go */
	TRY(cni_unlink_deleted(flush));
	TRY(cni_order_deletes(flush));
	return cni_flush_deletes(flush);
}

static cn_status write_all(cni_flush *flush)
{
	TRY(cni_session_writer(flush->s, &flush->conn));
	TRY(write_new(flush));
	TRY(cni_flush_updates(flush));
	TRY(cni_unlink_pairs(flush));
	return write_deleted(flush);
}

static cn_status flush_part(cn_session *s)
{
	cni_flush flush = {.s = s};

	cni_arena_reset(&s->scratch);
	TRY(gather(&flush));
	if (flush.inserts.count || flush.updates.count || flush.deletes.count ||
		flush.unlinked_count)
		TRY(write_all(&flush));
	cni_wishes_settle(&flush);
	cni_entries_sweep(s);
	return CN_OK;
}

cn_status cn_flush(cn_session *s)
{
	if (!cni_session_ready(s))
		return s->error.status;
	for (size_t i = 0; i < s->part_count; i++)
		TRY(flush_part(s->parts[i]));
	return CN_OK;
}
