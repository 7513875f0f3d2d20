/*
 * works.h - what sessions can do beyond the store's models, for the tests in which something fails:
 * every kind of member, a table between without a model, two databases, reflected tables, hooks.
 */
#ifndef CANTIL_TESTS_ORM_WORKS_H
#define CANTIL_TESTS_ORM_WORKS_H

#include "orm/store.h"

typedef struct works {
	char folder[64], uris[2][128];
	cn_db *db;
} works;

typedef cn_status (*works_fn)(cn_session *s);
typedef struct works_job {
	const char *name;
	works_fn run;
	bool writes;
} works_job;
extern const works_job all_works[]; /* ended by {0} */

void works_make(works *w);                     /* both databases, with rows; not open */
cn_status works_open(works *w, cn_error *err); /* reflects */
void works_close(works *w);
void works_remove(works *w);

/* As works_make left it, or as the work did; `half`: the first database only. */
bool works_is_old(cn_session *s);
bool works_is_new(cn_session *s);
bool works_is_half(cn_session *s);

#endif
