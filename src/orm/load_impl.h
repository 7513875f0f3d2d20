/*
 * load_impl.h - one relation being loaded for many rows: what its files share.
 *
 * Everything lives in the session's scratch arena, but the rows and the lists that the program
 * gets.
 */
#ifndef CNI_ORM_LOAD_IMPL_H
#define CNI_ORM_LOAD_IMPL_H

#include "orm/session_impl.h"

typedef struct cni_group {     /* rows that have the same key */
	const cni_node *owner; /* one of them */
	uint64_t hash;
	int64_t key;    /* of an int_join */
	uint32_t chain; /* the next in the bucket, from 1; 0: none */
	bool done;      /* its target was known already */
	size_t found_count;
	void *value; /* what the member becomes: a row or a list */
} cni_group;

typedef struct cni_found { /* a fetched row, and whose it is */
	cni_node node;
	uint32_t group;
} cni_found;

typedef struct cni_loading {
	cn_session *s;
	const cni_link *link;
	const cni_link *far; /* of the table between: from there to the target */
	bool between;        /* the rows are only passed through */
	bool read_only;
	const cni_node *owners;
	size_t owner_count;
	cni_group **owner_groups; /* of each owner, NULL: it has no key */
	uint32_t *buckets;        /* a group's place, from 1 */
	size_t bucket_count;      /* a power of two */
	cni_group *groups;
	size_t group_count;
	cni_found *found; /* in order, each row once */
	size_t found_count;
} cni_loading;

/* Groups the owners, and fetches what belongs to them. load.c */
cn_status cni_loading_run(cni_loading *l) CN_MUST_CHECK;
cn_status cni_loading_add(cni_loading *l, cni_group *group, cni_node node) CN_MUST_CHECK;

/* Loads a relation and sets its members; what was found, each row once. load_set.c */
cn_status cni_load_link(cn_session *s, const cni_link *link, const cni_node *owners, size_t count,
	bool read_only, cni_node **ret, size_t *ret_count) CN_MUST_CHECK;

#endif
