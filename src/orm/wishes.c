/* wishes.c - relations that the program has set: the keys that follow from them. */
#include <string.h>

#include "base/try.h"
#include "orm/flush_impl.h"

static void *member_of(const void *row, const cni_link *link)
{
	return *(void *const *)(const void *)((const char *)row + link->relation->offset);
}

/* What the member was: of a new row, nothing yet. */
static void *old_member(const cni_entry *entry, const cni_link *link)
{
	return entry->state == CNI_NEW ? NULL : member_of(cni_old(entry), link);
}

static cn_status stranger(cn_session *s, const cni_link *link)
{
	if (cni_session_failed(s)) /* there was no memory to find it with */
		return s->error.status;
	cn_error_set(&s->error, CN_EARG,
		"\"%s\".\"%s\" holds a \"%s\" that is no row of this session", link->owner->name,
		link->relation->member, link->target->name);
	cn_error_hint(&s->error,
		"make it with cn_new, give it to cn_add, or read it with this session; "
		"after cn_rollback, again");
	return CN_EARG;
}

static cn_status find_related(
	cni_flush *flush, const cni_link *link, const void *row, cni_entry **ret)
{
	cni_entry *entry = cni_session_entry(flush->s, link->target, row);

	if (!entry)
		return stranger(flush->s, link);
	if (entry->state == CNI_DELETED)
		return cn_fail(&flush->s->error, CN_EARG,
			"\"%s\".\"%s\" holds a \"%s\" that is to be deleted", link->owner->name,
			link->relation->member, link->target->name);
	*ret = entry;
	return CN_OK;
}

bool cni_wish_known(const cni_wish *wish)
{
	const cni_layout *layout = wish->parent->layout;

	if (wish->parent->state != CNI_NEW)
		return true;
	for (size_t i = 0; i < wish->count; i++) {
		const cn_column *column = layout->fields[wish->parent_fields[i]].column;
		bool filled_in =
			(long)wish->parent_fields[i] == layout->row_number || column->default_sql;
		if (column->generated_sql ||
			(filled_in && cni_member_is_zero(column, cni_row(wish->parent))))
			return false;
	}
	/* a parent may get this very column from its own parent */
	for (const cni_wish *own = wish->parent->wishes; own; own = own->next) {
		for (size_t i = 0; i < own->count; i++) {
			for (size_t k = 0; k < wish->count; k++) {
				if (own->child_fields[i] == wish->parent_fields[k])
					return false;
			}
		}
	}
	return true;
}

cn_status cni_wish_grant(cni_flush *flush, cni_entry *child, const cni_wish *wish)
{
	cn_session *s = flush->s;

	for (size_t i = 0; i < wish->count; i++) {
		const cn_column *from = wish->parent->layout->fields[wish->parent_fields[i]].column;
		const cn_column *to = child->layout->fields[wish->child_fields[i]].column;
		cn_value value = cn_column_get(from, cni_row(wish->parent));
		/* a program's own struct must not hold texts that die with the session */
		if (cni_decode(to, cni_row(child), &value, child->own ? NULL : &s->texts,
			    &s->error) < 0)
			return cn_error_wrap(&s->error, "model \"%s\"", child->layout->name);
	}
	return CN_OK;
}

static cn_status add_wish(
	cni_flush *flush, cni_entry *child, cni_entry *parent, const cni_link *link)
{
	bool many = link->relation->many;
	cni_wish *wish = cni_alloc(&flush->s->scratch, sizeof *wish);

	if (!wish)
		return cni_session_oom(flush->s);
	*wish = (cni_wish){.next = child->wishes,
		.link = link,
		.parent = parent,
		.count = link->count,
		.child_fields = many ? link->target_fields : link->fields,
		.parent_fields = many ? link->fields : link->target_fields};
	child->wishes = wish;
	return CN_OK;
}

/* A belongs-to that was taken away: the key is NULL, unless the program has set another. */
static cn_status detach(cni_flush *flush, cni_entry *entry, const cni_link *link)
{
	cn_session *s = flush->s;

	for (size_t i = 0; i < link->count; i++) {
		const cni_field *field = &entry->layout->fields[link->fields[i]];
		if (!cni_member_equal(field->column, cni_row(entry), cni_old(entry)))
			return CN_OK;
	}
	for (size_t i = 0; i < link->count; i++) {
		const cni_field *field = &entry->layout->fields[link->fields[i]];
		cn_value null = cn_null(NULL);
		if (!field->nullable) {
			cn_error_set(&s->error, CN_EARG,
				"\"%s\".\"%s\" was set to NULL, but \"%s\" cannot be",
				entry->layout->name, link->relation->member, field->column->member);
			cn_error_hint(&s->error, "give it another parent, or delete it");
			return CN_EARG;
		}
		TRY(cni_decode(field->column, cni_row(entry), &null, NULL, &s->error));
	}
	return CN_OK;
}

void cni_wishes_settle(cni_flush *flush)
{
	for (size_t i = 0; i < flush->related.count; i++) {
		cni_entry *entry = flush->related.entries[i];
		for (size_t k = 0; k < entry->layout->link_count; k++) {
			size_t offset = entry->layout->links[k].relation->offset;
			memcpy((char *)cni_old(entry) + offset, (char *)cni_row(entry) + offset,
				sizeof(void *));
		}
		entry->wishes = NULL;
	}
}

static cn_status gather_one(cni_flush *flush, cni_entry *entry, const cni_link *link)
{
	void *now = member_of(cni_row(entry), link), *was = old_member(entry, link);
	cni_entry *parent;

	if (now == was)
		return CN_OK;
	if (!now)
		return detach(flush, entry, link);
	TRY(find_related(flush, link, now, &parent));
	return add_wish(flush, entry, parent, link);
}

/* Rows that were in the loaded list already have their key. */
static bool was_listed(void **was, const void *row)
{
	for (size_t i = 0; was && was[i]; i++) {
		if (was[i] == row)
			return true;
	}
	return false;
}

static cn_status gather_many(cni_flush *flush, cni_entry *entry, const cni_link *link)
{
	void **now = member_of(cni_row(entry), link), **was = old_member(entry, link);

	if (now == was || !now)
		return CN_OK;
	for (size_t i = 0; now[i]; i++) {
		cni_entry *child;
		if (was && (was[i] == now[i] || was_listed(was, now[i])))
			continue;
		TRY(find_related(flush, link, now[i], &child));
		TRY(add_wish(flush, child, entry, link));
	}
	return CN_OK;
}

static cn_status gather_entry(cni_flush *flush, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	if (!CNI_PUSH(&flush->s->scratch, flush->related.entries, flush->related.count, entry))
		return cni_session_oom(flush->s);
	for (size_t i = 0; i < layout->link_count; i++) {
		const cni_link *link = &layout->links[i];
		TRY(link->relation->many ? gather_many(flush, entry, link)
					 : gather_one(flush, entry, link));
	}
	return CN_OK;
}

cn_status cni_wishes_gather(cni_flush *flush)
{
	cn_session *s = flush->s;

	for (size_t i = 0; i < s->entry_count; i++) {
		s->entries[i]->wishes = NULL;
		s->entries[i]->mark = 0;
	}
	for (size_t i = 0; i < s->entry_count; i++) {
		cni_entry *entry = s->entries[i];
		bool candidate =
			entry->state == CNI_NEW ||
			(entry->state == CNI_LOADED && memcmp(cni_row(entry), cni_old(entry),
							       entry->layout->model->size) != 0);
		if (candidate && entry->layout->link_count)
			TRY(gather_entry(flush, entry));
	}
	return CN_OK;
}
