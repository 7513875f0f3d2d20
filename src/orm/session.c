/* session.c - a session's life: connections, transactions, the error that it keeps
 * (cantil/session.h). */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "orm/session_impl.h"

enum { HOOK_ROUNDS = 16 };

cn_session *cni_session_new_part(cn_db *db)
{
	cn_session *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->counts = calloc(db->registry.layout_count + 2, sizeof *s->counts);
	if (!s->counts) {
		free(s);
		return NULL;
	}
	s->db = db;
	s->texts.arena = s->packed.arena = &s->rows;
	s->snapshot = s->epoch = 1;
	s->alone[0] = s;
	s->parts = s->alone;
	s->part_count = 1;
	return s;
}

cn_db *cn_session_db(cn_session *s) { return s->db; }

size_t cn_len(const void *list)
{
	const void *const *rows = list;
	size_t count = 0;

	while (rows && rows[count])
		count++;
	return count;
}

cn_status cni_session_oom(cn_session *s) { return cn_fail(&s->error, CN_ENOMEM, "out of memory"); }

/* ---- models ---- */

static cni_layout *extra_layout(cn_session *s, const cn_model *model)
{
	for (size_t i = 0; i < s->extra_count; i++) {
		if (s->extra[i]->model == model)
			return s->extra[i];
	}
	cni_layout *layout = cni_alloc(&s->kept, sizeof *layout);
	if (!layout) {
		(void)cni_session_oom(s);
		return NULL;
	}
	if (cni_layout_init(layout, model, &s->kept, &s->error) < 0)
		return NULL;
	if (!CNI_PUSH(&s->kept, s->extra, s->extra_count, layout)) {
		(void)cni_session_oom(s);
		return NULL;
	}
	return layout;
}

const cni_layout *cni_session_layout(cn_session *s, const cn_model *model)
{
	const cni_layout *layout = cni_registry_find(&s->db->registry, model);

	if (layout)
		return layout;
	if (model->kind == CN_MODEL_ROW)
		return extra_layout(s, model);
	cn_error_set(
		&s->error, CN_EARG, "model \"%s\" is none of the database's", model->type_name);
	cn_error_hint(&s->error,
		"add it to the list of models (CN_MODELS) that the database is opened with");
	return NULL;
}

/* ---- transactions ---- */

static void give_back(cn_session *s, cni_conn *conn)
{
	if (conn && s->recording)
		cni_session_trace(s, conn, false);
	cni_pool_give(s->db->pool, conn);
}

cn_status cni_session_reader(cn_session *s, cni_conn **ret)
{
	if (s->writing) {
		*ret = s->writer;
		return CN_OK;
	}
	if (!s->reader) {
		cni_open_mode mode = s->db->single ? CNI_OPEN_WRITE : CNI_OPEN_READ;
		TRY(cni_pool_take(s->db->pool, mode, &s->reader, &s->error));
		if (s->recording)
			cni_session_trace(s, s->reader, true);
		cn_status status = cni_conn_begin(s->reader, CNI_TX_READ, &s->error);
		if (status == CN_OK && !s->db->single)
			status = cni_conn_content_version(s->reader, &s->version, &s->error);
		if (status < 0) {
			give_back(s, s->reader);
			s->reader = NULL;
			return status;
		}
	}
	*ret = s->reader;
	return CN_OK;
}

void cni_session_drop_get(cn_session *s)
{
	cni_stmt_release(s->get.stmt);
	memset(&s->get, 0, sizeof s->get);
}

/* The read transaction is over once the write lock is held: then nobody else can commit, and
 * whether somebody has since this session began to read can be told for sure. */
static cn_status leave_reader(cn_session *s)
{
	int64_t version = s->version + 1;

	if (s->streams) { /* they go on reading; what was read is checked before it is written */
		s->snapshot = ++s->epoch;
		return CN_OK;
	}
	cni_session_drop_get(s);
	cn_status status = cni_conn_commit(s->reader, &s->error);
	if (status == CN_OK)
		status = cni_conn_content_version(s->reader, &version, &s->error);
	give_back(s, s->reader);
	s->reader = NULL;
	if (version != s->version)
		s->snapshot = ++s->epoch;
	return status;
}

cn_status cni_session_writer(cn_session *s, cni_conn **ret)
{
	if (!s->writing && s->db->read_only)
		return cn_fail(&s->error, CN_EIO, "the database was opened to be read only");
	if (!s->writing && s->db->single && s->reader) { /* its transaction serves for both */
		cni_session_drop_get(s);
		s->writer = s->reader;
		s->writing = true;
	} else if (!s->writing) {
		TRY(cni_pool_take(s->db->pool, CNI_OPEN_WRITE, &s->writer, &s->error));
		if (s->recording)
			cni_session_trace(s, s->writer, true);
		cn_status status = cni_conn_begin(s->writer, CNI_TX_WRITE, &s->error);
		if (status < 0) {
			give_back(s, s->writer);
			s->writer = NULL;
			return status;
		}
		s->writing = true;
		if (s->reader)
			TRY(leave_reader(s));
	}
	*ret = s->writer;
	return CN_OK;
}

/* Gives the connections back; what was not committed is rolled back. */
static void end_transaction(cn_session *s)
{
	cni_streams_stop(s);
	cni_session_drop_get(s);
	if (s->reader && s->reader != s->writer)
		give_back(s, s->reader);
	give_back(s, s->writer);
	s->reader = s->writer = NULL;
	s->writing = false;
	s->snapshot = ++s->epoch;
}

/* The program's own structs are given back at the end of a unit. */
static void release_own(cn_session *s)
{
	for (size_t i = 0; i < s->entry_count; i++) {
		cni_entry *entry = s->entries[i];
		if (entry->own && entry->state != CNI_GONE) {
			cni_identity_remove(&s->identity, entry);
			entry->state = CNI_GONE;
		}
	}
	cni_entries_sweep(s);
}

static void end_unit(cn_session *s)
{
	s->inserted = NULL;
	s->savepoints = NULL;
	s->savepoint_count = s->savepoint_marks = 0;
	cni_arena_done(&s->unit);
}

static bool has_more(const cn_session *s)
{
	for (size_t i = 0; i < s->entry_count; i++) {
		if (s->entries[i]->state == CNI_NEW || s->entries[i]->state == CNI_DELETED)
			return true;
	}
	return false;
}

/* Hooks may leave more to write; each round is a flush. */
static cn_status flush_all(cn_session *s)
{
	bool more = true;

	for (int round = 0; more; round++) {
		if (round == HOOK_ROUNDS)
			return cn_fail(&s->error, CN_EARG,
				"hooks leave more to write after %d flushes", HOOK_ROUNDS);
		TRY(cn_flush(s));
		more = false;
		for (size_t i = 0; s->db->hook && i < s->part_count && !more; i++)
			more = has_more(s->parts[i]);
	}
	return CN_OK;
}

static cn_status commit_part(cn_session *s)
{
	if (s->writing) {
		cni_streams_stop(s);
		TRY(cni_conn_commit(s->writer, &s->error));
	}
	end_transaction(s);
	release_own(s);
	end_unit(s);
	cni_arena_done(&s->scratch);
	return CN_OK;
}

cn_status cn_commit(cn_session *s)
{
	if (!cni_session_ready(s))
		return s->error.status;
	TRY(cni_session_hook(s, CN_BEFORE_COMMIT, NULL));
	TRY(flush_all(s));
	for (size_t i = 0, done = 0; i < s->part_count; i++) {
		bool wrote = s->parts[i]->writing;
		if (commit_part(s->parts[i]) < 0)
			return cni_session_half_done(s, i, done);
		done += wrote;
	}
	if (cni_session_hook(s, CN_AFTER_COMMIT, NULL) < 0)
		s->error = (cn_error){0}; /* it is done, whatever the hook says */
	return CN_OK;
}

/* What the database filled in for a row whose insertion is undone: 0 again, so that the struct can
 * be added once more. */
static void unfill(cn_session *s, const cni_inserted *mark)
{
	for (const cni_inserted *note = s->inserted; note != mark; note = note->next) {
		const cni_layout *layout = note->entries[0]->layout;
		for (size_t i = 0; i < layout->fillable_count; i++) {
			size_t field = layout->fillable[i];
			const cn_column *column = layout->fields[field].column;
			for (size_t k = 0; note->filled[field] && k < note->count; k++)
				memset(cni_member_at(column, cni_row(note->entries[k])), 0,
					column->size);
		}
	}
}

static void forget_rows(cn_session *s)
{
	s->inserted = NULL;
	for (size_t i = 0; i < s->savepoint_marks; i++)
		s->savepoints[i] = NULL;
	cni_identity_done(&s->identity);
	s->entry_count = s->mapped_count = 0;
	s->unmapped = false;
	memset(s->counts, 0, (s->db->registry.layout_count + 2) * sizeof *s->counts);
}

void cni_session_undo(cn_session *s, const cni_inserted *mark)
{
	unfill(s, mark);
	forget_rows(s);
}

static void rollback_part(cn_session *s)
{
	if (s->writing)
		cni_conn_rollback(s->writer);
	end_transaction(s);
	cni_session_undo(s, NULL);
	end_unit(s);
	cni_arena_done(&s->scratch);
	s->error = (cn_error){0};
}

void cn_rollback(cn_session *s)
{
	for (size_t i = 0; i < s->part_count; i++)
		rollback_part(s->parts[i]);
	if (cni_session_hook(s, CN_AFTER_ROLLBACK, NULL) < 0)
		s->error = (cn_error){0};
}

static void clear_part(cn_session *s)
{
	forget_rows(s);
	cni_arena_reset(&s->rows);
	if (!s->savepoint_marks) /* what was noted of rows that were inserted is of no use now */
		cni_arena_reset(&s->unit);
	s->texts = s->packed = (cni_texts){.arena = &s->rows};
	free(s->entries);
	s->entries = NULL;
	s->entry_cap = 0;
}

void cn_clear(cn_session *s)
{
	for (size_t i = 0; i < s->part_count; i++)
		clear_part(s->parts[i]);
}

static void close_part(cn_session *s)
{
	rollback_part(s);
	cni_streams_orphan(s);
	clear_part(s);
	cni_arena_done(&s->rows);
	cni_arena_done(&s->unit);
	cni_arena_done(&s->kept);
	cni_arena_done(&s->scratch);
	cni_arena_done(&s->records);
	cni_buffer_done(&s->last_list.key);
	cni_buffer_done(&s->last_list.sql);
	free(s->probe);
	free(s->counts);
	free(s);
}

void cn_session_close(cn_session *s)
{
	if (!s || s != s->parts[0]) /* a part goes with its session */
		return;
	cn_session **parts = s->parts == s->alone ? NULL : s->parts;
	for (size_t i = s->part_count; i-- > 0;)
		close_part(s->parts[i]);
	free(parts);
}

/* ---- rows of the program's making ---- */

static void set_default(cn_session *s, const cn_column *column, void *row)
{
	bool wanted = column->default_value.type || column->default_fn;

	if (!wanted || !cni_member_is_zero(column, row) || cni_session_failed(s))
		return;
	if (!column->default_fn) /* it fits: that was checked with the model */
		(void)!cn_column_set(column, row, column->default_value, NULL);
	else if (column->default_fn(cni_member_at(column, row), &s->error) < 0)
		cn_error_wrap(&s->error, "member \"%s\": its .default_fn", column->member);
}

const cni_layout *cni_session_writable(cn_session *s, const cn_model *model)
{
	if (cni_session_failed(s))
		return NULL;
	const cni_layout *layout = cni_session_layout(s, model);
	if (layout && !layout->kept) {
		cn_error_set(&s->error, CN_EARG,
			"model \"%s\" is no table: its rows cannot be written", layout->name);
		return NULL;
	}
	return layout;
}

static cni_entry *add_new(cn_session *s, const cni_layout *layout, void *own_row)
{
	cni_entry *entry = cni_entry_new(s, layout, own_row);

	if (!entry || !cni_entry_list(s, entry)) {
		(void)cni_session_oom(s);
		return NULL;
	}
	return entry;
}

cn_status cni_session_defaults(cn_session *s, const cni_layout *layout, void *row)
{
	for (size_t i = 0; layout->has_defaults && i < layout->field_count; i++) {
		const cn_column *column = layout->fields[i].column;
		cn_value one = cn_int(1);
		set_default(s, column, row);
		if ((long)i == layout->version && cni_member_is_zero(column, row))
			(void)!cn_column_set(column, row, one, NULL);
	}
	return s->error.status;
}

cni_entry *cni_session_make(cn_session *s, const cni_layout *layout)
{
	cni_entry *entry = add_new(s, layout, NULL);

	return entry && cni_session_defaults(s, layout, cni_row(entry)) == CN_OK ? entry : NULL;
}

/* Strings are copied; the old copy is the same, but has its own of those that the program may write
 * into. */
static cn_status copy_texts(cn_session *s, const cni_layout *layout, cni_entry *entry)
{
	void *row = cni_row(entry);

	for (size_t i = 0; layout->has_defaults && i < layout->field_count; i++)
		set_default(s, layout->fields[i].column, row);
	for (size_t i = 0; i < layout->field_count; i++) {
		if (cni_storage_pointer(layout->fields[i].storage) &&
			!cni_member_copy(layout->fields[i].column, row, row, &s->texts))
			return cni_session_oom(s);
	}
	memcpy(cni_old(entry), row, layout->model->size);
	for (size_t i = 0; layout->has_chars && i < layout->field_count; i++) {
		if (layout->fields[i].storage == CN_STORE_CHARS &&
			!cni_member_copy(layout->fields[i].column, cni_old(entry), row, &s->texts))
			return cni_session_oom(s);
	}
	return CN_OK;
}

void *cn_session_new(cn_session *s, const cn_model *model, const void *initial)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);
	cni_entry *entry = layout ? add_new(s, layout, NULL) : NULL;

	if (!entry)
		return NULL;
	if (initial)
		memcpy(cni_row(entry), initial, model->size);
	return copy_texts(s, layout, entry) < 0 ? NULL : cni_row(entry);
}

void cn_session_add(cn_session *s, const cn_model *model, void *row)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);

	if (!layout || !row)
		return;
	cni_entry *known = cni_session_entry(s, layout, row);
	if (known && known->state == CNI_DELETED)
		known->state = CNI_LOADED;
	if (known || cni_session_failed(s) || !add_new(s, layout, row))
		return;
	for (size_t i = 0; layout->has_defaults && i < layout->field_count; i++)
		set_default(s, layout->fields[i].column, row);
}

void cn_session_delete(cn_session *s, const cn_model *model, void *row)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_writable(s, model);

	if (!layout || !row)
		return;
	cni_entry *entry = cni_session_entry(s, layout, row);
	if (cni_session_failed(s))
		return;
	if (!entry) {
		cn_error_set(&s->error, CN_EARG, "the \"%s\" to delete is no row of this session",
			layout->name);
		cn_error_hint(&s->error,
			"read it with cn_get, cn_find or cn_list first; after cn_rollback, again");
		return;
	}
	if (entry->state == CNI_NEW) {
		cni_identity_remove(&s->identity, entry);
		entry->state = CNI_GONE;
	} else if (entry->state == CNI_LOADED) {
		entry->state = CNI_DELETED;
	}
}

void *cn_session_append(cn_session *s, void *list, void *row)
{
	size_t count = cn_len(list);

	if (cni_session_failed(s) || !row)
		return list;
	void **grown = cni_alloc(&s->rows, (count + 2) * sizeof *grown);
	if (!grown) {
		(void)cni_session_oom(s);
		return list;
	}
	if (count)
		memcpy(grown, list, count * sizeof *grown);
	grown[count] = row;
	return grown;
}

void *cn_session_remove(cn_session *s, void *list, const void *row)
{
	void **rows = list;
	size_t count = cn_len(list), kept = 0;

	if (cni_session_failed(s) || !row)
		return list;
	if (!list) {
		cn_error_set(&s->error, CN_EARG, "cn_remove: the list is not loaded");
		cn_error_hint(&s->error, "load it with .load or cn_load first");
		return list;
	}
	void **rest = cni_alloc(&s->rows, (count + 1) * sizeof *rest);
	if (!rest) {
		(void)cni_session_oom(s);
		return list;
	}
	for (size_t i = 0; i < count; i++) {
		if (rows[i] != row)
			rest[kept++] = rows[i];
	}
	if (kept == count)
		cn_error_set(&s->error, CN_EARG, "cn_remove: the row is not in the list");
	return rest;
}
