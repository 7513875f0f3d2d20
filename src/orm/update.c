/* update.c - changed and deleted rows; and what was changed by somebody else in the meantime. */
#include <string.h>

#include "base/try.h"
#include "orm/flush_impl.h"

/* ---- conflicts ---- */

static cn_status conflict(
	cni_flush *flush, const cni_entry *entry, const char *what, const char *detail)
{
	cn_error *err = &flush->s->error;

	cn_error_set(err, CN_ECONFLICT, "%s was %s by somebody else since it was read",
		cni_entry_word(flush, entry), what);
	if (detail)
		cn_error_detail(err, "column \"%s\" is not what it was", detail);
	cn_error_hint(err, "roll back, read it again, and retry");
	return CN_ECONFLICT;
}

void cni_row_condition(cni_buffer *sql, const cni_layout *layout)
{
	for (size_t i = 0; i < layout->key_count; i++)
		cni_buffer_printf(sql, "%s%s = ?", i ? " AND " : " WHERE ",
			layout->fields[layout->key[i]].quoted);
	if (layout->version >= 0)
		cni_buffer_printf(sql, " AND %s = ?", layout->fields[layout->version].quoted);
}

static cn_status bind_key(cni_flush *flush, cni_stmt *stmt, const cni_entry *entry, size_t at)
{
	const cni_layout *layout = entry->layout;

	for (size_t i = 0; i < layout->key_count; i++) {
		cn_value value =
			cn_column_get(layout->fields[layout->key[i]].column, cni_old(entry));
		TRY(cni_stmt_bind(stmt, at + i, value, &flush->s->error));
	}
	return CN_OK;
}

/* The key, and the version if there is one. */
static cn_status bind_row(cni_flush *flush, cni_stmt *stmt, const cni_entry *entry, size_t at)
{
	const cni_layout *layout = entry->layout;

	TRY(bind_key(flush, stmt, entry, at));
	if (layout->version < 0)
		return CN_OK;
	cn_value value = cn_column_get(layout->fields[layout->version].column, cni_old(entry));
	return cni_stmt_bind(stmt, at + layout->key_count, value, &flush->s->error);
}

cn_status cni_entry_verify(cni_flush *flush, const cni_entry *entry, bool *ret_gone)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const cni_layout *layout = entry->layout;
	cn_session *s = flush->s;
	cni_texts texts = {.arena = &arena};

	if (entry->epoch >= s->snapshot || layout->version >= 0)
		return CN_OK; /* the version is compared when the row is written */
	void *now = cni_alloc(&arena, layout->model->size);
	if (!now)
		return cni_session_oom(s);
	TRY(cni_session_prepare(s, flush->conn, layout->get_sql, layout, &stmt));
	TRY(bind_key(flush, stmt, entry, 1));
	int step = cni_stmt_step(stmt, &s->error);
	if (step < 0)
		return (cn_status)step;
	if (step == CNI_DONE) {
		if (!ret_gone)
			return conflict(flush, entry, "deleted", NULL);
		*ret_gone = true;
		return CN_OK;
	}
	cni_tuple values = cni_stmt_here(stmt);
	TRY(cni_session_fill(layout, &values, 0, now, &texts, &s->error));
	for (size_t i = 0; i < layout->field_count; i++) {
		if (!cni_member_equal(layout->fields[i].column, now, cni_old(entry)))
			return conflict(flush, entry, "changed", layout->fields[i].name);
	}
	return CN_OK;
}

/* ---- updates ---- */

typedef struct cni_update { /* the statement of the last row, which the next one often shares */
	const cni_layout *layout;
	bool *changed, *fill;
	cni_stmt *stmt;
} cni_update;

/* Which columns differ. Keys and generated columns must not. */
static cn_status find_changes(
	cni_flush *flush, const cni_entry *entry, bool *changed, size_t *ret_count)
{
	const cni_layout *layout = entry->layout;
	size_t count = 0;

	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		changed[i] = (long)i != layout->version &&
			     !cni_member_equal(field->column, cni_row(entry), cni_old(entry));
		if (!changed[i])
			continue;
		if (field->key) {
			cn_error_set(&flush->s->error, CN_EARG,
				"the primary key of %s was changed (member \"%s\")",
				cni_entry_word(flush, entry), field->column->member);
			cn_error_hint(&flush->s->error,
				"delete the row and add another, or use cn_execute");
			return CN_EARG;
		}
		if (!field->written)
			return cn_fail(&flush->s->error, CN_EARG,
				"member \"%s\" of %s was changed, but its column is generated",
				field->column->member, cni_entry_word(flush, entry));
		count++;
	}
	*ret_count = count;
	return CN_OK;
}

static cn_status prepare_update(
	cni_flush *flush, cni_update *update, const cni_layout *layout, const bool *changed)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	cn_session *s = flush->s;
	const char *before = " SET ";

	if (update->stmt && update->layout == layout &&
		!memcmp(update->changed, changed, layout->field_count))
		return CN_OK;
	cni_stmt_release(update->stmt);
	*update = (cni_update){.layout = layout};
	update->changed = cni_memdup(&s->scratch, changed, layout->field_count);
	update->fill = cni_alloc(&s->scratch, layout->field_count);
	if (!update->changed || !update->fill)
		return cni_session_oom(s);
	cni_buffer_printf(&sql, "UPDATE %s", layout->quoted);
	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		bool touched = field->column->on_update_sql && !changed[i];
		update->fill[i] = !field->written || touched;
		if (changed[i] || (long)i == layout->version)
			cni_buffer_printf(&sql, "%s%s = ?", before, field->quoted);
		else if (touched)
			cni_buffer_printf(&sql, "%s%s = (%s\n)", before, field->quoted,
				field->column->on_update_sql);
		else
			continue;
		before = ", ";
	}
	cni_row_condition(&sql, layout);
	cni_returning_sql(&sql, layout, update->fill);
	if (sql.failed)
		return cni_session_oom(s);
	return cni_session_prepare(s, flush->conn, sql.data, layout, &update->stmt);
}

static cn_status bind_changes(cni_flush *flush, const cni_update *update, const cni_entry *entry)
{
	const cni_layout *layout = entry->layout;
	cn_session *s = flush->s;
	size_t at = 1;

	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		cn_value value;
		if ((long)i == layout->version) {
			value = cn_column_get(column, cni_old(entry));
			if (value.type != CN_TYPE_INT64 || value.as.i == INT64_MAX)
				return cn_fail(&s->error, CN_EARG, "the version of %s ends here",
					cni_entry_word(flush, entry));
			value.as.i++;
		} else if (!update->changed[i]) {
			continue;
		} else if (cni_encode(column, cni_row(entry), &value, &s->error) < 0) {
			return cn_error_wrap(&s->error, "model \"%s\"", layout->name);
		}
		TRY(cni_stmt_bind(update->stmt, at++, value, &s->error));
	}
	return bind_row(flush, update->stmt, entry, at);
}

/* The version that the row has now comes into the struct. */
static cn_status take_version(cni_flush *flush, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	if (layout->version < 0)
		return CN_OK;
	const cn_column *column = layout->fields[layout->version].column;
	cn_value value = cn_column_get(column, cni_old(entry));
	value.as.i++;
	return cni_decode(column, cni_row(entry), &value, NULL, &flush->s->error);
}

static cn_status run_update(cni_flush *flush, const cni_update *update, cni_entry *entry)
{
	cn_session *s = flush->s;

	TRY(bind_changes(flush, update, entry));
	int step = cni_stmt_step(update->stmt, &s->error);
	if (step == CNI_ROW) {
		TRY(cni_returning_take(flush, update->stmt, entry, update->fill));
		step = cni_stmt_step(update->stmt, &s->error);
	}
	if (step < 0)
		return cn_error_wrap(&s->error, "updating %s", cni_entry_word(flush, entry));
	cni_stmt_reset(update->stmt);
	if (!cni_conn_changes(flush->conn))
		return conflict(flush, entry,
			entry->layout->version >= 0 ? "changed or deleted" : "deleted", NULL);
	TRY(take_version(flush, entry));
	return cni_entry_settle(s, entry);
}

static cn_status update_one(cni_flush *flush, cni_update *update, cni_entry *entry, bool *changed)
{
	size_t count;

	/* keys that were not known when the rows were inserted, or that came from a parent's list
	 */
	for (const cni_wish *wish = entry->wishes; wish; wish = wish->next)
		TRY(cni_wish_grant(flush, entry, wish));
	TRY(find_changes(flush, entry, changed, &count));
	if (!count)
		return cni_entry_settle(flush->s, entry);
	if (flush->s->db->hook) {
		TRY(cni_session_hook(flush->s, CN_BEFORE_UPDATE, entry));
		TRY(find_changes(flush, entry, changed, &count)); /* it may have changed more */
	}
	TRY(cni_entry_verify(flush, entry, NULL));
	TRY(prepare_update(flush, update, entry->layout, changed));
	TRY(run_update(flush, update, entry));
	return cni_session_hook(flush->s, CN_AFTER_UPDATE, entry);
}

cn_status cni_flush_updates(cni_flush *flush)
{
	cni_update update = {0};
	cn_status status = CN_OK;
	bool *changed = NULL;
	size_t room = 0;

	for (size_t i = 0; i < flush->updates.count && status == CN_OK; i++) {
		cni_entry *entry = flush->updates.entries[i];
		if (entry->layout->field_count > room) {
			room = entry->layout->field_count;
			changed = cni_alloc(&flush->s->scratch, room);
			if (!changed) {
				status = cni_session_oom(flush->s);
				break;
			}
		}
		status = update_one(flush, &update, entry, changed);
	}
	cni_stmt_release(update.stmt);
	return status;
}

/* ---- deletions ---- */

static cn_status delete_one(cni_flush *flush, cni_entry *entry)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_session *s = flush->s;
	bool gone = false;

	TRY(cni_session_hook(s, CN_BEFORE_DELETE, entry));
	TRY(cni_entry_verify(flush, entry, &gone));
	if (!gone) {
		TRY(cni_session_prepare(
			s, flush->conn, entry->layout->delete_sql, entry->layout, &stmt));
		TRY(bind_row(flush, stmt, entry, 1));
		if (cni_stmt_run(stmt, &s->error) < 0)
			return cn_error_wrap(
				&s->error, "deleting %s", cni_entry_word(flush, entry));
		if (entry->layout->version >= 0 && !cni_conn_changes(flush->conn))
			return conflict(flush, entry, "changed or deleted", NULL);
	}
	cni_identity_remove(&s->identity, entry);
	entry->state = CNI_GONE;
	return cni_session_hook(s, CN_AFTER_DELETE, entry);
}

/* The order has parents first. */
cn_status cni_flush_deletes(cni_flush *flush)
{
	for (size_t i = flush->deletes.count; i > 0; i--)
		TRY(delete_one(flush, flush->deletes.entries[i - 1]));
	return CN_OK;
}
