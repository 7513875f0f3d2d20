/* load_set.c - what was fetched for a relation comes into the rows' members. */
#include <stdlib.h>
#include <string.h>

#include "base/try.h"
#include "orm/load_impl.h"

void cni_member_load(const cni_link *link, const cni_node *node, void *value)
{
	size_t offset = link->relation->offset;
	void **member = (void **)(void *)((char *)node->row + offset);

	if (node->entry && node->entry->state != CNI_NEW) {
		void **old = (void **)(void *)((char *)cni_old(node->entry) + offset);
		if (*member != *old)
			return;
		*old = value;
	}
	*member = value;
}

static void set_members(const cni_loading *l, const cni_link *link, void *none)
{
	for (size_t i = 0; i < l->owner_count; i++) {
		const cni_group *group = cni_owner_group(l, i);
		cni_member_load(link, &l->owners[i], group ? group->value : none);
	}
}

/* ---- order by the key, as it mostly is already ---- */

static int by_key(const void *a, const void *b, void *ctx)
{
	const cni_layout *layout = ctx;
	const void *x = *(void *const *)a, *y = *(void *const *)b;

	return cni_fields_compare(layout, layout->key, layout->key_count, x, y);
}

static bool is_sorted(void *const *list, size_t count, const cni_layout *layout)
{
	for (size_t i = 1; i < count; i++) {
		if (layout->int_key
				? cni_int_key(layout, list[i - 1]) > cni_int_key(layout, list[i])
				: cni_fields_compare(layout, layout->key, layout->key_count,
					  list[i - 1], list[i]) > 0)
			return false;
	}
	return true;
}

static void sort_by_key(void **list, size_t count, const cni_layout *layout)
{
	union { /* qsort_r's context is not constant; the layout is not touched */
		const cni_layout *layout;
		void *ctx;
	} u = {.layout = layout};

	if (!is_sorted(list, count, layout))
		qsort_r(list, count, sizeof *list, by_key, u.ctx);
}

/* ---- one to many, to one ---- */

/* Room for all lists together: `rows` in them, and a NULL at the end of each of `count`. */
static void **lists_room(cn_session *s, size_t rows, size_t count)
{
	void **room = cni_alloc_bare(&s->rows, (rows + count) * sizeof *room);

	if (!room)
		(void)cni_session_oom(s);
	return room;
}

/* Each group's list, in the order in which its rows were found. */
static cn_status make_lists(cni_loading *l, const cni_link *link)
{
	void **room = lists_room(l->s, l->found_count, l->group_count + 1), **none = room;

	if (!room)
		return l->s->error.status;
	*room++ = NULL;
	for (size_t i = 0; i < l->group_count; i++) {
		cni_group *group = &l->groups[i];
		group->value = room;
		room += group->found_count;
		*room++ = NULL;
		group->found_count = 0;
	}
	for (size_t i = 0; i < l->found_count; i++) {
		cni_group *group = &l->groups[l->found_places[i] - 1];
		((void **)group->value)[group->found_count++] = l->found[i].row;
		if (link->back)
			cni_member_load(link->back, &l->found[i], group->owner->row);
	}
	for (size_t i = 0; !link->relation->order_by && i < l->group_count; i++)
		sort_by_key(l->groups[i].value, l->groups[i].found_count, link->target);
	/* a row without a key has no children, which is not the same as not loaded */
	set_members(l, link, none);
	return CN_OK;
}

static void take_first(cni_loading *l, const cni_link *link)
{
	for (size_t i = 0; i < l->found_count; i++) {
		cni_group *group = &l->groups[l->found_places[i] - 1];
		if (group->value)
			continue;
		group->value = l->found[i].row;
		if (link->back)
			cni_member_load(link->back, &l->found[i], group->owner->row);
	}
	set_members(l, link, NULL);
}

static cn_status take_nodes(const cni_loading *l, cni_node **ret, size_t *ret_count)
{
	size_t size = l->found_count * sizeof **ret;

	if (!ret)
		return CN_OK;
	cni_node *nodes = cni_alloc_bare(&l->s->scratch, size + 1);
	if (!nodes)
		return cni_session_oom(l->s);
	if (size)
		memcpy(nodes, l->found, size);
	*ret = nodes;
	*ret_count = l->found_count;
	return CN_OK;
}

/* ---- many to many: the rows of the table between, then the targets of those ---- */

/* From pairs of keys to lists of targets. A target that is not there (no foreign key keeps it) is
 * left out. */
static cn_status join_pairs(const cni_loading *near, const cni_loading *far, const cni_link *link)
{
	size_t count = near->group_count;
	void **room = lists_room(near->s, near->pair_count, count + 1), **none = room;
	void ***lists = cni_alloc_bare(&near->s->scratch, (count + 1) * sizeof *lists);

	if (!room || !lists)
		return cni_session_oom(near->s);
	*room++ = NULL;
	for (size_t i = 0; i < count; i++) {
		lists[i] = room;
		room += near->pair_counts[i] + 1;
		near->pair_counts[i] = 0;
	}
	for (size_t i = 0; i < near->pair_count; i++) {
		const cni_pair *pair = &near->pairs[i];
		void *target = far->groups[pair->far - 1].value;
		if (target)
			lists[pair->owner - 1][near->pair_counts[pair->owner - 1]++] = target;
	}
	for (size_t i = 0; i < count; i++) {
		lists[i][near->pair_counts[i]] = NULL;
		if (!link->relation->order_by)
			sort_by_key(lists[i], near->pair_counts[i], link->target);
	}
	for (size_t i = 0; i < near->owner_count; i++) {
		uint32_t place = cni_owner_place(near, i);
		cni_member_load(link, &near->owners[i], place ? lists[place - 1] : none);
	}
	return CN_OK;
}

/* The same from the rows between. */
static cn_status join_halves(cni_loading *near, const cni_loading *far, const cni_link *link)
{
	void **room = lists_room(near->s, near->found_count, near->group_count + 1), **none = room;

	if (!room)
		return near->s->error.status;
	*room++ = NULL;
	for (size_t i = 0; i < near->group_count; i++) {
		cni_group *group = &near->groups[i];
		group->value = room;
		room += group->found_count + 1;
		group->found_count = 0;
	}
	for (size_t i = 0; i < near->found_count; i++) {
		cni_group *group = &near->groups[near->found_places[i] - 1];
		const cni_group *target = cni_owner_group(far, i);
		if (target && target->value)
			((void **)group->value)[group->found_count++] = target->value;
	}
	for (size_t i = 0; i < near->group_count; i++) {
		cni_group *group = &near->groups[i];
		((void **)group->value)[group->found_count] = NULL;
		if (!link->relation->order_by)
			sort_by_key(group->value, group->found_count, link->target);
	}
	set_members(near, link, none);
	return CN_OK;
}

static cn_status load_far(cni_loading *near, cni_loading *far)
{
	if (near->paired) { /* the keys that they lead to, each once */
		far->keys = near->far_keys;
		near->far_keys = (cni_keys){0};
		far->owner_count = far->keys.count;
	} else {
		far->owners = near->found;
		far->owner_count = near->found_count;
	}
	TRY(cni_loading_run(far));
	for (size_t i = 0; i < far->found_count; i++)
		far->groups[far->found_places[i] - 1].value = far->found[i].row;
	return CN_OK;
}

static cn_status load_through(cn_session *s, const cni_link *link, const cni_node *owners,
	size_t count, bool read_only, cni_node **ret, size_t *ret_count)
{
	/* of most tables between, only where they lead to need be kept of a row */
	bool paired = link->near->int_join && link->far->int_join && link->target->int_key;
	CLEANUP(cni_loading_done)
	cni_loading near = {.s = s,
		.link = link->near,
		.far = link->far,
		.between = true,
		.paired = paired,
		.owners = owners,
		.owner_count = count};
	CLEANUP(cni_loading_done)
	cni_loading far = {.s = s, .link = link->far, .read_only = read_only};

	TRY(cni_loading_run(&near));
	TRY(load_far(&near, &far));
	TRY(paired ? join_pairs(&near, &far, link) : join_halves(&near, &far, link));
	return take_nodes(&far, ret, ret_count);
}

cn_status cni_load_link(cn_session *s, const cni_link *link, const cni_node *owners, size_t count,
	bool read_only, cni_node **ret, size_t *ret_count)
{
	CLEANUP(cni_loading_done)
	cni_loading l = {.s = s,
		.link = link,
		.read_only = read_only,
		.owners = owners,
		.owner_count = count};

	if (link->kind == CN_RELATION_MANY_TO_MANY)
		return load_through(s, link, owners, count, read_only, ret, ret_count);
	TRY(cni_loading_run(&l));
	if (link->kind == CN_RELATION_HAS_MANY)
		TRY(make_lists(&l, link));
	else
		take_first(&l, link);
	return take_nodes(&l, ret, ret_count);
}

cn_status cni_session_load_children(cn_session *s, const cni_link *link, const cni_node *owners,
	size_t count, cni_node **ret, size_t *ret_count)
{
	return cni_load_link(s, link, owners, count, false, ret, ret_count);
}
