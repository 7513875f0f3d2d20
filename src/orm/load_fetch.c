/* load_fetch.c - the statements that fetch the other side of a relation. */
#include <string.h>

#include "base/try.h"
#include "driver/words.h"
#include "orm/load_impl.h"

enum { IN_MAX = 500, SINK_COLUMNS = 100, SCAN_KEYS = 500 };

/* "a" IN (?, ?) or ("a", "b") IN (VALUES (?, ?), (?, ?)): an engine that compares types as they are
 * takes the list itself, where it knows what each ? is compared with. */
static void in_list(cni_buffer *sql, const cni_loading *l, size_t rows)
{
	const cni_link *link = l->link;
	bool many = link->count > 1;
	const char *list =
		cni_words_of(l->s->db->uri.engine)->rows_in_list ? ") IN (" : ") IN (VALUES ";

	cni_buffer_puts(sql, many ? " WHERE (" : " WHERE ");
	for (size_t i = 0; i < link->count; i++)
		cni_buffer_printf(sql, "%s%s", i ? ", " : "",
			link->target->fields[link->target_fields[i]].quoted);
	cni_buffer_puts(sql, many ? list : " IN (");
	for (size_t row = 0; row < rows; row++) {
		cni_buffer_puts(sql, row ? ", " : "");
		for (size_t i = 0; i < link->count; i++)
			cni_buffer_puts(sql, i ? ", ?" : many ? "(?" : "?");
		cni_buffer_puts(sql, many ? ")" : "");
	}
	cni_buffer_putc(sql, ')');
}

/* Lists come in the order of the target's key, if nobody says another one. By one integer they are
 * ordered when they are made, since that is how they mostly come already; an engine that is asked
 * to sort would move every row once more. */
static bool is_ordered(const cni_loading *l)
{
	const cni_link *link = l->link;

	return link->kind == CN_RELATION_HAS_MANY && !l->between &&
	       (link->relation->order_by || !link->target->int_key);
}

static void order(cni_buffer *sql, const cni_link *link)
{
	const cni_layout *target = link->target;

	cni_buffer_puts(sql, " ORDER BY ");
	if (link->relation->order_by)
		cni_buffer_puts(sql, link->relation->order_by);
	for (size_t i = 0; !link->relation->order_by && i < target->key_count; i++)
		cni_buffer_printf(
			sql, "%s%s", i ? ", " : "", target->fields[target->key[i]].quoted);
}

/* The columns that are read of the table between: all, or of a pair only its two keys, that of the
 * owner first. */
static size_t between_field(const cni_loading *l, size_t i)
{
	if (!l->paired)
		return i;
	return i ? l->far->fields[0] : l->link->target_fields[0];
}

static size_t between_count(const cni_loading *l)
{
	return l->paired ? 2 : l->link->target->field_count;
}

static void between_columns(cni_buffer *sql, const cni_loading *l)
{
	for (size_t i = 0; i < between_count(l); i++)
		cni_buffer_printf(sql, "%s%s", i ? ", " : "",
			l->link->target->fields[between_field(l, i)].quoted);
}

/* The table between, in the order that the target wants: its rows' columns as they are, joined to
 * the target under names that no column of the target has. */
static void between_ordered(cni_buffer *sql, const cni_loading *l, size_t rows)
{
	const cni_link *far = l->far;
	const cni_layout *between = l->link->target;

	cni_buffer_puts(sql, "SELECT ");
	for (size_t i = 0; i < between_count(l); i++)
		cni_buffer_printf(sql, "%scantil_%zu", i ? ", " : "", between_field(l, i));
	cni_buffer_puts(sql, " FROM (SELECT ");
	for (size_t i = 0; i < between->field_count; i++)
		cni_buffer_printf(
			sql, "%s%s AS cantil_%zu", i ? ", " : "", between->fields[i].quoted, i);
	cni_buffer_printf(sql, " FROM %s", between->quoted);
	if (rows)
		in_list(sql, l, rows);
	cni_buffer_printf(sql, ") AS cantil_rows JOIN %s ON ", far->target->quoted);
	for (size_t i = 0; i < far->count; i++)
		cni_buffer_printf(sql, "%scantil_%zu = %s.%s", i ? " AND " : "", far->fields[i],
			far->target->quoted, far->target->fields[far->target_fields[i]].quoted);
	cni_buffer_printf(sql, " ORDER BY %s", far->relation->order_by);
}

/* rows == 0: all of the table. */
static void fetch_sql(cni_buffer *sql, const cni_loading *l, size_t rows)
{
	const cni_link *link = l->link;
	const cni_layout *target = link->target;
	bool sink = between_count(l) <= SINK_COLUMNS, ordered = is_ordered(l);

	if (l->between && link->relation->order_by) {
		between_ordered(sql, l, rows);
		return;
	}
	cni_buffer_puts(sql, sink ? "SELECT " CNI_ROW_FUNCTION "(" : "SELECT ");
	between_columns(sql, l);
	cni_buffer_puts(sql, sink ? ") FROM " : " FROM ");
	if (sink && ordered)
		cni_buffer_printf(sql, "(SELECT %s FROM ", target->columns_sql);
	cni_buffer_puts(sql, target->quoted);
	if (rows)
		in_list(sql, l, rows);
	if (ordered)
		order(sql, link);
	if (sink && ordered)
		cni_buffer_puts(sql, ") AS cantil_rows"); /* some engines want a name */
}

/* The value of column k of the key of a group. */
static cn_value key_value(const cni_loading *l, size_t group, size_t k)
{
	const cni_link *link = l->link;

	if (link->int_join)
		return cn_int(l->keys.keys[group]);
	return cn_column_get(
		link->owner->fields[link->fields[k]].column, l->groups[group].owner->row);
}

static cn_status fetch(cni_loading *l, const uint32_t *groups, size_t count, size_t room)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const cni_link *link = l->link;
	cni_conn *conn;

	fetch_sql(&sql, l, room);
	if (sql.failed)
		return cni_session_oom(l->s);
	TRY(cni_session_reader(l->s, &conn));
	TRY(cni_session_prepare(l->s, conn, sql.data, link->target, &stmt));
	size_t at = 1;
	for (size_t i = 0; i < room; i++) {
		/* the last one fills the rest */
		uint32_t group = groups[i < count ? i : count - 1];
		for (size_t k = 0; k < link->count; k++)
			TRY(cni_stmt_bind(stmt, at++, key_value(l, group, k), &l->s->error));
	}
	return cni_stmt_tuples(stmt, cni_loading_take, l, &l->s->error);
}

/* Lists of a few lengths only, so that their statements are found in the cache. */
static size_t room_for(size_t keys, size_t columns)
{
	static const size_t rooms[] = {1, 4, 16, 64, 200, IN_MAX};
	size_t most = columns > 2 ? 200 : IN_MAX;

	for (size_t i = 0; i < CNI_COUNT(rooms); i++) {
		if (rooms[i] >= keys || rooms[i] >= most)
			return rooms[i];
	}
	return most;
}

/* Are these keys a third or more of all that there can be? Only asked where the answer costs
 * nothing: the largest number of a row. */
static cn_status is_most(cni_loading *l, size_t wanted, bool *ret)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const cni_link *link = l->link;
	bool down = link->kind != CN_RELATION_BELONGS_TO;
	const cni_layout *keyed = down ? link->owner : link->target;
	size_t field = down ? link->fields[0] : link->target_fields[0];
	cni_conn *conn;

	*ret = false;
	if (!link->int_join || wanted < SCAN_KEYS || keyed->row_number != (long)field)
		return CN_OK;
	cni_buffer_printf(
		&sql, "SELECT max(%s) FROM %s", keyed->fields[field].quoted, keyed->quoted);
	if (sql.failed)
		return cni_session_oom(l->s);
	TRY(cni_session_reader(l->s, &conn));
	TRY(cni_session_prepare(l->s, conn, sql.data, keyed, &stmt));
	int step = cni_stmt_step(stmt, &l->s->error);
	if (step < 0)
		return (cn_status)step;
	*ret = step == CNI_ROW && cni_stmt_int(stmt, 0) / 3 <= (int64_t)wanted;
	return CN_OK;
}

cn_status cni_loading_fetch(cni_loading *l)
{
	uint32_t *wanted = cni_alloc_bare(&l->s->scratch, (l->group_count + 1) * sizeof *wanted);
	size_t count = 0;
	bool most;

	if (!wanted)
		return cni_session_oom(l->s);
	for (size_t i = 0; i < l->group_count; i++) {
		if (l->paired || !l->groups[i].done)
			wanted[count++] = (uint32_t)i;
	}
	TRY(is_most(l, count, &most));
	if (most)
		return fetch(l, NULL, 0, 0);
	for (size_t at = 0; at < count;) {
		size_t room = room_for(count - at, l->link->count);
		size_t part = count - at < room ? count - at : room;
		TRY(fetch(l, wanted + at, part, room));
		at += part;
	}
	return CN_OK;
}
