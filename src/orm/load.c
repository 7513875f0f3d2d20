/*
 * load.c - relations: a statement for each level and 500 keys, never one for each row.
 *
 * Rows are grouped by the columns that the relation joins; the other side is fetched with IN lists
 * of those keys (load_fetch.c), and each fetched row finds its group by its key. When a good part
 * of a table's keys is wanted, the other table is read from its begin to its end instead, which
 * costs a third of looking its rows up. To-one and to-many differ in what is then done with the
 * group only (load_set.c).
 */
#include "orm/load_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/try.h"

enum { LOAD_MIN = 16 };

/* ---- groups ---- */

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

static cni_group *find_group(const cni_loading *l, const cni_layout *layout, const size_t *fields,
	const void *row, uint64_t hash)
{
	const cni_link *link = l->link;
	uint32_t at = l->buckets[hash & (l->bucket_count - 1)];

	for (; at; at = l->groups[at - 1].chain) {
		cni_group *g = &l->groups[at - 1];
		if (g->hash == hash && cni_fields_equal(link->owner, link->fields, g->owner->row,
					       layout, fields, row, link->count))
			return g;
	}
	return NULL;
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
		uint32_t *bucket = &buckets[l->groups[i].hash & (count - 1)];
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
	uint32_t *bucket = &l->buckets[group.hash & (l->bucket_count - 1)];
	group.chain = *bucket;
	l->groups[l->group_count++] = group;
	*bucket = (uint32_t)l->group_count;
	return *bucket;
}

static uint32_t place_of(const cni_loading *l, const cni_group *group)
{
	return (uint32_t)(group - l->groups) + 1;
}

static bool group_owner(cni_loading *l, size_t i)
{
	const cni_link *link = l->link;
	const cni_node *owner = &l->owners[i];

	if (cni_fields_null(link->owner, link->fields, link->count, owner->row))
		return true;
	uint64_t hash = cni_fields_hash(link->owner, link->fields, link->count, owner->row);
	cni_group *group = find_group(l, link->owner, link->fields, owner->row, hash);
	l->owner_places[i] = group ? place_of(l, group)
				   : add_group(l, (cni_group){.owner = owner, .hash = hash});
	return l->owner_places[i] != 0;
}

static cn_status group_rows(cni_loading *l)
{
	l->owner_places = calloc(l->owner_count + 1, sizeof *l->owner_places);
	if (!l->owner_places || !grow_buckets(l))
		return cni_session_oom(l->s);
	for (size_t i = 0; i < l->owner_count; i++) {
		if (!group_owner(l, i))
			return cni_session_oom(l->s);
	}
	return CN_OK;
}

/* ---- groups of a join by one integer: a group for each key, in the order of the keys ---- */

/* The smallest and the largest key there is; false: there is none. */
static bool key_range(const cni_loading *l, int64_t *min, int64_t *max)
{
	const cni_field *field = &l->link->owner->fields[l->link->fields[0]];
	bool any = false;
	int64_t key;

	for (size_t i = 0; i < l->owner_count; i++) {
		if (!int_of(field, l->owners[i].row, &key))
			continue;
		*min = any && *min < key ? *min : key;
		*max = any && *max > key ? *max : key;
		any = true;
	}
	return any;
}

/* From here on owners and places are not the same. */
static bool part_places(cni_loading *l, size_t owner)
{
	l->owner_places = calloc(l->owner_count + 1, sizeof *l->owner_places);
	for (size_t i = 0; l->owner_places && i < owner; i++)
		l->owner_places[i] = (uint32_t)i + 1;
	return l->owner_places != NULL;
}

static cn_status add_keys(cni_loading *l)
{
	const cni_field *field = &l->link->owner->fields[l->link->fields[0]];
	int64_t key;

	for (size_t i = 0; i < l->owner_count; i++) {
		bool some = int_of(field, l->owners[i].row, &key);
		uint32_t place = some ? cni_keys_add(&l->keys, key) : 0;
		if (some && !place)
			return cni_session_oom(l->s);
		if (place != i + 1 && !l->owner_places && !part_places(l, i))
			return cni_session_oom(l->s);
		if (l->owner_places)
			l->owner_places[i] = place;
	}
	return CN_OK;
}

static cn_status group_ints(cni_loading *l)
{
	int64_t min = 0, max = 0;

	if (l->owners) {
		if (!key_range(l, &min, &max))
			max = min;
		if (!cni_keys_expect(&l->keys, min, max, l->owner_count))
			return cni_session_oom(l->s);
		TRY(add_keys(l));
	}
	l->group_count = l->keys.count;
	if (l->paired) {
		l->pair_counts = calloc(l->group_count + 1, sizeof *l->pair_counts);
		return l->pair_counts ? CN_OK : cni_session_oom(l->s);
	}
	l->groups = calloc(l->group_count + 1, sizeof *l->groups);
	if (!l->groups)
		return cni_session_oom(l->s);
	for (size_t i = l->owners ? l->owner_count : 0; i-- > 0;) { /* the first one stays */
		cni_group *group = cni_owner_group(l, i);
		if (group)
			group->owner = &l->owners[i];
	}
	return CN_OK;
}

/* ---- what was fetched ---- */

cn_status cni_loading_add(cni_loading *l, cni_group *group, cni_node node)
{
	if (l->found_count == l->found_cap) {
		size_t cap = l->found_cap ? l->found_cap * 2 : LOAD_MIN;
		cni_node *found = realloc(l->found, cap * sizeof *found);
		if (found)
			l->found = found;
		uint32_t *places = realloc(l->found_places, cap * sizeof *places);
		if (places)
			l->found_places = places;
		if (!found || !places)
			return cni_session_oom(l->s);
		l->found_cap = cap;
	}
	l->found_places[l->found_count] = place_of(l, group);
	l->found[l->found_count++] = node;
	group->found_count++;
	return CN_OK;
}

static cn_status add_pair(cni_loading *l, uint32_t place, const cni_tuple *values)
{
	void *pairs = l->pairs;
	int64_t key;

	if (!cni_tuple_integer(values, l->far_column, &key)) /* it leads nowhere */
		return CN_OK;
	if (!make_room(&pairs, l->pair_count, &l->pair_cap, sizeof *l->pairs))
		return cni_session_oom(l->s);
	l->pairs = pairs;
	uint32_t far = cni_keys_add(&l->far_keys, key);
	if (!far)
		return cni_session_oom(l->s);
	l->pairs[l->pair_count++] = (cni_pair){place, far};
	l->pair_counts[place - 1]++;
	return CN_OK;
}

void cni_loading_done(cni_loading *l)
{
	cni_keys_done(&l->keys);
	cni_keys_done(&l->far_keys);
	free(l->owner_places);
	free(l->buckets);
	free(l->groups);
	free(l->found);
	free(l->found_places);
	free(l->pairs);
	free(l->pair_counts);
}

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

/* A row that belongs to nobody here is not even kept. */
static int take_by_int(cni_loading *l, const cni_tuple *values)
{
	cni_node node;
	int64_t key;

	if (!cni_tuple_integer(values, l->key_column, &key))
		return 0;
	uint32_t place = cni_keys_find(&l->keys, key);
	if (!place)
		return 0;
	if (l->paired)
		return add_pair(l, place, values);
	TRY(take_node(l, values, &node));
	return cni_loading_add(l, &l->groups[place - 1], node);
}

int cni_loading_take(const cni_tuple *values, void *ctx, cn_error *err)
{
	cni_loading *l = ctx;
	const cni_link *link = l->link;
	cni_node node;

	(void)err; /* it is the session's */
	if (link->int_join)
		return take_by_int(l, values);
	TRY(take_node(l, values, &node));
	/* by what the database says: the program may have changed the member since */
	const void *row = node.entry ? cni_old(node.entry) : node.row;
	cni_group *group = find_group(l, link->target, link->target_fields, row,
		cni_fields_hash(link->target, link->target_fields, link->count, row));
	if (!group) /* its key compares equal in SQL only: another case, or affinity */
		return 0;
	return cni_loading_add(l, group, node);
}

/* As of a list of a table's rows: each has one key here, so none comes twice. */
static cn_status fetch_fresh(cni_loading *l)
{
	const cni_layout *target = l->link->target;
	cn_session *s = l->s;

	if (!l->between && !l->read_only && target->int_key && target->row_number >= 0 &&
		!s->counts[target->rank])
		s->fresh = target;
	cn_status status = cni_loading_fetch(l);
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
		*ret = cni_session_known_int(l->s, link->target, l->keys.keys[group - l->groups]);
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
	const cni_link *link = l->link;

	if (l->owner_count >= CNI_KEYS_MAX)
		return cn_fail(&l->s->error, CN_EARG, "too many rows to load relations of");
	l->key_column = l->paired ? 0 : link->target_fields[0];
	l->far_column = 1;
	TRY(link->int_join ? group_ints(l) : group_rows(l));
	if (link->kind == CN_RELATION_BELONGS_TO)
		TRY(take_known(l));
	return fetch_fresh(l);
}
