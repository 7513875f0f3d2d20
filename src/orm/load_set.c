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

/* Each group's list, in the order in which its rows were found. */
static cn_status make_lists(cni_loading *l, const cni_link *link)
{
	void **none = cni_alloc(&l->s->rows, sizeof *none);

	if (!none)
		return cni_session_oom(l->s);
	for (size_t i = 0; i < l->group_count; i++) {
		cni_group *group = &l->groups[i];
		group->value =
			group->found_count
				? cni_alloc(&l->s->rows, (group->found_count + 1) * sizeof(void *))
				: none;
		if (!group->value)
			return cni_session_oom(l->s);
		group->found_count = 0;
	}
	for (size_t i = 0; i < l->found_count; i++) {
		cni_group *group = &l->groups[l->found[i].group];
		((void **)group->value)[group->found_count++] = l->found[i].node.row;
		if (link->back)
			cni_member_load(link->back, &l->found[i].node, group->owner->row);
	}
	/* a row without a key has no children, which is not the same as not loaded */
	set_members(l, link, none);
	return CN_OK;
}

static void take_first(cni_loading *l, const cni_link *link)
{
	for (size_t i = 0; i < l->found_count; i++) {
		cni_group *group = &l->groups[l->found[i].group];
		if (group->value)
			continue;
		group->value = l->found[i].node.row;
		if (link->back)
			cni_member_load(link->back, &l->found[i].node, group->owner->row);
	}
	set_members(l, link, NULL);
}

static cn_status take_nodes(const cni_loading *l, cni_node **ret, size_t *ret_count)
{
	cni_node *nodes = cni_alloc(&l->s->scratch, (l->found_count + 1) * sizeof *nodes);

	if (!nodes)
		return cni_session_oom(l->s);
	for (size_t i = 0; i < l->found_count; i++)
		nodes[i] = l->found[i].node;
	*ret = nodes;
	*ret_count = l->found_count;
	return CN_OK;
}

/* ---- many to many: the rows of the table between, then the targets of those ---- */

static int by_key(const void *a, const void *b, void *ctx)
{
	const cni_layout *layout = ctx;
	const void *x = *(void *const *)a, *y = *(void *const *)b;

	return cni_fields_compare(layout, layout->key, layout->key_count, x, y);
}

static bool is_sorted(void *const *list, size_t count, const cni_layout *layout)
{
	for (size_t i = 1; i < count; i++) {
		if (cni_fields_compare(
			    layout, layout->key, layout->key_count, list[i - 1], list[i]) > 0)
			return false;
	}
	return true;
}

/* From the rows between, each with its target, to lists of targets. A target that is not there (no
 * foreign key keeps it) is left out. */
static cn_status join_halves(cni_loading *near, const cni_loading *far)
{
	union { /* qsort_r's context is not constant; the layout is not touched */
		const cni_layout *layout;
		void *ctx;
	} u = {.layout = far->link->target};

	for (size_t i = 0; i < near->group_count; i++) {
		cni_group *group = &near->groups[i];
		group->value = cni_alloc(&near->s->rows, (group->found_count + 1) * sizeof(void *));
		if (!group->value)
			return cni_session_oom(near->s);
		group->found_count = 0;
	}
	size_t count = near->paired ? near->pair_count : near->found_count;
	for (size_t i = 0; i < count; i++) {
		uint32_t owner = near->paired ? near->pairs[i].group : near->found[i].group;
		cni_group *group = &near->groups[owner];
		const cni_group *target = cni_owner_group(far, i);
		if (target && target->value)
			((void **)group->value)[group->found_count++] = target->value;
	}
	for (size_t i = 0; !near->link->relation->order_by && i < near->group_count; i++) {
		cni_group *group = &near->groups[i];
		if (!is_sorted(group->value, group->found_count, u.layout))
			qsort_r(group->value, group->found_count, sizeof(void *), by_key, u.ctx);
	}
	return CN_OK;
}

static cn_status load_far(cni_loading *near, cni_loading *far)
{
	cni_node *between;
	size_t count;

	if (near->paired) {
		far->keys = near->pairs;
		far->owner_count = near->pair_count;
	} else {
		TRY(take_nodes(near, &between, &count));
		far->owners = between;
		far->owner_count = count;
	}
	TRY(cni_loading_run(far));
	for (size_t i = 0; i < far->found_count; i++)
		far->groups[far->found[i].group].value = far->found[i].node.row;
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
	TRY(join_halves(&near, &far));
	void **none = cni_alloc(&s->rows, sizeof *none);
	if (!none)
		return cni_session_oom(s);
	set_members(&near, link, none);
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
