/*
 * load.c - relations: a statement for each level and 500 keys, never one for each row.
 *
 * Rows are grouped by the columns that the relation joins; the other side is fetched with IN lists
 * of those keys, and each fetched row finds its group by hash. When a good part of a table's keys
 * is wanted, the other table is read from its begin to its end instead, which costs a third of
 * looking its rows up. To-one and to-many differ in what is then done with the group only.
 */
#include "orm/load_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"

enum { IN_MAX = 500, SINK_COLUMNS = 100, SCAN_KEYS = 500, LOAD_MIN = 16 };

/* ---- groups ---- */

static uint64_t mix(uint64_t x)
{
	x *= UINT64_C(0x9e3779b97f4a7c15);
	return x ^ x >> 32;
}

/* False: it is NULL. */
static bool int_of(const cni_field *field, const void *row, int64_t *ret)
{
	const void *member = (const char *)row + field->offset;
	const cn_null_int64 *maybe = member;

	if (field->storage == CN_STORE_I64) {
		*ret = *(const int64_t *)member;
		return true;
	}
	*ret = maybe->value;
	return maybe->set;
}

static cni_group *find_int(const cni_loading *l, int64_t key)
{
	uint32_t at = l->buckets[mix((uint64_t)key) & (l->bucket_count - 1)];

	while (at && l->groups[at - 1].by.key != key)
		at = l->groups[at - 1].chain;
	return at ? &l->groups[at - 1] : NULL;
}

static cni_group *find_group(const cni_loading *l, const cni_layout *layout, const size_t *fields,
	const void *row, uint64_t hash)
{
	const cni_link *link = l->link;
	uint32_t at = l->buckets[hash & (l->bucket_count - 1)];

	for (; at; at = l->groups[at - 1].chain) {
		cni_group *g = &l->groups[at - 1];
		if (g->by.hash == hash && cni_fields_equal(link->owner, link->fields, g->owner->row,
						  layout, fields, row, link->count))
			return g;
	}
	return NULL;
}

static uint64_t hash_of(const cni_loading *l, const cni_group *group)
{
	return l->link->int_join ? mix((uint64_t)group->by.key) : group->by.hash;
}

/* Room for one more element, by doubling. */
static bool make_room(void **list, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return true;
	size_t grown_cap = *cap ? *cap * 2 : LOAD_MIN;
	void *grown = realloc(*list, grown_cap * size);
	if (!grown)
		return false;
	*list = grown;
	*cap = grown_cap;
	return true;
}

static bool grow_buckets(cni_loading *l)
{
	size_t count = l->bucket_count ? l->bucket_count * 4 : LOAD_MIN;
	uint32_t *buckets = calloc(count, sizeof *buckets);

	if (!buckets)
		return false;
	free(l->buckets);
	l->buckets = buckets;
	l->bucket_count = count;
	for (size_t i = 0; i < l->group_count; i++) {
		uint32_t *bucket = &buckets[hash_of(l, &l->groups[i]) & (count - 1)];
		l->groups[i].chain = *bucket;
		*bucket = (uint32_t)i + 1;
	}
	return true;
}

/* Its place from 1; 0: out of memory. */
static uint32_t add_group(cni_loading *l, cni_group group)
{
	void *groups = l->groups;

	if (!make_room(&groups, l->group_count, &l->group_cap, sizeof group))
		return 0;
	l->groups = groups;
	if (l->group_count >= l->bucket_count && !grow_buckets(l))
		return 0;
	uint32_t *bucket = &l->buckets[hash_of(l, &group) & (l->bucket_count - 1)];
	group.chain = *bucket;
	l->groups[l->group_count++] = group;
	*bucket = (uint32_t)l->group_count;
	return *bucket;
}

static uint32_t place_of(const cni_loading *l, const cni_group *group)
{
	return (uint32_t)(group - l->groups) + 1;
}

/* The key of an owner; false: it has none. */
static bool int_key_of(const cni_loading *l, size_t i, int64_t *ret)
{
	if (!l->keys)
		return int_of(&l->link->owner->fields[l->link->fields[0]], l->owners[i].row, ret);
	*ret = l->keys[i].key;
	return true;
}

static bool group_owner(cni_loading *l, size_t i)
{
	const cni_link *link = l->link;
	const cni_node *owner = l->owners ? &l->owners[i] : NULL;
	cni_group fresh = {.owner = owner}, *group;
	int64_t key;

	if (link->int_join) {
		if (!int_key_of(l, i, &key))
			return true;
		fresh.by.key = key;
		group = find_int(l, key);
	} else {
		if (cni_fields_null(link->owner, link->fields, link->count, owner->row))
			return true;
		fresh.by.hash = cni_fields_hash(link->owner, link->fields, link->count, owner->row);
		group = find_group(l, link->owner, link->fields, owner->row, fresh.by.hash);
	}
	l->owner_groups[i] = group ? place_of(l, group) : add_group(l, fresh);
	return l->owner_groups[i] != 0;
}

static cn_status group_rows(cni_loading *l)
{
	if (l->owner_count >= UINT32_MAX / 2)
		return cn_fail(&l->s->error, CN_EARG, "too many rows to load relations of");
	l->owner_groups = calloc(l->owner_count + 1, sizeof *l->owner_groups);
	if (!l->owner_groups || !grow_buckets(l))
		return cni_session_oom(l->s);
	for (size_t i = 0; i < l->owner_count; i++) {
		if (!group_owner(l, i))
			return cni_session_oom(l->s);
	}
	return CN_OK;
}

cn_status cni_loading_add(cni_loading *l, cni_group *group, cni_node node)
{
	void *found = l->found;

	if (!make_room(&found, l->found_count, &l->found_cap, sizeof *l->found))
		return cni_session_oom(l->s);
	l->found = found;
	l->found[l->found_count++] = (cni_found){node, place_of(l, group) - 1};
	group->found_count++;
	return CN_OK;
}

static cn_status add_pair(cni_loading *l, cni_group *group, const cni_tuple *values)
{
	void *pairs = l->pairs;
	int64_t key;

	if (!cni_tuple_integer(values, l->far->fields[0], &key)) /* it leads nowhere */
		return CN_OK;
	if (!make_room(&pairs, l->pair_count, &l->pair_cap, sizeof *l->pairs))
		return cni_session_oom(l->s);
	l->pairs = pairs;
	l->pairs[l->pair_count++] = (cni_pair){key, place_of(l, group) - 1};
	group->found_count++;
	return CN_OK;
}

void cni_loading_done(cni_loading *l)
{
	free(l->owner_groups);
	free(l->buckets);
	free(l->groups);
	free(l->found);
	free(l->pairs);
}

/* ---- fetching ---- */

static cn_status take_node(cni_loading *l, const cni_tuple *values, cni_node *ret)
{
	cn_session *s = l->s;
	const cni_layout *target = l->link->target;

	*ret = (cni_node){0};
	if (l->between) { /* nobody but the loading sees it */
		ret->row = cni_alloc(&s->scratch, target->model->size);
		cni_texts texts = {.arena = &s->scratch};
		if (!ret->row)
			return cni_session_oom(s);
		return cni_session_fill(target, values, 0, ret->row, &texts, &s->error);
	}
	if (l->read_only)
		return cni_session_read(s, target, values, 0, &ret->row);
	TRY(cni_session_take(s, target, values, 0, &ret->entry));
	ret->row = cni_row(ret->entry);
	return CN_OK;
}

static int take_target(const cni_tuple *values, void *ctx, cn_error *err)
{
	cni_loading *l = ctx;
	const cni_link *link = l->link;
	cni_group *group;
	cni_node node;

	(void)err;            /* it is the session's */
	if (link->int_join) { /* a row that belongs to nobody here is not even kept */
		int64_t key;
		bool found = cni_tuple_integer(values, link->target_fields[0], &key);
		group = found ? find_int(l, key) : NULL;
		if (!group)
			return 0;
		if (l->paired)
			return add_pair(l, group, values);
		TRY(take_node(l, values, &node));
	} else {
		TRY(take_node(l, values, &node));
		/* by what the database says: the program may have changed the member since */
		const void *row = node.entry ? cni_old(node.entry) : node.row;
		group = find_group(l, link->target, link->target_fields, row,
			cni_fields_hash(link->target, link->target_fields, link->count, row));
		if (!group)
			return 0; /* its key compares equal in SQL only: another case, or affinity
				   */
	}
	return cni_loading_add(l, group, node);
}

/* "a" IN (?, ?) or ("a", "b") IN (VALUES (?, ?), (?, ?)) */
static void in_list(cni_buffer *sql, const cni_link *link, size_t rows)
{
	bool many = link->count > 1;

	cni_buffer_puts(sql, many ? " WHERE (" : " WHERE ");
	for (size_t i = 0; i < link->count; i++)
		cni_buffer_printf(sql, "%s%s", i ? ", " : "",
			link->target->fields[link->target_fields[i]].quoted);
	cni_buffer_puts(sql, many ? ") IN (VALUES " : " IN (");
	for (size_t row = 0; row < rows; row++) {
		cni_buffer_puts(sql, row ? ", " : "");
		for (size_t i = 0; i < link->count; i++)
			cni_buffer_puts(sql, i ? ", ?" : many ? "(?" : "?");
		cni_buffer_puts(sql, many ? ")" : "");
	}
	cni_buffer_putc(sql, ')');
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

/* The table between, in the order that the target wants: its rows' columns as they are, joined to
 * the target under names that no column of the target has. */
static void between_ordered(cni_buffer *sql, const cni_loading *l, size_t rows)
{
	const cni_link *far = l->far;
	const cni_layout *between = l->link->target;

	cni_buffer_puts(sql, "SELECT ");
	for (size_t i = 0; i < between->field_count; i++)
		cni_buffer_printf(sql, "%scantil_%zu", i ? ", " : "", i);
	cni_buffer_puts(sql, " FROM (SELECT ");
	for (size_t i = 0; i < between->field_count; i++)
		cni_buffer_printf(
			sql, "%s%s AS cantil_%zu", i ? ", " : "", between->fields[i].quoted, i);
	cni_buffer_printf(sql, " FROM %s", between->quoted);
	if (rows)
		in_list(sql, l->link, rows);
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
	bool sink = target->field_count <= SINK_COLUMNS;
	bool ordered = link->kind == CN_RELATION_HAS_MANY && !l->between;

	if (l->between && link->relation->order_by) {
		between_ordered(sql, l, rows);
		return;
	}
	if (sink)
		cni_buffer_printf(
			sql, "SELECT " CNI_ROW_FUNCTION "(%s) FROM ", target->columns_sql);
	if (!sink || ordered)
		cni_buffer_printf(sql, "%sSELECT %s FROM ", sink ? "(" : "", target->columns_sql);
	cni_buffer_puts(sql, target->quoted);
	if (rows)
		in_list(sql, link, rows);
	if (ordered)
		order(sql, link);
	if (sink && ordered)
		cni_buffer_puts(sql, ") AS cantil_rows");
}

static cn_status fetch(cni_loading *l, cni_group *const *groups, size_t count, size_t room)
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
		const cni_group *group = groups[i < count ? i : count - 1];
		for (size_t k = 0; k < link->count; k++) {
			const cni_field *field = &link->owner->fields[link->fields[k]];
			cn_value value = link->int_join
						 ? cn_int(group->by.key)
						 : cn_column_get(field->column, group->owner->row);
			TRY(cni_stmt_bind(stmt, at++, value, &l->s->error));
		}
	}
	return cni_stmt_tuples(stmt, take_target, l, &l->s->error);
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

static cn_status fetch_all(cni_loading *l)
{
	cni_group **wanted = cni_alloc(&l->s->scratch, (l->group_count + 1) * sizeof *wanted);
	size_t count = 0;
	bool most;

	if (!wanted)
		return cni_session_oom(l->s);
	for (size_t i = 0; i < l->group_count; i++) {
		if (!l->groups[i].done)
			wanted[count++] = &l->groups[i];
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

/* As of a list of a table's rows: each has one key here, so none comes twice. */
static cn_status fetch_fresh(cni_loading *l)
{
	const cni_layout *target = l->link->target;
	cn_session *s = l->s;

	if (!l->between && !l->read_only && target->int_key && target->row_number >= 0 &&
		!s->counts[target->rank])
		s->fresh = target;
	cn_status status = fetch_all(l);
	s->fresh = NULL;
	return status;
}

/* ---- to one: a target that the session has already, and that is up to date, is not fetched ----
 */

static cn_status known_target(cni_loading *l, const cni_group *group, cni_entry **ret)
{
	const cni_link *link = l->link;

	*ret = NULL;
	if (link->int_join && link->target->int_key) {
		*ret = cni_session_known_int(l->s, link->target, group->by.key);
		return l->s->error.status;
	}
	void *probe = cni_session_probe(l->s, link->target);
	if (!probe)
		return l->s->error.status;
	for (size_t k = 0; k < link->count; k++) {
		const cn_column *from = link->owner->fields[link->fields[k]].column;
		const cn_column *to = link->target->fields[link->target_fields[k]].column;
		cn_value value = cn_column_get(from, group->owner->row);
		/* a value that the key's member cannot hold is no key: the fetch finds nothing */
		if (cni_decode(to, probe, &value, NULL, NULL) < 0)
			return CN_OK;
	}
	*ret = cni_session_known(l->s, link->target, probe);
	return l->s->error.status;
}

static cn_status take_known(cni_loading *l)
{
	if (!l->link->to_key || l->read_only || !l->s->counts[l->link->target->rank])
		return CN_OK;
	for (size_t i = 0; i < l->group_count; i++) {
		cni_group *group = &l->groups[i];
		cni_entry *known;
		TRY(known_target(l, group, &known));
		if (!known || known->epoch != l->s->epoch || known->state == CNI_NEW)
			continue;
		group->done = true;
		TRY(cni_loading_add(l, group, (cni_node){cni_row(known), known}));
	}
	return CN_OK;
}

cn_status cni_loading_run(cni_loading *l)
{
	TRY(group_rows(l));
	if (l->link->kind == CN_RELATION_BELONGS_TO)
		TRY(take_known(l));
	return fetch_fresh(l);
}
