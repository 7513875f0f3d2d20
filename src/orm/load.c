/*
 * load.c - relations: one statement per level and 500 keys, never one per row.
 *
 * Rows are grouped by the columns that the relation joins; the other side is fetched with IN lists
 * of those keys, and each fetched row finds its group by hash. To-one and to-many differ in what is
 * then done with the group only.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "orm/session_impl.h"
#include "sql/lexer.h"

enum { IN_MAX = 500, PATH_DEPTH = 16, SINK_COLUMNS = 100 };

typedef struct cni_found { /* a fetched row of a group */
	struct cni_found *next;
	void *row;
} cni_found;

typedef struct cni_group { /* rows that have the same key */
	struct cni_group *chain;
	void *row; /* one of them: for its key */
	uint64_t hash;
	cni_found *found, **last;
	size_t found_count;
	bool done; /* its target was known already */
} cni_group;

typedef struct cni_loading {
	cn_session *s;
	const cni_link *link;
	cni_group **buckets;
	size_t bucket_count; /* a power of two */
	cni_group **groups;  /* in the order of the rows */
	size_t group_count;
	cni_entry **entries; /* fetched, in order, each once */
	size_t entry_count;
} cni_loading;

/* ---- groups ---- */

static cni_group *find_group(const cni_loading *l, const cni_layout *layout, const size_t *fields,
	const void *row, uint64_t hash)
{
	const cni_link *link = l->link;

	for (cni_group *g = l->buckets[hash & (l->bucket_count - 1)]; g; g = g->chain) {
		if (g->hash == hash && cni_fields_equal(link->owner, link->fields, g->row, layout,
					       fields, row, link->count))
			return g;
	}
	return NULL;
}

static cn_status group_rows(cni_loading *l, void **rows, size_t count)
{
	const cni_link *link = l->link;
	cni_arena *arena = &l->s->scratch;

	l->bucket_count = 16;
	while (l->bucket_count < count)
		l->bucket_count *= 2;
	l->buckets = cni_alloc(arena, l->bucket_count * sizeof *l->buckets);
	if (!l->buckets)
		return cni_session_oom(l->s);
	for (size_t i = 0; i < count; i++) {
		if (cni_fields_null(link->owner, link->fields, link->count, rows[i]))
			continue;
		uint64_t hash = cni_fields_hash(link->owner, link->fields, link->count, rows[i]);
		if (find_group(l, link->owner, link->fields, rows[i], hash))
			continue;
		cni_group *group = cni_alloc(arena, sizeof *group);
		if (!group || !CNI_PUSH(arena, l->groups, l->group_count, group))
			return cni_session_oom(l->s);
		cni_group **bucket = &l->buckets[hash & (l->bucket_count - 1)];
		*group = (cni_group){.chain = *bucket, .row = rows[i], .hash = hash};
		group->last = &group->found;
		*bucket = group;
	}
	return CN_OK;
}

static cni_group *group_of(const cni_loading *l, const void *row)
{
	const cni_link *link = l->link;

	return find_group(l, link->owner, link->fields, row,
		cni_fields_hash(link->owner, link->fields, link->count, row));
}

static cn_status add_found(cni_loading *l, cni_group *group, void *row)
{
	cni_found *found = cni_alloc(&l->s->scratch, sizeof *found);

	if (!found)
		return cni_session_oom(l->s);
	found->row = row;
	*group->last = found;
	group->last = &found->next;
	group->found_count++;
	return CN_OK;
}

/* ---- fetching ---- */

static int take_target(const cn_value *values, size_t count, void *ctx, cn_error *err)
{
	cni_loading *l = ctx;
	const cni_link *link = l->link;
	cni_entry *entry;

	(void)count;
	(void)err; /* it is the session's */
	TRY(cni_session_take(l->s, link->target, values, &entry));
	/* by what the database says: the program may have changed the member since */
	cni_group *group = find_group(l, link->target, link->target_fields, cni_old(entry),
		cni_fields_hash(link->target, link->target_fields, link->count, cni_old(entry)));
	if (!group)
		return 0; /* its key compares equal in SQL only: another case, or affinity */
	TRY(add_found(l, group, cni_row(entry)));
	if (!CNI_PUSH(&l->s->scratch, l->entries, l->entry_count, entry))
		return cni_session_oom(l->s);
	return 0;
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

static cn_status fetch(cni_loading *l, cni_group *const *groups, size_t count, size_t room)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	const cni_link *link = l->link;
	bool sink = link->target->field_count <= SINK_COLUMNS;
	cni_conn *conn;

	if (sink)
		cni_buffer_printf(
			&sql, "SELECT " CNI_ROW_FUNCTION "(%s) FROM (", link->target->columns_sql);
	cni_buffer_printf(
		&sql, "SELECT %s FROM %s", link->target->columns_sql, link->target->quoted);
	in_list(&sql, link, room);
	if (link->relation->many)
		order(&sql, link);
	if (sink)
		cni_buffer_putc(&sql, ')');
	if (sql.failed)
		return cni_session_oom(l->s);
	TRY(cni_session_reader(l->s, &conn));
	TRY(cni_session_prepare(l->s, conn, sql.data, link->target, &stmt));
	size_t at = 1;
	for (size_t i = 0; i < room; i++) {
		const void *row =
			groups[i < count ? i : count - 1]->row; /* the last one fills the rest */
		for (size_t k = 0; k < link->count; k++) {
			cn_value value =
				cn_column_get(link->owner->fields[link->fields[k]].column, row);
			TRY(cni_stmt_bind(stmt, at++, value, &l->s->error));
		}
	}
	return cni_stmt_each(stmt, take_target, l, &l->s->error);
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

static cn_status fetch_all(cni_loading *l)
{
	cni_group **wanted = cni_alloc(&l->s->scratch, (l->group_count + 1) * sizeof *wanted);
	size_t count = 0;

	if (!wanted)
		return cni_session_oom(l->s);
	for (size_t i = 0; i < l->group_count; i++) {
		if (!l->groups[i]->done)
			wanted[count++] = l->groups[i];
	}
	for (size_t at = 0; at < count;) {
		size_t room = room_for(count - at, l->link->count);
		size_t part = count - at < room ? count - at : room;
		TRY(fetch(l, wanted + at, part, room));
		at += part;
	}
	return CN_OK;
}

/* ---- to one ---- */

/* A target that the session has already, and that is up to date, is not fetched. */
static cn_status take_known(cni_loading *l)
{
	const cni_link *link = l->link;

	if (!link->to_key)
		return CN_OK;
	for (size_t i = 0; i < l->group_count; i++) {
		cni_group *group = l->groups[i];
		void *probe = cni_alloc(&l->s->scratch, link->target->model->size);
		if (!probe)
			return cni_session_oom(l->s);
		for (size_t k = 0; k < link->count; k++) {
			cn_value value = cn_column_get(
				link->owner->fields[link->fields[k]].column, group->row);
			/* a value that the key's member cannot hold is no key: the fetch finds
			 * nothing */
			if (cni_decode(link->target->fields[link->target_fields[k]].column, probe,
				    &value, NULL, NULL) < 0)
				goto next;
		}
		cni_entry *known = cni_session_known(l->s, link->target, probe);
		if (cni_session_failed(l->s))
			return l->s->error.status;
		if (known && known->epoch == l->s->epoch && known->state != CNI_NEW) {
			group->done = true;
			TRY(add_found(l, group, cni_row(known)));
			if (!CNI_PUSH(&l->s->scratch, l->entries, l->entry_count, known))
				return cni_session_oom(l->s);
		}
	next:;
	}
	return CN_OK;
}

/* Sets the member, and what it was, so that it does not look like the program's change; unless the
 * program has changed it. */
static void set_member(cn_session *s, const cni_link *link, void *row, void *value)
{
	size_t offset = link->relation->offset;
	void **member = (void **)(void *)((char *)row + offset);
	cni_entry *entry = cni_session_entry(s, link->owner, row);

	if (entry && entry->state != CNI_NEW) {
		void **old = (void **)(void *)((char *)cni_old(entry) + offset);
		if (*member != *old)
			return;
		*old = value;
	}
	*member = value;
}

static void set_targets(cni_loading *l, void **rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cni_group *group =
			cni_fields_null(l->link->owner, l->link->fields, l->link->count, rows[i])
				? NULL
				: group_of(l, rows[i]);
		set_member(
			l->s, l->link, rows[i], group && group->found ? group->found->row : NULL);
	}
}

/* ---- to many ---- */

static cn_status set_lists(cni_loading *l, void **rows, size_t count)
{
	const cni_link *link = l->link;

	for (size_t i = 0; i < count; i++) {
		cni_group *group = cni_fields_null(link->owner, link->fields, link->count, rows[i])
					   ? NULL
					   : group_of(l, rows[i]);
		size_t n = 0;
		void **list = cni_alloc(
			&l->s->rows, ((group ? group->found_count : 0) + 1) * sizeof *list);
		if (!list)
			return cni_session_oom(l->s);
		for (cni_found *found = group ? group->found : NULL; found; found = found->next) {
			list[n++] = found->row;
			if (link->back)
				set_member(l->s, link->back, found->row, rows[i]);
		}
		set_member(l->s, link, rows[i], list);
	}
	return CN_OK;
}

static cn_status load_link(
	cn_session *s, const cni_link *link, void **rows, size_t count, cni_loading *ret)
{
	cni_loading loading = {.s = s, .link = link};

	TRY(group_rows(&loading, rows, count));
	if (!link->relation->many)
		TRY(take_known(&loading));
	TRY(fetch_all(&loading));
	if (link->relation->many)
		TRY(set_lists(&loading, rows, count));
	else
		set_targets(&loading, rows, count);
	*ret = loading;
	return CN_OK;
}

cn_status cni_session_load_children(cn_session *s, const cni_link *link, void **rows, size_t count,
	cni_entry ***ret_entries, size_t *ret_count)
{
	cni_loading loading;

	TRY(load_link(s, link, rows, count, &loading));
	*ret_entries = loading.entries;
	*ret_count = loading.entry_count;
	return CN_OK;
}

/* ---- paths: "producer, products.garbage" as a tree, so that a common beginning is loaded once
 * ---- */

typedef struct cni_path {
	const cni_link *link;
	struct cni_path *first, *next;
} cni_path;

static cn_status unknown_relation(cn_session *s, const cni_layout *layout, const char *name)
{
	const char **names = cni_alloc(&s->scratch, (layout->link_count + 1) * sizeof *names);

	cn_error_set(
		&s->error, CN_EARG, "\"%s\" has no relation \"%s\" to load", layout->name, name);
	for (size_t i = 0; names && i < layout->link_count; i++)
		names[i] = layout->links[i].relation->member;
	const char *near = names ? cni_nearest(name, names) : NULL;
	if (near)
		cn_error_hint(&s->error, "did you mean \"%s\"?", near);
	else
		cn_error_hint(
			&s->error, "its relations are what CN_BELONGS_TO and CN_HAS_MANY declare");
	return CN_EARG;
}

static cn_status add_path(
	cn_session *s, cni_path **level, const cni_layout *layout, const char *name, cni_path **ret)
{
	for (size_t i = 0; i < layout->link_count; i++) {
		if (strcmp(layout->links[i].relation->member, name) != 0)
			continue;
		while (*level && (*level)->link != &layout->links[i])
			level = &(*level)->next;
		if (!*level) {
			*level = cni_alloc(&s->scratch, sizeof **level);
			if (!*level)
				return cni_session_oom(s);
			(*level)->link = &layout->links[i];
		}
		*ret = *level;
		return CN_OK;
	}
	return unknown_relation(s, layout, name);
}

static cn_status parse_path(
	cn_session *s, const cni_layout *layout, const char *text, cni_path **ret)
{
	const cni_layout *at_layout = layout;
	cni_path *tree = NULL, **level = &tree;
	cni_lexer lexer;
	size_t depth = 0;

	cni_lexer_init(&lexer, text, strlen(text));
	for (;;) {
		cni_token word = cni_lexer_next_solid(&lexer), after = cni_lexer_next_solid(&lexer);
		bool dot = cni_token_is_op(&after, "."), comma = cni_token_is_op(&after, ",");
		cni_path *path = NULL;
		if (word.kind != CNI_TOKEN_WORD ||
			(after.kind != CNI_TOKEN_END && !dot && !comma)) {
			cn_error_set(&s->error, CN_EARG, "\"%s\" is no list of relations", text);
			cn_error_hint(&s->error, "write \"producer, products.garbage\"");
			return CN_EARG;
		}
		if (++depth > PATH_DEPTH)
			return cn_fail(&s->error, CN_EARG,
				"relations are loaded at most %d levels deep", PATH_DEPTH);
		char *name = cni_strndup(&s->scratch, word.text, word.size);
		if (!name)
			return cni_session_oom(s);
		TRY(add_path(s, level, at_layout, name, &path));
		if (after.kind == CNI_TOKEN_END)
			break;
		level = dot ? &path->first : &tree;
		at_layout = dot ? path->link->target : layout;
		depth = dot ? depth : 0;
	}
	*ret = tree;
	return CN_OK;
}

/* The depth is bounded by parse_path. */
static cn_status load_tree(cn_session *s, const cni_path *path, void **rows, size_t count)
{
	for (; path && count; path = path->next) {
		cni_loading loading;
		TRY(load_link(s, path->link, rows, count, &loading));
		if (!path->first || !loading.entry_count)
			continue;
		void **next = cni_alloc(&s->scratch, loading.entry_count * sizeof *next);
		if (!next)
			return cni_session_oom(s);
		for (size_t i = 0; i < loading.entry_count; i++)
			next[i] = cni_row(loading.entries[i]);
		TRY(load_tree(s, path->first, next, loading.entry_count));
	}
	return CN_OK;
}

cn_status cni_session_load_path(
	cn_session *s, const cni_layout *layout, void **rows, size_t count, const char *path)
{
	cni_path *tree;

	TRY(parse_path(s, layout, path, &tree));
	return load_tree(s, tree, rows, count);
}

static void load(cn_session *s, const cn_model *model, void **rows, size_t count, const char *path)
{
	cni_arena_reset(&s->scratch);
	const cni_layout *layout = cni_session_layout(s, model);
	if (layout) /* the error is kept */
		(void)!cni_session_load_path(s, layout, rows, count, path);
}

void cn_session_load(cn_session *s, const cn_model *model, void *list, const char *path)
{
	if (!cni_session_failed(s) && list)
		load(s, model, list, cn_len(list), path);
}

void cn_session_load_row(cn_session *s, const cn_model *model, void *row, const char *path)
{
	if (!cni_session_failed(s) && row)
		load(s, model, (void *[]){row}, 1, path);
}
