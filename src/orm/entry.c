/* entry.c - the rows that a session keeps: taken from the database, compared, settled. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "orm/session_impl.h"

enum { ENTRIES_MIN = 64 };

static size_t rounded(size_t size)
{
	return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

cni_entry *cni_entry_new(cn_session *s, const cni_layout *layout, void *own_row)
{
	size_t size = rounded(layout->model->size);
	char *room = cni_alloc(&s->rows, CNI_ENTRY_HEAD + (own_row ? size : 2 * size));

	if (!room)
		return NULL;
	cni_entry *entry = (cni_entry *)(void *)room;
	entry->layout = layout;
	entry->row = own_row ? own_row : room + CNI_ENTRY_HEAD + size;
	entry->own = own_row;
	entry->epoch = s->epoch;
	return entry;
}

bool cni_entry_list(cn_session *s, cni_entry *entry)
{
	if (s->entry_count == s->entry_cap) {
		size_t cap = s->entry_cap ? s->entry_cap * 2 : ENTRIES_MIN;
		cni_entry **entries = realloc(s->entries, cap * sizeof(*entries));
		if (!entries)
			return false;
		s->entries = entries;
		s->entry_cap = cap;
	}
	if (entry->mapped && s->mapped_count == s->entry_count)
		s->mapped_count++;
	s->entries[s->entry_count++] = entry;
	return true;
}

void cni_entries_sweep(cn_session *s)
{
	size_t kept = 0, mapped = s->mapped_count;

	for (size_t i = 0; i < s->entry_count; i++) {
		if (s->entries[i]->state != CNI_GONE)
			s->entries[kept++] = s->entries[i];
		else if (i < mapped)
			s->mapped_count--;
	}
	s->entry_count = kept;
}

/* New rows are many, and mostly nobody asks for them by their address. */
static bool map_new_rows(cn_session *s)
{
	for (; s->mapped_count < s->entry_count; s->mapped_count++) {
		cni_entry *entry = s->entries[s->mapped_count];
		if (!entry->mapped && entry->state == CNI_NEW &&
			!cni_identity_add_row(&s->identity, entry)) {
			(void)cni_session_oom(s);
			return false;
		}
	}
	return true;
}

cni_entry *cni_session_entry(cn_session *s, const cni_layout *layout, const void *row)
{
	cni_entry *entry = NULL;

	if (layout->key_count && !cni_fields_null(layout, layout->key, layout->key_count, row))
		entry = cni_identity_key(&s->identity, layout, row, cni_key_hash(layout, row));
	if (!entry || entry->row != row)
		entry = map_new_rows(s) ? cni_identity_row(&s->identity, row) : NULL;
	return entry && entry->row == row && entry->layout == layout ? entry : NULL;
}

bool cni_entry_changed(const cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	if (!memcmp(entry->row, cni_old(entry), layout->model->size))
		return false;
	for (size_t i = 0; i < layout->field_count; i++) {
		if (!cni_member_equal(layout->fields[i].column, entry->row, cni_old(entry)))
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

/* What nearly every value is; else false, and nothing is done. */
static inline bool decode_usual(
	const cni_field *field, void *row, const cn_value *value, cni_texts *texts)
{
	void *member = (char *)row + field->offset;

	if (value->type == CN_TYPE_INT64 && field->storage == CN_STORE_I64) {
		*(int64_t *)member = value->as.i;
	} else if (value->type == CN_TYPE_DOUBLE && field->storage == CN_STORE_DOUBLE) {
		*(double *)member = value->as.d;
	} else if (value->type == CN_TYPE_TEXT && field->storage == CN_STORE_TEXT) {
		if (memchr(value->as.p, 0, value->size))
			return false;
		*(char **)member = cni_texts_copy(texts, value->as.p, value->size);
		return *(char **)member != NULL;
	} else {
		return false;
	}
	return true;
}

cn_status cni_decode_row(const cni_layout *layout, void *row, const cn_value *values,
	cni_texts *texts, cn_error *err)
{
	for (size_t i = 0; i < layout->field_count; i++) {
		const cni_field *field = &layout->fields[i];
		if (!decode_usual(field, row, &values[i], texts) &&
			cni_decode(field->column, row, &values[i], texts, err) < 0)
			return read_failed(layout, err);
	}
	return CN_OK;
}

/* After reading: the old copy. Texts that the program may write into get a copy of their own. */
static cn_status copy_old(cn_session *s, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	memcpy(cni_old(entry), entry->row, layout->model->size);
	for (size_t i = 0; layout->has_chars && i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		if (column->storage == CN_STORE_CHARS &&
			!cni_member_copy(column, cni_old(entry), entry->row, &s->texts))
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
	return CN_OK;
}

void *cni_session_probe(cn_session *s, const cni_layout *layout)
{
	size_t size = layout->model->size;

	if (s->probe_size < size) {
		void *probe = realloc(s->probe, size);
		if (!probe) {
			(void)cni_session_oom(s);
			return NULL;
		}
		s->probe = probe;
		s->probe_size = size;
	}
	return memset(s->probe, 0, size);
}

static cn_status find_known(cn_session *s, const cni_layout *layout, const cn_value *values,
	uint32_t *ret_hash, cni_entry **ret)
{
	if (layout->int_key && values[layout->key[0]].type == CN_TYPE_INT64) {
		int64_t key = values[layout->key[0]].as.i;
		*ret_hash = cni_int_hash(layout, key);
		*ret = cni_identity_int(&s->identity, layout, key, *ret_hash);
		return CN_OK;
	}
	void *probe = cni_session_probe(s, layout);
	if (!probe)
		return s->error.status;
	for (size_t i = 0; i < layout->key_count; i++) {
		size_t field = layout->key[i];
		if (cni_decode(layout->fields[field].column, probe, &values[field], NULL,
			    &s->error) < 0)
			return read_failed(layout, &s->error);
	}
	*ret_hash = cni_key_hash(layout, probe);
	*ret = cni_identity_key(&s->identity, layout, probe, *ret_hash);
	return CN_OK;
}

cn_status cni_session_take(
	cn_session *s, const cni_layout *layout, const cn_value *values, cni_entry **ret)
{
	uint32_t hash = 0;
	cni_entry *entry = NULL;

	if (layout->kept)
		TRY(find_known(s, layout, values, &hash, &entry));
	if (entry) {
		*ret = entry;
		return refresh(s, entry, values);
	}
	entry = cni_entry_new(s, layout, NULL);
	if (!entry)
		return cni_session_oom(s);
	TRY(cni_decode_row(layout, entry->row, values, &s->texts, &s->error));
	if (layout->kept) { /* rows of a view have no identity, and nothing to write */
		TRY(copy_old(s, entry));
		entry->state = CNI_LOADED;
		if (!cni_identity_add(&s->identity, entry, hash) || !cni_entry_list(s, entry))
			return cni_session_oom(s);
	}
	*ret = entry;
	return CN_OK;
}

/* ---- settling ---- */

static bool settle_text(cn_session *s, cni_entry *entry, const cn_column *column)
{
	bool equal = cni_member_equal(column, entry->row, cni_old(entry));

	if (entry->own) /* the program's pointers stay as they are */
		return equal || cni_member_copy(column, cni_old(entry), entry->row, &s->texts);
	if (column->storage == CN_STORE_CHARS) {
		if (equal)
			return true;
		return cni_member_copy(column, cni_old(entry), entry->row, &s->texts) &&
		       cni_member_copy(column, entry->row, entry->row, &s->texts);
	}
	if (!equal && !cni_member_copy(column, cni_old(entry), entry->row, &s->texts))
		return false;
	memcpy(cni_member_at(column, entry->row), cni_member(column, cni_old(entry)), column->size);
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
			memcpy(cni_member_at(column, cni_old(entry)),
				cni_member(column, entry->row), column->size);
	}
	entry->epoch = s->epoch;
	return CN_OK;
}
