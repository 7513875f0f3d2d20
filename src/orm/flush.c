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

static cn_status cascade_over(cni_flush *flush, const cni_link *link, void **parents, size_t count)
{
	cni_entry **children;
	size_t child_count;

	TRY(cni_session_load_children(flush->s, link, parents, count, &children, &child_count));
	for (size_t i = 0; i < child_count; i++) {
		if (children[i]->state != CNI_LOADED)
			continue;
		children[i]->state = CNI_DELETED;
		TRY(add(flush, &flush->deletes, children[i]));
	}
	return CN_OK;
}

/* The list grows while it is walked: what is added at its end has children of its own. Rows of one
 * model that stand together are taken together. */
static cn_status cascade(cni_flush *flush)
{
	cn_session *s = flush->s;

	for (size_t from = 0, to; from < flush->deletes.count; from = to) {
		const cni_layout *layout = flush->deletes.entries[from]->layout;
		for (to = from;
			to < flush->deletes.count && flush->deletes.entries[to]->layout == layout;)
			to++;
		void **parents = NULL;
		for (size_t i = 0; i < layout->link_count; i++) {
			const cni_link *link = &layout->links[i];
			if (!link->relation->many || link->relation->cascade != CN_CASCADE_DELETE)
				continue;
			if (!parents) {
				parents = cni_alloc(&s->scratch, (to - from) * sizeof *parents);
				if (!parents)
					return cni_session_oom(s);
				for (size_t k = from; k < to; k++)
					parents[k - from] = cni_row(flush->deletes.entries[k]);
			}
			TRY(cascade_over(flush, link, parents, to - from));
		}
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

static cn_status gather(cni_flush *flush)
{
	cn_session *s = flush->s;

	for (size_t i = 0; i < s->entry_count; i++) {
		cni_entry *entry = s->entries[i];
		if (entry->state == CNI_NEW)
			TRY(add(flush, &flush->inserts, entry));
		else if (entry->state == CNI_DELETED)
			TRY(add(flush, &flush->deletes, entry));
	}
	TRY(cni_wishes_gather(flush));
	for (size_t i = 0; i < s->entry_count; i++) {
		cni_entry *entry = s->entries[i];
		if (entry->state == CNI_LOADED && (entry->wishes || cni_entry_changed(entry)))
			TRY(add(flush, &flush->updates, entry));
	}
	return CN_OK;
}

static cn_status write_all(cni_flush *flush)
{
	TRY(cni_session_writer(flush->s, &flush->conn));
	if (flush->inserts.count) {
		TRY(cni_order_inserts(flush));
		TRY(cni_flush_inserts(flush));
		for (size_t i = 0; i < flush->inserts.count; i++) {
			if (has_late_wish(flush->inserts.entries[i]))
				TRY(add(flush, &flush->updates, flush->inserts.entries[i]));
		}
	}
	TRY(cni_flush_updates(flush));
	if (flush->deletes.count) {
		TRY(cascade(flush));
		TRY(cni_order_deletes(flush));
		TRY(cni_flush_deletes(flush));
	}
	return CN_OK;
}

cn_status cn_flush(cn_session *s)
{
	cni_flush flush = {.s = s};

	if (cni_session_failed(s))
		return s->error.status;
	cni_arena_reset(&s->scratch);
	TRY(gather(&flush));
	if (flush.inserts.count || flush.updates.count || flush.deletes.count)
		TRY(write_all(&flush));
	cni_wishes_settle(&flush);
	cni_entries_sweep(s);
	return CN_OK;
}
