/* entry.c - the rows that a session keeps: taken from the database, compared, settled. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "orm/session_impl.h"

static size_t rounded(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

cni_entry *cni_entry_new(cn_session *s, const cni_layout *layout, void *own_row)
{
	size_t head = rounded(sizeof(cni_entry)), size = rounded(layout->model->size);
	char *room = cni_alloc(&s->rows, head + (own_row ? size : 2 * size));

	if (!room)
		return NULL;
	cni_entry *entry = (cni_entry *)(void *)room;
	entry->layout = layout;
	entry->old = room + head;
	entry->row = own_row ? own_row : room + head + size;
	entry->own = own_row;
	entry->snapshot = s->snapshot;
	entry->epoch = s->epoch;
	return entry;
}

bool cni_entry_list(cn_session *s, cni_entry *entry)
{
	if (s->entry_count == s->entry_cap) {
		size_t cap = s->entry_cap ? s->entry_cap * 2 : 64;
		cni_entry **entries = realloc(s->entries, cap * sizeof(*entries));
		if (!entries)
			return false;
		s->entries = entries;
		s->entry_cap = cap;
	}
	s->entries[s->entry_count++] = entry;
	entry->listed = true;
	return true;
}

void cni_entries_sweep(cn_session *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->entry_count; i++) {
		if (s->entries[i]->state != CNI_GONE)
			s->entries[kept++] = s->entries[i];
	}
	s->entry_count = kept;
}

cni_entry *cni_session_entry(cn_session *s, const cni_layout *layout, const void *row)
{
	cni_entry *entry = NULL;

	if (layout->key_count && !cni_fields_null(layout, layout->key, layout->key_count, row))
		entry = cni_identity_key(&s->identity, layout, row, cni_key_hash(layout, row));
	if (!entry || entry->row != row)
		entry = cni_identity_row(&s->identity, row);
	return entry && entry->row == row && entry->layout == layout ? entry : NULL;
}

bool cni_entry_changed(const cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	if (!memcmp(entry->row, entry->old, layout->model->size))
		return false;
	for (size_t i = 0; i < layout->field_count; i++) {
		if (!cni_member_equal(layout->fields[i].column, entry->row, entry->old))
			return true;
	}
	return false;
}

/* ---- reading ---- */

/* What a database holds and a model does not is a matter between the two. */
static cn_status read_failed(const cni_layout *layout, cn_error *err)
{
	if (err && err->status == CN_EARG)
		err->status = CN_ESCHEMA;
	return cn_error_wrap(err, "reading a \"%s\"", layout->name);
}

cn_status cni_decode_row(const cni_layout *layout, void *row, const cn_value *values,
	cni_texts *texts, cn_error *err)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		if (cni_decode(layout->fields[i].column, row, &values[i], texts, err) < 0)
			return read_failed(layout, err);
	}
	return CN_OK;
}

/* After reading: the old copy. Texts that the program may write into get a copy of their own. */
static cn_status copy_old(cn_session *s, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	memcpy(entry->old, entry->row, layout->model->size);
	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		if (column->storage == CN_STORE_CHARS &&
			!cni_member_copy(column, entry->old, entry->row, &s->texts))
			return cni_session_oom(s);
	}
	return CN_OK;
}

static cn_status refresh(cn_session *s, cni_entry *entry, const cn_value *values)
{
	if (entry->epoch == s->epoch || entry->state != CNI_LOADED || cni_entry_changed(entry))
		return CN_OK;
	TRY(cni_decode_row(entry->layout, entry->row, values, &s->texts, &s->error));
	TRY(copy_old(s, entry));
	entry->epoch = s->epoch;
	entry->snapshot = s->snapshot;
	return CN_OK;
}

static cni_entry *take_spare(cn_session *s, const cni_layout *layout)
{
	cni_entry *entry = s->spare;

	s->spare = NULL;
	return entry && entry->layout == layout ? entry : cni_entry_new(s, layout, NULL);
}

cn_status cni_session_take(
	cn_session *s, const cni_layout *layout, const cn_value *values, cni_entry **ret)
{
	cni_entry *entry = take_spare(s, layout);

	if (!entry)
		return cni_session_oom(s);
	if (!layout->kept) { /* rows of a view: no identity, nothing to write */
		TRY(cni_decode_row(layout, entry->row, values, &s->texts, &s->error));
		*ret = entry;
		return CN_OK;
	}
	for (size_t i = 0; i < layout->key_count; i++) {
		size_t field = layout->key[i];
		if (cni_decode(layout->fields[field].column, entry->row, &values[field], NULL,
			    &s->error) < 0)
			return read_failed(layout, &s->error);
	}
	uint64_t hash = cni_key_hash(layout, entry->row);
	cni_entry *known = cni_identity_key(&s->identity, layout, entry->row, hash);
	if (known) {
		memset(entry->row, 0, layout->model->size);
		s->spare = entry;
		*ret = known;
		return refresh(s, known, values);
	}
	TRY(cni_decode_row(layout, entry->row, values, &s->texts, &s->error));
	TRY(copy_old(s, entry));
	entry->state = CNI_LOADED;
	entry->snapshot = s->snapshot;
	entry->epoch = s->epoch;
	if (!cni_identity_add(&s->identity, entry, hash) || !cni_entry_list(s, entry))
		return cni_session_oom(s);
	*ret = entry;
	return CN_OK;
}

/* ---- settling ---- */

static bool settle_text(cn_session *s, cni_entry *entry, const cn_column *column)
{
	bool equal = cni_member_equal(column, entry->row, entry->old);

	if (entry->own) /* the program's pointers stay as they are */
		return equal || cni_member_copy(column, entry->old, entry->row, &s->texts);
	if (column->storage == CN_STORE_CHARS) {
		if (equal)
			return true;
		return cni_member_copy(column, entry->old, entry->row, &s->texts) &&
		       cni_member_copy(column, entry->row, entry->row, &s->texts);
	}
	if (!equal && !cni_member_copy(column, entry->old, entry->row, &s->texts))
		return false;
	memcpy(cni_member_at(column, entry->row), cni_member(column, entry->old), column->size);
	return true;
}

cn_status cni_entry_settle(cn_session *s, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		bool text = column->storage == CN_STORE_TEXT || column->storage == CN_STORE_CHARS ||
			    column->storage == CN_STORE_BLOB;
		if (text && !settle_text(s, entry, column))
			return cni_session_oom(s);
		if (!text)
			memcpy(cni_member_at(column, entry->old), cni_member(column, entry->row),
				column->size);
	}
	entry->snapshot = s->snapshot;
	entry->epoch = s->epoch;
	return CN_OK;
}
