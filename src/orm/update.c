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

/* Which columns differ. Keys and generated columns must not. */
static cn_status find_changes(
	cni_flush *flush, const cni_entry *entry, bool *changed, size_t *ret_count)
{
	const cni_layout *layout = entry->layout;
	const void *row = cni_row(entry), *old = cni_old(entry);
	size_t count = 0;

	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		changed[i] = !cni_member_same(field->column, row, old) &&
			     (long)i != layout->version &&
			     !cni_member_equal(field->column, row, old);
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

static cn_status start_run(
	cni_flush *flush, cni_update *run, const cni_layout *layout, const bool *changed)
{
	cni_arena *arena = &flush->s->scratch;

	cni_stmt_release(run->stmt);
	cni_stmt_release(run->many);
	*run = (cni_update){.flush = flush, .layout = layout, .entries = run->entries};
	run->changed = cni_memdup(arena, changed, layout->field_count);
	run->fill = cni_alloc(arena, layout->field_count);
	if (!run->entries)
		run->entries = cni_alloc(arena, CNI_UPDATE_ROWS * sizeof *run->entries);
	if (!run->changed || !run->fill || !run->entries)
		return cni_session_oom(flush->s);
	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		run->fill[i] = !field->written || (field->column->on_update_sql && !changed[i]);
		run->filled = run->filled || run->fill[i];
	}
	return CN_OK;
}

static cn_status prepare_update(cni_update *run)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	const cni_layout *layout = run->layout;
	cn_session *s = run->flush->s;
	const char *before = " SET ";

	if (run->stmt)
		return CN_OK;
	cni_buffer_printf(&sql, "UPDATE %s", layout->quoted);
	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		if (run->changed[i] || (long)i == layout->version)
			cni_buffer_printf(&sql, "%s%s = ?", before, field->quoted);
		else if (run->fill[i] && field->written)
			cni_buffer_printf(&sql, "%s%s = (%s\n)", before, field->quoted,
				field->column->on_update_sql);
		else
			continue;
		before = ", ";
	}
	cni_row_condition(&sql, layout);
	cni_returning_sql(&sql, layout, run->fill);
	if (sql.failed)
		return cni_session_oom(s);
	return cni_session_prepare(s, run->flush->conn, sql.data, layout, &run->stmt);
}

cn_status cni_next_version(cni_flush *flush, const cni_entry *entry, cn_value *ret)
{
	const cni_layout *layout = entry->layout;

	*ret = cn_column_get(layout->fields[layout->version].column, cni_old(entry));
	if (ret->type != CN_TYPE_INT64 || ret->as.i == INT64_MAX)
		return cn_fail(&flush->s->error, CN_EARG, "the version of %s ends here",
			cni_entry_word(flush, entry));
	ret->as.i++;
	return CN_OK;
}

static cn_status bind_changes(cni_stmt *stmt, size_t run_at, void *ctx, cn_error *err)
{
	cni_update *run = ctx;
	const cni_layout *layout = run->layout;
	const cni_entry *entry = run->entries[run_at];
	size_t at = 1;

	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		cn_value value;
		if ((long)i == layout->version)
			TRY(cni_next_version(run->flush, entry, &value));
		else if (!run->changed[i])
			continue;
		else if (cni_encode(column, cni_row(entry), &value, err) < 0)
			return cn_error_wrap(err, "model \"%s\"", layout->name);
		TRY(cni_stmt_bind(stmt, at++, value, err));
	}
	return bind_row(run->flush, stmt, entry, at);
}

static cn_status take_changes(
	cni_stmt *stmt, size_t run_at, int64_t changes, void *ctx, cn_error *err)
{
	cni_update *run = ctx;
	cni_entry *entry = run->entries[run_at];

	(void)err; /* it is the session's */
	if (!changes)
		return conflict(run->flush, entry,
			run->layout->version >= 0 ? "changed or deleted" : "deleted", NULL);
	return run->filled ? cni_returning_take(run->flush, stmt, entry, run->fill) : CN_OK;
}

/* Row by row; or all on the way at once, where the engine can do that. */
static cn_status update_singly(cni_update *run)
{
	cn_session *s = run->flush->s;
	cni_batch batch = {
		.count = run->count, .bind = bind_changes, .done = take_changes, .ctx = run};

	TRY(prepare_update(run));
	cn_status status = cni_stmt_batch(run->stmt, &batch, &s->error);
	if (status < 0 && status != CN_ECONFLICT)
		return cn_error_wrap(&s->error, "updating %s",
			cni_entry_word(run->flush, run->entries[batch.failed]));
	return status;
}

/* The version that the row has now comes into the struct; what was written is what there is. */
static cn_status settle_updated(cni_update *run, cni_entry *entry)
{
	const cni_layout *layout = run->layout;
	cn_session *s = run->flush->s;

	if (layout->version >= 0) {
		const cn_column *column = layout->fields[layout->version].column;
		cn_value value;
		TRY(cni_next_version(run->flush, entry, &value));
		TRY(cni_decode(column, cni_row(entry), &value, NULL, &s->error));
	}
	return cni_entry_settle(s, entry);
}

static cn_status end_run(cni_update *run)
{
	cn_session *s = run->flush->s;
	bool done = false;

	if (!run->count)
		return CN_OK;
	TRY(cni_update_many(run, &done));
	if (!done)
		TRY(update_singly(run));
	for (size_t i = 0; i < run->count; i++)
		TRY(settle_updated(run, run->entries[i]));
	for (size_t i = 0; s->db->hook && i < run->count; i++)
		TRY(cni_session_hook(s, CN_AFTER_UPDATE, run->entries[i]));
	run->count = 0;
	return CN_OK;
}

static bool fits_run(const cni_update *run, const cni_layout *layout, const bool *changed)
{
	return run->layout && run->layout == layout &&
	       !memcmp(run->changed, changed, layout->field_count);
}

static cn_status update_one(cni_update *run, cni_entry *entry, bool *changed)
{
	cni_flush *flush = run->flush;
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
	if (!fits_run(run, entry->layout, changed)) {
		TRY(end_run(run));
		TRY(start_run(flush, run, entry->layout, changed));
	}
	run->entries[run->count++] = entry;
	return run->count == CNI_UPDATE_ROWS ? end_run(run) : CN_OK;
}

static cn_status update_all(cni_update *run)
{
	const cni_list *list = &run->flush->updates;
	bool *changed = NULL;
	size_t room = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t fields = list->entries[i]->layout->field_count;
		if (!changed || fields > room) {
			room = fields;
			changed = cni_alloc(&run->flush->s->scratch, room);
			if (!changed)
				return cni_session_oom(run->flush->s);
		}
		TRY(update_one(run, list->entries[i], changed));
	}
	return end_run(run);
}

cn_status cni_flush_updates(cni_flush *flush)
{
	cni_update run = {.flush = flush};
	cn_status status = update_all(&run);

	cni_stmt_release(run.stmt);
	cni_stmt_release(run.many);
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
