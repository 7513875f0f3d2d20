/* unlink.c - the rows between of a many-to-many: they go with what they join. */
#include "base/try.h"
#include "orm/flush_impl.h"

/* The columns of the table between that lead to one end, and those of the end. */
static const size_t *fields_between(const cni_link *half)
{
	return half->kind == CN_RELATION_BELONGS_TO ? half->fields : half->target_fields;
}

static const size_t *fields_of_end(const cni_link *half)
{
	return half->kind == CN_RELATION_BELONGS_TO ? half->target_fields : half->fields;
}

static void key_condition(cni_buffer *sql, const cni_link *half, const cni_layout *between)
{
	for (size_t i = 0; i < half->count; i++)
		cni_buffer_printf(sql, "%s%s = ?", i ? " AND " : "",
			between->fields[fields_between(half)[i]].quoted);
}

static cn_status bind_end(
	cni_flush *flush, cni_stmt *stmt, const cni_link *half, const cni_entry *end, size_t *at)
{
	for (size_t i = 0; i < half->count; i++) {
		const cni_field *field = &end->layout->fields[fields_of_end(half)[i]];
		cn_value value = cn_column_get(field->column, cni_old(end));
		TRY(cni_stmt_bind(stmt, (*at)++, value, &flush->s->error));
	}
	return CN_OK;
}

static bool leads_to(const cni_link *half, const cni_entry *between, const cni_entry *end)
{
	return cni_fields_equal(between->layout, fields_between(half), cni_old(between),
		end->layout, fields_of_end(half), cni_old(end), half->count);
}

/* Rows between that the program has loaded are gone, too. `target` NULL: all of the owner's. */
static void forget_between(
	cn_session *s, const cni_link *link, const cni_entry *owner, const cni_entry *target)
{
	const cni_layout *between = link->near->target;

	for (size_t i = 0; s->counts[between->rank] && i < s->entry_count; i++) {
		cni_entry *entry = s->entries[i];
		if (entry->layout != between || entry->state == CNI_NEW ||
			entry->state == CNI_GONE || !leads_to(link->near, entry, owner) ||
			(target && !leads_to(link->far, entry, target)))
			continue;
		cni_identity_remove(&s->identity, entry);
		entry->state = CNI_GONE;
	}
}

static cn_status unlink_row(
	cni_flush *flush, const cni_link *link, const cni_entry *owner, const cni_entry *target)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const cni_layout *between = link->near->target;
	cn_session *s = flush->s;
	size_t at = 1;

	cni_buffer_printf(&sql, "DELETE FROM %s WHERE ", between->quoted);
	key_condition(&sql, link->near, between);
	if (target) {
		cni_buffer_puts(&sql, " AND ");
		key_condition(&sql, link->far, between);
	}
	if (sql.failed)
		return cni_session_oom(s);
	TRY(cni_session_prepare(s, flush->conn, sql.data, between, &stmt));
	TRY(bind_end(flush, stmt, link->near, owner, &at));
	if (target)
		TRY(bind_end(flush, stmt, link->far, target, &at));
	if (cni_stmt_run(stmt, &s->error) < 0)
		return cn_error_wrap(&s->error, "taking a \"%s\" out of \"%s\".\"%s\"",
			link->target->name, link->owner->name, link->relation->member);
	forget_between(s, link, owner, target);
	return CN_OK;
}

cn_status cni_unlink_pairs(cni_flush *flush)
{
	for (size_t i = 0; i < flush->unlinked_count; i++) {
		const cni_parting *p = &flush->unlinked[i];
		TRY(unlink_row(flush, p->link, p->parent, p->child));
	}
	return CN_OK;
}

cn_status cni_unlink_deleted(cni_flush *flush)
{
	for (size_t i = 0; i < flush->deletes.count; i++) {
		const cni_entry *entry = flush->deletes.entries[i];
		const cni_layout *layout = entry->layout;
		for (size_t k = 0; k < layout->link_count; k++) {
			if (layout->links[k].kind == CN_RELATION_MANY_TO_MANY)
				TRY(unlink_row(flush, &layout->links[k], entry, NULL));
		}
	}
	return CN_OK;
}
