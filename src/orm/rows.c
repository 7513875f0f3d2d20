/* rows.c - single rows of a session: read again, expired, merged. */
#include <string.h>

#include "base/try.h"
#include "orm/session_impl.h"

void *cn_session_need(cn_session *s, const cn_model *model, void *row)
{
	if (!row && !cni_session_failed(s))
		cn_error_set(&s->error, CN_ENOTFOUND, "there is no such \"%s\"", model->type_name);
	return row;
}

void cn_session_set(
	cn_session *s, const cn_model *model, void *row, const char *column, cn_value value)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);
	if (!layout || !row)
		return;
	long field = cni_layout_field(layout, column);
	if (field < 0) {
		cni_arena_reset(&s->scratch);
		cn_error_set(
			&s->error, CN_EARG, "\"%s\" has no column \"%s\"", layout->name, column);
		cni_hint_column(layout, column, &s->scratch, &s->error);
	} else if (!layout->fields[field].written) {
		cn_error_set(&s->error, CN_EARG, "column \"%s\" of \"%s\" is computed", column,
			layout->name);
	} else if (cni_decode(layout->fields[field].column, row, &value, &s->texts, &s->error) <
		   0) {
		cn_error_wrap(&s->error, "model \"%s\"", layout->name);
	}
}

static cni_entry *find_entry(cn_session *s, const cn_model *model, const void *row)
{
	const cni_layout *layout = cni_session_writable(s, model);

	if (!layout || !row || !cni_session_ready(s))
		return NULL;
	cni_entry *entry = cni_session_entry(s, layout, row);
	if (entry && entry->state == CNI_LOADED)
		return entry;
	if (!cni_session_failed(s))
		cn_error_set(&s->error, CN_EARG, "the \"%s\" is no row that this session has read",
			layout->name);
	return NULL;
}

static cn_status read_again(cn_session *s, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cni_conn *conn;

	TRY(cni_session_reader(s, &conn));
	TRY(cni_session_prepare(s, conn, layout->get_sql, layout, &stmt));
	for (size_t i = 0; i < layout->key_count; i++) {
		const cn_column *column = layout->fields[layout->key[i]].column;
		TRY(cni_stmt_bind(stmt, i + 1, cn_column_get(column, cni_old(entry)), &s->error));
	}
	int step = cni_stmt_step(stmt, &s->error);
	if (step < 0)
		return (cn_status)step;
	if (step == CNI_DONE)
		return cn_fail(&s->error, CN_ENOTFOUND, "the \"%s\" is in the database no more",
			layout->name);
	cni_tuple values = cni_stmt_here(stmt);
	return cni_entry_reload(s, entry, &values, 0);
}

void cn_session_refresh(cn_session *s, const cn_model *model, void *row)
{
	s = cni_session_for(s, model);
	cni_entry *entry = find_entry(s, model, row);

	if (!entry)
		return;
	cni_arena_reset(&s->scratch);
	(void)!read_again(s, entry); /* the error is kept */
}

void cn_session_expire(cn_session *s, const cn_model *model, void *row)
{
	s = cni_session_for(s, model);
	cni_entry *entry = find_entry(s, model, row);

	if (!entry)
		return;
	for (size_t i = 0; i < entry->layout->field_count; i++) {
		const cn_column *column = entry->layout->fields[i].column;
		memcpy(cni_member_at(column, row), cni_member(column, cni_old(entry)),
			column->size);
		/* the old copy of a text that the program may write into stays out of its reach */
		if (column->storage == CN_STORE_CHARS &&
			!cni_member_copy(column, row, cni_old(entry), &s->texts))
			(void)cni_session_oom(s);
	}
	entry->epoch = 0; /* older than anything */
}

static bool has_key(const cni_layout *layout, const void *row)
{
	if (layout->row_number >= 0)
		return !cni_member_is_zero(layout->fields[layout->row_number].column, row);
	return !cni_fields_null(layout, layout->key, layout->key_count, row);
}

static void *find_same(cn_session *s, const cni_layout *layout, const void *row)
{
	cn_value key[CNI_KEY_MAX];

	if (!has_key(layout, row))
		return NULL;
	for (size_t i = 0; i < layout->key_count; i++)
		key[i] = cn_column_get(layout->fields[layout->key[i]].column, row);
	return cn_session_get(s, layout->model, layout->key_count, key);
}

void *cn_session_merge(cn_session *s, const cn_model *model, const void *row)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);

	if (!layout || !row || !cni_session_ready(s))
		return NULL;
	char *same = find_same(s, layout, row);
	if (cni_session_failed(s))
		return NULL;
	if (!same) { /* relations are not merged: they are the program's structs */
		char *bare = cni_alloc(&s->scratch, model->size);
		if (!bare) {
			(void)cni_session_oom(s);
			return NULL;
		}
		for (size_t i = 0; i < layout->field_count; i++) {
			const cn_column *column = layout->fields[i].column;
			memcpy(cni_member_at(column, bare), cni_member(column, row), column->size);
		}
		return cn_session_new(s, model, bare);
	}
	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		if (field->key || !field->written || field->column->version)
			continue;
		if (!cni_member_copy(field->column, same, row, &s->texts)) {
			(void)cni_session_oom(s);
			return NULL;
		}
	}
	return same;
}
