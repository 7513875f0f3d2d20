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

static cn_status find_related(cni_flush *flush, const cni_link *link, void *row, cni_entry **ret)
{
	cn_session *s = flush->s;
	cni_entry *entry = cni_session_entry(s, link->target, row);

	if (!entry && (link->relation->cascade & CN_CASCADE_SAVE) && !cni_session_failed(s)) {
		cn_session_add(s, link->target->model, row);
		if (cni_session_failed(s))
			return s->error.status;
		entry = cni_session_entry(s, link->target, row);
	}
	if (!entry)
		return stranger(s, link);
	if (entry->state == CNI_DELETED)
		return cn_fail(&s->error, CN_EARG,
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
	bool many = link->kind != CN_RELATION_BELONGS_TO;
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

/* ---- members that were changed ---- */

static cn_status gather_parent(cni_flush *flush, cni_entry *entry, const cni_link *link)
{
	void *now = member_of(cni_row(entry), link), *was = old_member(entry, link);
	cni_entry *parent = NULL;

	if (now == was)
		return CN_OK;
	if (!now)
		return detach(flush, entry, link);
	TRY(find_related(flush, link, now, &parent));
	return add_wish(flush, entry, parent, link);
}

/* Many to many: a row of the table between, which wants both keys. */
static cn_status add_between(
	cni_flush *flush, cni_entry *entry, cni_entry *target, const cni_link *link)
{
	bool wanted = false;

	TRY(cni_pair_note(flush, link, entry, target, &wanted));
	if (!wanted)
		return CN_OK;
	cni_entry *between = cni_session_make(flush->s, link->near->target);
	if (!between)
		return flush->s->error.status;
	TRY(add_wish(flush, between, entry, link->near));
	return add_wish(flush, between, target, link->far);
}

static cn_status add_child(cni_flush *flush, cni_entry *entry, void *row, const cni_link *link)
{
	cni_entry *child = NULL;

	TRY(find_related(flush, link, row, &child));
	if (link->kind == CN_RELATION_MANY_TO_MANY)
		return add_between(flush, entry, child, link);
	return add_wish(flush, child, entry, link);
}

/* What becomes of it is decided when all wishes are known: it may have found another parent. */
static cn_status take_out(cni_flush *flush, cni_entry *entry, const void *row, const cni_link *link)
{
	cn_session *s = flush->s;
	cni_parting parting = {link, entry, cni_session_entry(s, link->target, row)};

	if (cni_session_failed(s))
		return s->error.status;
	if (!parting.child) /* forgotten meanwhile: cn_delete, and a flush */
		return CN_OK;
	if (!CNI_PUSH(&s->scratch, flush->partings, flush->parting_count, parting))
		return cni_session_oom(s);
	return CN_OK;
}

static cn_status gather_child(cni_flush *flush, cni_entry *entry, const cni_link *link)
{
	void *now = member_of(cni_row(entry), link), *was = old_member(entry, link);

	if (now == was)
		return CN_OK;
	if (was)
		TRY(take_out(flush, entry, was, link));
	return now ? add_child(flush, entry, now, link) : CN_OK;
}

static bool is_among(void *const *rows, size_t count, const void *row)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i] == row)
			return true;
	}
	return false;
}

/* Only what lies between a common beginning and a common end is compared one by one. */
static cn_status gather_list(cni_flush *flush, cni_entry *entry, const cni_link *link)
{
	void **now = member_of(cni_row(entry), link), **was = old_member(entry, link);
	size_t now_count = cn_len(now), was_count = cn_len(was);

	if (now == was || !now)
		return CN_OK;
	for (; now_count && was_count && *now == *was; now_count--, was_count--)
		now++, was++;
	while (now_count && was_count && now[now_count - 1] == was[was_count - 1])
		now_count--, was_count--;
	for (size_t i = 0; i < was_count; i++) {
		if (!is_among(now, now_count, was[i]))
			TRY(take_out(flush, entry, was[i], link));
	}
	for (size_t i = 0; i < now_count; i++) {
		if (!is_among(was, was_count, now[i]))
			TRY(add_child(flush, entry, now[i], link));
	}
	return CN_OK;
}

static cn_status gather_link(cni_flush *flush, cni_entry *entry, const cni_link *link)
{
	switch (link->kind) {
	case CN_RELATION_BELONGS_TO: return gather_parent(flush, entry, link);
	case CN_RELATION_HAS_ONE: return gather_child(flush, entry, link);
	default: return gather_list(flush, entry, link);
	}
}

/* ---- children that were taken out ---- */

/* Does the child still lead to the parent that it was taken from? */
static bool is_orphan(const cni_parting *p)
{
	const cni_link *link = p->link;

	for (const cni_wish *wish = p->child->wishes; wish; wish = wish->next) {
		if (wish->child_fields == link->target_fields ||
			!memcmp(wish->child_fields, link->target_fields,
				link->count * sizeof *link->target_fields))
			return false;
	}
	return cni_fields_equal(link->owner, link->fields, cni_row(p->parent), link->target,
		link->target_fields, cni_row(p->child), link->count);
}

static cn_status part(cni_flush *flush, const cni_parting *p)
{
	cni_node child = {cni_row(p->child), p->child};

	if (p->link->kind == CN_RELATION_MANY_TO_MANY) {
		if (!CNI_PUSH(&flush->s->scratch, flush->unlinked, flush->unlinked_count, *p))
			return cni_session_oom(flush->s);
		return CN_OK;
	}
	if (p->child->state != CNI_LOADED || p->parent->state == CNI_DELETED || !is_orphan(p))
		return CN_OK;
	if (p->link->relation->cascade & CN_CASCADE_ORPHANS) {
		p->child->state = CNI_DELETED;
		return CN_OK;
	}
	return cni_let_go(flush, p->link, &child);
}

static cn_status gather_entry(cni_flush *flush, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	if (!CNI_PUSH(&flush->s->scratch, flush->related.entries, flush->related.count, entry))
		return cni_session_oom(flush->s);
	for (size_t i = 0; i < layout->link_count; i++)
		TRY(gather_link(flush, entry, &layout->links[i]));
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
	for (size_t i = 0; i < flush->parting_count; i++)
		TRY(part(flush, &flush->partings[i]));
	return CN_OK;
}
