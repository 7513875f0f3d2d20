/* entry.c - the rows that a session keeps: taken from the database, compared, settled. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "orm/session_impl.h"

enum { ENTRIES_MIN = 64 };

/* The head is set, what follows it is not. */
static cni_entry *entry_room(cn_session *s, const cni_layout *layout, size_t ahead)
{
	size_t align = layout->align > alignof(cni_entry) ? layout->align : alignof(cni_entry);
	size_t size = CNI_ENTRY_HEAD + ahead + layout->model->size;
	cni_entry *entry = cni_texts_room(&s->packed, size, align);

	if (entry)
		*entry = (cni_entry){.layout = layout,
			.old_offset = (uint32_t)(CNI_ENTRY_HEAD + ahead),
			.epoch = s->epoch};
	return entry;
}

cni_entry *cni_entry_new(cn_session *s, const cni_layout *layout, void *own_row)
{
	size_t size = layout->model->size, ahead = own_row ? CNI_ENTRY_HEAD / 2 : size;
	cni_entry *entry = entry_room(s, layout, ahead);

	if (!entry)
		return NULL;
	memset(cni_entry_at(entry, CNI_ENTRY_HEAD), 0, ahead + size);
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

cn_status cni_session_fill(const cni_layout *layout, const cni_tuple *values, size_t first,
	void *row, cni_texts *texts, cn_error *err)
{
	if (cni_tuple_fill(values, first, &layout->shape, row, texts, err) < 0)
		return read_failed(layout, err);
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

cn_status cni_entry_reload(cn_session *s, cni_entry *entry, const cni_tuple *values, size_t first)
{
	TRY(cni_session_fill(entry->layout, values, first, cni_row(entry), &s->texts, &s->error));
	TRY(copy_old(s, entry));
	entry->epoch = s->epoch;
	return CN_OK;
}

static cn_status refresh(cn_session *s, cni_entry *entry, const cni_tuple *values, size_t first)
{
	if (entry->epoch == s->epoch || entry->state != CNI_LOADED || cni_entry_changed(entry))
		return CN_OK;
	return cni_entry_reload(s, entry, values, first);
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

static cn_status find_known(cn_session *s, const cni_layout *layout, const cni_tuple *values,
	size_t first, cni_entry **ret)
{
	int64_t key;

	if (layout->int_key && cni_tuple_integer(values, first + layout->key[0], &key)) {
		*ret = cni_session_known_int(s, layout, key);
		return s->error.status;
	}
	void *probe = cni_session_probe(s, layout);
	if (!probe)
		return s->error.status;
	for (size_t i = 0; i < layout->key_count; i++) {
		size_t field = layout->key[i];
		cn_value value = cni_tuple_value(values, first + field);
		if (value.type == CN_TYPE_NONE)
			return cni_session_oom(s);
		if (cni_decode(layout->fields[field].column, probe, &value, NULL, &s->error) < 0)
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
	cn_session *s, const cni_layout *layout, const cni_tuple *values, size_t first, void **ret)
{
	size_t size = layout->model->size;
	void *row = cni_texts_room(&s->packed, size, layout->align);

	if (!row)
		return cni_session_oom(s);
	memset(row, 0, size);
	TRY(cni_session_fill(layout, values, first, row, &s->texts, &s->error));
	*ret = row;
	return CN_OK;
}

cn_status cni_session_take(cn_session *s, const cni_layout *layout, const cni_tuple *values,
	size_t first, cni_entry **ret)
{
	cni_entry *entry = NULL;

	if (layout->kept && s->fresh != layout)
		TRY(find_known(s, layout, values, first, &entry));
	if (entry) {
		*ret = entry;
		return refresh(s, entry, values, first);
	}
	return cni_session_take_new(s, layout, values, first, ret);
}

cn_status cni_session_take_new(cn_session *s, const cni_layout *layout, const cni_tuple *values,
	size_t first, cni_entry **ret)
{
	cni_entry *entry = entry_room(s, layout, layout->model->size);

	if (!entry)
		return cni_session_oom(s);
	memset(cni_row(entry), 0, layout->model->size);
	TRY(cni_session_fill(layout, values, first, cni_row(entry), &s->texts, &s->error));
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

	entry->epoch = s->epoch;
	/* equal pointers: to the session's texts */
	if (!entry->own && !memcmp(cni_row(entry), cni_old(entry), layout->model->size))
		return CN_OK;
	for (size_t i = 0; i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		bool text = cni_storage_pointer(column->storage);
		if (text && !settle_text(s, entry, column))
			return cni_session_oom(s);
		if (!text)
			memcpy(cni_member_at(column, cni_old(entry)),
				cni_member(column, cni_row(entry)), column->size);
	}
	return CN_OK;
}
