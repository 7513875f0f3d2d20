/*
 * insert.c - new rows: as many as possible in one statement, keys given back to the structs.
 *
 * Rows of one model that write the same columns go into one statement (feed.h). Keys that the
 * database would generate are then chosen here, behind the largest there is: the write lock is
 * held, so nobody else can take them. When one of these rows is refused, they are tried again one
 * by one, which names the row.
 */
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/try.h"
#include "orm/flush_impl.h"

enum {
	BATCH_MIN = 4, /* fewer rows are inserted one by one */
	FAR_ROWS = 4096,
};

typedef struct cni_run { /* rows that the same statement inserts */
	const cni_layout *layout;
	bool *given;  /* per field: the struct's value is written */
	bool *filled; /* per field: the database fills it in */
	size_t given_count, filled_count;
	cni_entry **entries;
	const void **rows; /* the entries' */
	size_t count, most, room;
	bool numbered;  /* its key is the only thing filled in, and may be chosen here */
	bool returning; /* more than the row's number is read back */
	bool far;       /* the engine is on the other side of a wire: insert_far.c */
} cni_run;

const char *cni_entry_word(cni_flush *flush, const cni_entry *entry)
{
	const cni_layout *layout = entry->layout;
	CLEANUP(cni_buffer_done) cni_buffer word = {.limit = 200};

	cni_buffer_printf(&word, "\"%s\"", layout->name);
	for (size_t i = 0; i < layout->key_count; i++) {
		cn_value v = cn_column_get(layout->fields[layout->key[i]].column, cni_old(entry));
		if (v.type == CN_TYPE_INT64)
			cni_buffer_printf(&word, "%s%" PRId64, i ? ", " : " ", v.as.i);
		else if (v.type == CN_TYPE_TEXT)
			cni_buffer_printf(&word, "%s\"%.*s\"", i ? ", " : " ",
				(int)(v.size < 60 ? v.size : 60), (const char *)v.as.p);
	}
	const char *copy = cni_buffer_dup(&word, &flush->s->scratch);
	return copy ? copy : layout->name;
}

/* ---- which columns ---- */

/* A number of the row, or a value that the database computes, is filled in when the program left it
 * 0. */
bool cni_is_filled(const cni_layout *layout, size_t field, const void *row)
{
	const cn_column *column = layout->fields[field].column;

	if (column->generated_sql)
		return true;
	return ((long)field == layout->row_number || column->default_sql) &&
	       cni_member_is_zero(column, row);
}

static bool fits_run(const cni_run *run, const cni_entry *entry)
{
	if (!run->rows || !run->count || run->layout != entry->layout || run->count >= run->most)
		return false;
	for (size_t i = 0; i < run->layout->fillable_count; i++) {
		size_t field = run->layout->fillable[i];
		if (run->filled[field] != cni_is_filled(run->layout, field, cni_row(entry)))
			return false;
	}
	return true;
}

/* Room for the entries of a run; what a shorter one has left is kept. */
static cn_status reserve(cn_session *s, cni_run *run)
{
	if (run->rows && run->room >= run->most)
		return CN_OK;
	run->entries = cni_alloc(&s->scratch, run->most * sizeof *run->entries);
	run->rows = cni_alloc(&s->scratch, run->most * sizeof *run->rows);
	run->room = run->most;
	return run->entries && run->rows ? CN_OK : cni_session_oom(s);
}

static cn_status start_run(cni_flush *flush, cni_run *run, const cni_entry *entry)
{
	const cni_layout *layout = entry->layout;
	size_t count = layout->field_count;

	*run = (cni_run){.layout = layout,
		.far = cni_conn_can(flush->conn)->copies_rows,
		.given = cni_alloc(&flush->s->unit, count),
		.filled = cni_alloc(&flush->s->unit, count),
		.entries = run->entries,
		.rows = run->rows,
		.room = run->room};
	if (!run->given || !run->filled)
		return cni_session_oom(flush->s);
	for (size_t i = 0; i < count; i++) {
		run->filled[i] = cni_is_filled(layout, i, cni_row(entry));
		run->given[i] = !run->filled[i];
		run->given_count += run->given[i];
		run->filled_count += run->filled[i];
	}
	bool number_filled = layout->row_number >= 0 && run->filled[layout->row_number];
	run->returning = run->filled_count > (number_filled ? 1 : 0);
	run->numbered = number_filled && !run->returning &&
			!layout->fields[layout->row_number].column->autoincrement;
	if (run->far)
		run->most = FAR_ROWS;
	else if (run->returning || (number_filled && !run->numbered))
		run->most = 1;
	else
		run->most = cni_feed_most(&flush->feed, run->given_count + number_filled);
	return reserve(flush->s, run);
}

/* ---- the statements ---- */

void cni_returning_sql(cni_buffer *sql, const cni_layout *layout, const bool *fill)
{
	const char *before = " RETURNING ";

	for (size_t i = 0; i < layout->field_count; i++) {
		if (!fill[i])
			continue;
		cni_buffer_printf(sql, "%s%s", before, layout->fields[i].quoted);
		before = ", ";
	}
}

cn_status cni_returning_take(cni_flush *flush, cni_stmt *stmt, cni_entry *entry, const bool *fill)
{
	const cni_layout *layout = entry->layout;
	cn_session *s = flush->s;
	size_t at = 0;

	for (size_t i = 0; i < layout->field_count; i++) {
		if (!fill[i])
			continue;
		cn_value value = cni_stmt_value(stmt, at++);
		if (cni_decode(layout->fields[i].column, cni_row(entry), &value, &s->texts,
			    &s->error) < 0)
			return cn_error_wrap(&s->error, "reading back a new \"%s\"", layout->name);
	}
	return CN_OK;
}

/* ---- one row at a time ---- */

static void set_number(const cni_run *run, cni_entry *entry, int64_t number)
{
	cn_value value = cn_int(number);

	/* a number that a small member cannot hold is found before (next_number), or when it is
	 * read */
	(void)!cni_decode(run->layout->fields[run->layout->row_number].column, cni_row(entry),
		&value, NULL, NULL);
}

static cn_status take_number(cni_flush *flush, const cni_run *run, cni_entry *entry)
{
	cn_value value = cn_int(cni_conn_last_id(flush->conn));

	if (cni_decode(run->layout->fields[run->layout->row_number].column, cni_row(entry), &value,
		    NULL, &flush->s->error) < 0)
		return cn_error_wrap(
			&flush->s->error, "the key of a new \"%s\"", run->layout->name);
	return CN_OK;
}

static cn_status insert_one(cni_flush *flush, const cni_run *run, cni_entry *entry)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_session *s = flush->s;
	size_t at = 1;

	cni_insert_sql(&sql, run->layout, run->given, 1);
	if (run->returning)
		cni_returning_sql(&sql, run->layout, run->filled);
	if (sql.failed)
		return cni_session_oom(s);
	TRY(cni_session_prepare(s, flush->conn, sql.data, run->layout, &stmt));
	if (cni_feed_bind(s, stmt, run->layout, run->given, cni_row(entry), &at) < 0)
		return cn_error_wrap(&s->error, "model \"%s\"", run->layout->name);
	int step = cni_stmt_step(stmt, &s->error);
	if (step == CNI_ROW) {
		TRY(cni_returning_take(flush, stmt, entry, run->filled));
		step = cni_stmt_step(stmt, &s->error);
	}
	if (step < 0)
		return cn_error_wrap(&s->error, "inserting a \"%s\"", run->layout->name);
	if (!run->returning && run->filled_count)
		return take_number(flush, run, entry);
	return CN_OK;
}

static cn_status insert_singly(cni_flush *flush, const cni_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		TRY(insert_one(flush, run, run->entries[i]));
	return CN_OK;
}

/* ---- many rows at a time ---- */

static int64_t number_limit(const cn_column *column)
{
	switch (column->size) {
	case 1: return column->storage == CN_STORE_U8 ? UINT8_MAX : INT8_MAX;
	case 2: return column->storage == CN_STORE_U16 ? UINT16_MAX : INT16_MAX;
	case 4: return column->storage == CN_STORE_U32 ? UINT32_MAX : INT32_MAX;
	default: return column->storage == CN_STORE_NULL_I32 ? INT32_MAX : INT64_MAX;
	}
}

/* The first of `count` free numbers behind the largest; false: there is no room for them. */
static cn_status next_number(cni_flush *flush, const cni_run *run, int64_t *ret, bool *ret_room)
{
	const cni_field *field = &run->layout->fields[run->layout->row_number];
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_session *s = flush->s;

	cni_buffer_printf(&sql, "SELECT max(%s) FROM %s", field->quoted, run->layout->quoted);
	if (sql.failed)
		return cni_session_oom(s);
	TRY(cni_session_prepare(s, flush->conn, sql.data, run->layout, &stmt));
	int step = cni_stmt_step(stmt, &s->error);
	if (step < 0)
		return (cn_status)step;
	int64_t largest = step == CNI_ROW ? cni_stmt_int(stmt, 0) : 0;
	if (largest < 0)
		largest = 0;
	*ret_room = number_limit(field->column) - largest >= (int64_t)run->count;
	*ret = *ret_room ? largest + 1 : 0;
	return CN_OK;
}

static cn_status insert_batch(cni_flush *flush, const cni_run *run, const bool *given)
{
	cn_status status = cni_feed_insert(&flush->feed, run->layout, given, run->rows, run->count);

	if (status == CN_ECONSTRAINT && flush->feed.failed != SIZE_MAX)
		return cn_error_wrap(&flush->s->error, "inserting a \"%s\"", run->layout->name);
	if (status < 0 && flush->feed.failed != SIZE_MAX)
		return cn_error_wrap(&flush->s->error, "model \"%s\"", run->layout->name);
	return status;
}

/* The rows of a batch that was refused, so that the one is named. */
static cn_status insert_again(cni_flush *flush, const cni_run *run)
{
	cn_session *s = flush->s;

	if (flush->feed.failed != SIZE_MAX) /* it is known */
		return s->error.status;
	if (!cni_feed_again(&flush->feed))
		return cn_error_wrap(
			&s->error, "inserting %zu \"%s\"", run->count, run->layout->name);
	s->error = (cn_error){0};
	return insert_singly(flush, run);
}

static cn_status insert_numbered(cni_flush *flush, const cni_run *run)
{
	cn_session *s = flush->s;
	bool *given = cni_alloc(&s->scratch, run->layout->field_count);
	bool room = false;
	int64_t first = 0;

	if (!given)
		return cni_session_oom(s);
	memcpy(given, run->given, run->layout->field_count);
	given[run->layout->row_number] = true;
	TRY(next_number(flush, run, &first, &room));
	if (!room)
		return insert_singly(flush, run);
	for (size_t i = 0; i < run->count; i++)
		set_number(run, run->entries[i], first + (int64_t)i);
	cn_status status = insert_batch(flush, run, given);
	if (status == CN_OK)
		return CN_OK;
	for (size_t i = 0; i < run->count; i++)
		set_number(run, run->entries[i], 0);
	return status == CN_ECONSTRAINT ? insert_again(flush, run) : status;
}

static cn_status insert_given(cni_flush *flush, const cni_run *run)
{
	cn_status status = insert_batch(flush, run, run->given);

	return status == CN_ECONSTRAINT ? insert_again(flush, run) : status;
}

/* ---- runs ---- */

static cn_status note_inserted(cn_session *s, const cni_run *run)
{
	cni_inserted *note = cni_alloc(&s->unit, sizeof *note + run->count * sizeof *note->entries);

	if (!note)
		return cni_session_oom(s);
	note->filled = run->filled;
	note->count = run->count;
	memcpy(note->entries, run->entries, run->count * sizeof *note->entries);
	note->next = s->inserted;
	s->inserted = note;
	return CN_OK;
}

static cn_status settle_inserted(cn_session *s, cni_entry *entry)
{
	TRY(cni_entry_settle(s, entry));
	entry->state = CNI_LOADED;
	if (!entry->mapped) {
		s->unmapped = true;
		return CN_OK;
	}
	cni_identity_remove(&s->identity, entry);
	return cni_identity_add(&s->identity, entry, cni_key_hash(entry->layout, cni_old(entry)))
		       ? CN_OK
		       : cni_session_oom(s);
}

static cn_status end_run(cni_flush *flush, cni_run *run)
{
	cn_session *s = flush->s;

	if (!run->count)
		return CN_OK;
	if (run->filled_count)
		TRY(note_inserted(s, run));
	if (run->far)
		TRY(cni_insert_far(flush, run->layout, run->given, run->filled, run->entries,
			run->rows, run->count));
	else if (run->count < BATCH_MIN)
		TRY(insert_singly(flush, run));
	else
		TRY(run->numbered ? insert_numbered(flush, run) : insert_given(flush, run));
	for (size_t i = 0; i < run->count; i++)
		TRY(settle_inserted(s, run->entries[i]));
	for (size_t i = 0; s->db->hook && i < run->count; i++)
		TRY(cni_session_hook(s, CN_AFTER_INSERT, run->entries[i]));
	run->count = 0;
	return CN_OK;
}

void cni_start_version(const cni_layout *layout, void *row)
{
	cn_value one = cn_int(1);

	if (layout->version >= 0 && cni_member_is_zero(layout->fields[layout->version].column, row))
		(void)!cni_decode(layout->fields[layout->version].column, row, &one, NULL, NULL);
}

static bool waits_for_run(const cni_entry *entry)
{
	for (const cni_wish *wish = entry->wishes; wish; wish = wish->next) {
		if (!wish->late && wish->parent->state == CNI_NEW)
			return true;
	}
	return false;
}

static cn_status grant_wishes(cni_flush *flush, cni_entry *entry)
{
	for (const cni_wish *wish = entry->wishes; wish; wish = wish->next) {
		if (!wish->late)
			TRY(cni_wish_grant(flush, entry, wish));
	}
	return CN_OK;
}

static cn_status insert_all(cni_flush *flush)
{
	cni_run run = {0};

	for (size_t i = 0; i < flush->inserts.count; i++) {
		cni_entry *entry = flush->inserts.entries[i];
		if (waits_for_run(entry))
			TRY(end_run(flush, &run));
		TRY(grant_wishes(flush, entry));
		cni_start_version(entry->layout, cni_row(entry));
		TRY(cni_session_hook(flush->s, CN_BEFORE_INSERT, entry));
		if (!fits_run(&run, entry)) {
			TRY(end_run(flush, &run));
			TRY(start_run(flush, &run, entry));
		}
		run.rows[run.count] = cni_row(entry);
		run.entries[run.count++] = entry;
	}
	return end_run(flush, &run);
}

cn_status cni_flush_inserts(cni_flush *flush)
{
	flush->feed = (cni_feed){.s = flush->s, .conn = flush->conn};
	cn_status status = insert_all(flush);

	cni_feed_done(&flush->feed);
	return status;
}
