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
	size_t size = rounded(layout->model->size), ahead = own_row ? CNI_ENTRY_HEAD / 2 : size;
	cni_entry *entry = cni_alloc(&s->rows, CNI_ENTRY_HEAD + ahead + size);

	if (!entry)
		return NULL;
	entry->layout = layout;
	entry->old_offset = (uint32_t)(CNI_ENTRY_HEAD + ahead);
	entry->epoch = s->epoch;
	entry->own = own_row;
	if (own_row)
		*(void **)(void *)cni_entry_at(entry, CNI_ENTRY_HEAD) = own_row;
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
	s->counts[entry->layout->rank]++;
	return true;
}

void cni_entries_sweep(cn_session *s)
{
	size_t kept = 0, mapped = s->mapped_count;

	for (size_t i = 0; i < s->entry_count; i++) {
		cni_entry *entry = s->entries[i];
		if (entry->state != CNI_GONE) {
			s->entries[kept++] = entry;
			continue;
		}
		s->counts[entry->layout->rank]--;
		s->mapped_count -= i < mapped;
	}
	s->entry_count = kept;
}

/* ---- finding ---- */

/* Rows are many, and mostly nobody asks for them again: they come into the map when somebody does.
 */
static bool map_all(cn_session *s)
{
	if (!cni_identity_reserve(&s->identity, s->entry_count - s->mapped_count)) {
		(void)cni_session_oom(s);
		return false;
	}
	for (; s->mapped_count < s->entry_count; s->mapped_count++) {
		cni_entry *entry = s->entries[s->mapped_count];
		if (entry->mapped || entry->state == CNI_GONE)
			continue;
		if (entry->state == CNI_NEW) /* there is room for it */
			(void)cni_identity_add_row(&s->identity, entry);
		else
			(void)cni_identity_add(
				&s->identity, entry, cni_key_hash(entry->layout, cni_old(entry)));
	}
	s->unmapped = false;
	return true;
}

cni_entry *cni_session_known(cn_session *s, const cni_layout *layout, const void *row)
{
	if (layout->int_key)
		return cni_session_known_int(s, layout, cni_int_key(layout, row));
	if (!s->counts[layout->rank] || (s->unmapped && !map_all(s)))
		return NULL;
	return cni_identity_key(&s->identity, layout, row, cni_key_hash(layout, row));
}

cni_entry *cni_session_known_int(cn_session *s, const cni_layout *layout, int64_t key)
{
	if (!s->counts[layout->rank] || (s->unmapped && !map_all(s)))
		return NULL;
	return cni_identity_int(&s->identity, layout, key, cni_int_hash(layout, key));
}

cni_entry *cni_session_entry(cn_session *s, const cni_layout *layout, const void *row)
{
	cni_entry *entry = NULL;

	if (layout->key_count && !cni_fields_null(layout, layout->key, layout->key_count, row))
		entry = cni_session_known(s, layout, row);
	if (!entry || cni_row(entry) != row)
		entry = s->mapped_count == s->entry_count || map_all(s)
				? cni_identity_row(&s->identity, row)
				: NULL;
	return entry && cni_row(entry) == row && entry->layout == layout ? entry : NULL;
}

bool cni_entry_changed(const cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	if (!memcmp(cni_row(entry), cni_old(entry), layout->model->size))
		return false;
	for (size_t i = 0; i < layout->field_count; i++) {
		if (!cni_member_equal(layout->fields[i].column, cni_row(entry), cni_old(entry)))
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

	memcpy(cni_old(entry), cni_row(entry), layout->model->size);
	for (size_t i = 0; layout->has_chars && i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		if (column->storage == CN_STORE_CHARS &&
			!cni_member_copy(column, cni_old(entry), cni_row(entry), &s->texts))
			return cni_session_oom(s);
	}
	return CN_OK;
}

cn_status cni_entry_reload(cn_session *s, cni_entry *entry, const cn_value *values)
{
	TRY(cni_decode_row(entry->layout, cni_row(entry), values, &s->texts, &s->error));
	TRY(copy_old(s, entry));
	entry->epoch = s->epoch;
	return CN_OK;
}

static cn_status refresh(cn_session *s, cni_entry *entry, const cn_value *values)
{
	if (entry->epoch == s->epoch || entry->state != CNI_LOADED || cni_entry_changed(entry))
		return CN_OK;
	return cni_entry_reload(s, entry, values);
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

static cn_status find_known(
	cn_session *s, const cni_layout *layout, const cn_value *values, cni_entry **ret)
{
	if (layout->int_key && values[layout->key[0]].type == CN_TYPE_INT64) {
		*ret = cni_session_known_int(s, layout, values[layout->key[0]].as.i);
		return s->error.status;
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
	*ret = cni_session_known(s, layout, probe);
	return s->error.status;
}

static cn_status keep(cn_session *s, cni_entry *entry)
{
	const cni_layout *layout = entry->layout;

	entry->state = CNI_LOADED;
	TRY(copy_old(s, entry));
	if (s->fresh == layout)
		s->unmapped = true;
	else if (!cni_identity_add(&s->identity, entry, cni_key_hash(layout, cni_old(entry))))
		return cni_session_oom(s);
	return cni_entry_list(s, entry) ? CN_OK : cni_session_oom(s);
}

cn_status cni_session_read(
	cn_session *s, const cni_layout *layout, const cn_value *values, void **ret)
{
	void *row = cni_alloc(&s->rows, layout->model->size);

	if (!row)
		return cni_session_oom(s);
	TRY(cni_decode_row(layout, row, values, &s->texts, &s->error));
	*ret = row;
	return CN_OK;
}

cn_status cni_session_take(
	cn_session *s, const cni_layout *layout, const cn_value *values, cni_entry **ret)
{
	cni_entry *entry = NULL;

	if (layout->kept && s->fresh != layout)
		TRY(find_known(s, layout, values, &entry));
	if (entry) {
		*ret = entry;
		return refresh(s, entry, values);
	}
	entry = cni_entry_new(s, layout, NULL);
	if (!entry)
		return cni_session_oom(s);
	TRY(cni_decode_row(layout, cni_row(entry), values, &s->texts, &s->error));
	if (layout->kept) /* rows of a view have no identity, and nothing to write */
		TRY(keep(s, entry));
	*ret = entry;
	return CN_OK;
}

/* ---- settling ---- */

static bool settle_text(cn_session *s, cni_entry *entry, const cn_column *column)
{
	bool equal = cni_member_equal(column, cni_row(entry), cni_old(entry));

	if (entry->own) /* the program's pointers stay as they are */
		return equal || cni_member_copy(column, cni_old(entry), cni_row(entry), &s->texts);
	if (column->storage == CN_STORE_CHARS) {
		if (equal)
			return true;
		return cni_member_copy(column, cni_old(entry), cni_row(entry), &s->texts) &&
		       cni_member_copy(column, cni_row(entry), cni_row(entry), &s->texts);
	}
	if (!equal && !cni_member_copy(column, cni_old(entry), cni_row(entry), &s->texts))
		return false;
	memcpy(cni_member_at(column, cni_row(entry)), cni_member(column, cni_old(entry)),
		column->size);
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
				cni_member(column, cni_row(entry)), column->size);
	}
	entry->epoch = s->epoch;
	return CN_OK;
}
