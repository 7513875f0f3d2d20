/*
 * load_impl.h - one relation being loaded for many rows: what its files share.
 *
 * Everything lives in the session's scratch arena, but the rows and the lists that the program
 * gets.
 */
#ifndef CNI_ORM_LOAD_IMPL_H
#define CNI_ORM_LOAD_IMPL_H

#include "orm/keys.h"
#include "orm/session_impl.h"

typedef struct cni_group {     /* rows that have the same key */
	const cni_node *owner; /* the first of them; NULL when there are but keys */
	uint64_t hash;         /* not of an int_join */
	void *value;           /* what the member becomes: a row or a list */
	uint32_t chain;        /* the next in the bucket, from 1; 0: none */
	unsigned found_count : 31;
	unsigned done : 1; /* its target was known already */
} cni_group;

typedef struct cni_pair {    /* a row of the table between: whose it is, and where it leads to */
	uint32_t owner, far; /* places of keys, from 1 */
} cni_pair;

/* Lists from malloc: they grow where they are, and nobody zeroes them first. Of a join by one
 * integer, a group stands where its key has its place in `keys`; other keys are hashed. */
typedef struct cni_loading {
	cn_session *s;
	const cni_link *link;
	const cni_link *far; /* of the table between: from there to the target */
	bool between;        /* the rows are only passed through */
	bool paired;         /* of those, only where they lead to is kept: `pairs`, no groups */
	bool read_only;
	const cni_node *owners; /* NULL: there are but `keys` */
	size_t owner_count;
	/* of each owner its group, from 1; 0: it has no key. NULL: each has its own, in order */
	uint32_t *owner_places;
	cni_keys keys;
	size_t key_column, far_column; /* in a fetched row */
	uint32_t *buckets;             /* a group's place, from 1 */
	size_t bucket_count;           /* a power of two */
	cni_group *groups;
	size_t group_count, group_cap;
	cni_node *found; /* in order, each row once */
	uint32_t *found_places;
	size_t found_count, found_cap;
	cni_pair *pairs;
	size_t pair_count, pair_cap;
	uint32_t *pair_counts; /* of each place of `keys` */
	cni_keys far_keys;
} cni_loading;

static inline uint32_t cni_owner_place(const cni_loading *l, size_t owner) /* 0: none */
{
	return l->owner_places ? l->owner_places[owner] : (uint32_t)owner + 1;
}

static inline cni_group *cni_owner_group(const cni_loading *l, size_t owner) /* NULL: none */
{
	uint32_t place = cni_owner_place(l, owner);
	return place ? &l->groups[place - 1] : NULL;
}

/* Groups the owners, and fetches what belongs to them. load.c */
cn_status cni_loading_run(cni_loading *l) CN_MUST_CHECK;
cn_status cni_loading_add(cni_loading *l, cni_group *group, cni_node node) CN_MUST_CHECK;
int cni_loading_take(const cni_tuple *values, void *ctx, cn_error *err); /* a fetched row */
void cni_loading_done(cni_loading *l);

/* The rows of all groups that are not done. load_fetch.c */
cn_status cni_loading_fetch(cni_loading *l) CN_MUST_CHECK;

/* A path as a tree: "producer, products.garbage". load_path.c */
typedef struct cni_path {
	const cni_link *link;
	struct cni_path *first, *next;
} cni_path;
cn_status cni_path_parse(
	cn_session *s, const cni_layout *layout, const char *text, cni_path **ret) CN_MUST_CHECK;

/* Relations to one row that are read by the same statement. joins.c */
typedef struct cni_joins {
	const cni_path *first;
} cni_joins;
cn_status cni_joins_parse(
	cn_session *s, const cni_layout *layout, const char *text, cni_joins *ret) CN_MUST_CHECK;
void cni_joins_sql(
	cni_buffer *sql, const cni_layout *layout, const cn_query *query, const cni_joins *joins);
/* The values behind the owner's own, from the column `first` on. */
cn_status cni_joins_take(cn_session *s, const cni_joins *joins, const cni_tuple *values,
	size_t first, const cni_node *owner, bool read_only) CN_MUST_CHECK;

/* Sets the member, and what it was, so that it does not look like the program's change; unless the
 * program has changed it. load_set.c */
void cni_member_load(const cni_link *link, const cni_node *node, void *value);

/* Loads a relation and sets its members; what was found, each row once, if `ret` is not NULL.
 * load_set.c */
cn_status cni_load_link(cn_session *s, const cni_link *link, const cni_node *owners, size_t count,
	bool read_only, cni_node **ret, size_t *ret_count) CN_MUST_CHECK;

#endif
