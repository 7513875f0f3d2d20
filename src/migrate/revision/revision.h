/*
 * revision.h - a revision is one SQL file; a folder of them is a graph.
 *
 * Invariants: ids and labels are unique in a folder; parents, and what is depended on, exist; there
 * is no cycle. A folder is read whole and checked before anything is done with it. The file's
 * format is docs/revision-files.md.
 */
#ifndef CNI_MIGRATE_REVISION_H
#define CNI_MIGRATE_REVISION_H

#include <cantil/migrate.h>

#include "migrate/change/change.h"

enum {
	CNI_REVISION_MAX_BYTES = 16 << 20, /* of one file */
	CNI_REVISION_ID_MAX = 64,          /* characters of an id or a label */
	CNI_FOLDER_MAX = 100000,           /* files in versions/ */
	CNI_FOLDER_FORMAT = 1,             /* of the files; said in the folder's settings */
};
#define CNI_FOLDER_SETTINGS "migrations.ini"

typedef struct cni_section { /* one engine's half of a revision */
	const char *engine;
	cni_plan upgrade, downgrade;
	bool has_upgrade;
	bool has_downgrade; /* false: it cannot be undone; downgrade says so */
} cni_section;

typedef struct cni_replaced { /* revisions that were squashed into one, in their order */
	const char **ids;
	size_t count;
} cni_replaced;

typedef struct cni_revision {
	const char *id;       /* 12 hex digits, or what --rev-id said */
	const char **parents; /* none: a base; two: a merge */
	size_t parent_count;
	const char **labels; /* names of the branch that begins here; inherited by what follows */
	size_t label_count;
	/* must be applied before this one, without being followed by it. Ids, once the folder is
	 * linked; before that a branch's label is possible. */
	const char **depends;
	size_t depend_count;
	const char *message, *created; /* "" when not said */
	const char *
		*answers; /* the decisions it rests on, as the answers file has them: for people */
	size_t answer_count;
	/* What it was squashed from (replaced.c). More than one list when the last of them was
	 * squashed itself: a database that has the last revision of any list is at this one. */
	cni_replaced *replaced;
	size_t replaced_count;
	const char *path;  /* of its file */
	char checksum[65]; /* SHA-256 of the file's bytes */
	/* the file's text while nothing but its header was read (cni_folder_load reads the rest);
	 * else NULL */
	const char *unread;
	size_t unread_size;
	cni_section *sections;
	size_t section_count;
	const struct cni_host *host; /* data_step.h; NULL: nobody has C functions or arguments */
	/* filled by cni_folder_link: where they stand in the folder's list */
	size_t *parent_at; /* the parents */
	size_t *need_at; /* the parents, then those it depends on: all must be applied before it */
	size_t need_count;
	bool head; /* no revision names it as a parent */
} cni_revision;

typedef struct cni_label { /* a branch's name, and the revision that it begins with */
	const char *name;
	size_t at;
} cni_label;

typedef struct cni_folder {
	cni_arena *arena;
	const char *path;        /* the migrations folder, absolute */
	bool embedded;           /* there is none: they are in the program */
	cni_revision *revisions; /* parents before children */
	size_t revision_count;
	size_t *by_id;     /* indexes into revisions, sorted by id */
	cni_label *labels; /* sorted by name */
	size_t label_count;
} cni_folder;

/* ---- one file: revision_parse.c, revision_write.c ---- */

/* Parses one file's text. Errors name file and line. */
cn_status cni_revision_parse(cni_arena *arena, const char *path, const char *text, size_t size,
	cni_revision *ret, cn_error *err) CN_MUST_CHECK;
/* The same of what stands before the first section: all that says what it is and what it follows.
 * `text` must live as long as the revision. */
cn_status cni_revision_parse_header(cni_arena *arena, const char *path, const char *text,
	size_t size, cni_revision *ret, cn_error *err) CN_MUST_CHECK;
/* May this statement stand in a section? Fills step->arguments and step->outside. CN_EARG with the
 * reason, without a place: *ret_at is where in step->sql. revision_rules.c */
cn_status cni_revision_statement(cni_arena *arena, const char *engine, bool no_transaction,
	cni_step *step, const char **ret_at, cn_error *err) CN_MUST_CHECK;
/* Do a section's steps fit together? *ret_line: of the one that does not. */
cn_status cni_revision_plan_check(
	const cni_plan *plan, unsigned *ret_line, cn_error *err) CN_MUST_CHECK;
/* The file's text. What cni_revision_parse reads from it is the same revision again. */
void cni_revision_write(cni_buffer *out, const cni_revision *revision);
/* "20261122T0715_3f2a9c1e77b0_add_price.sql"; NULL when out of memory. */
char *cni_revision_file_name(cni_arena *arena, const cni_revision *revision);
/* Letters, digits, "_" and "-", not at the front; none of the words that have a meaning (head,
 * base). */
bool cni_revision_id_valid(const char *id);
/* Letters, digits and "_", a letter first; none of the words that have a meaning. */
bool cni_label_valid(const char *label);
/* The engine's section, NULL if there is none. */
cni_section *cni_revision_section(const cni_revision *revision, const char *engine);

/* ---- the line that says which rows a plan keeps: revision_keep.c ---- */

/* `keep "t" ("a", "b") as "u" ("a", "c")`, without a line's end; nothing when a name holds both a
 * line's end and a comment's end, so that it could stand in no comment. *ret_block: it must stand
 * in a block comment. */
bool cni_keep_write(cni_buffer *out, const cni_keep *keep, bool *ret_block);
/* Reads what follows the word `keep`. CN_EARG with the reason, without a place. */
cn_status cni_keep_parse(cni_arena *arena, const char *text, size_t size, cni_keep *ret,
	cn_error *err) CN_MUST_CHECK;

/* ---- the folder: folder.c, folder_link.c ---- */

/* Reads and checks path/versions/ *.sql. CN_ENOTFOUND with a hint ("run db init") when there is no
 * folder. */
cn_status cni_folder_read(
	cni_arena *arena, const char *path, cni_folder *ret, cn_error *err) CN_MUST_CHECK;
/* The same of their headers only, which is enough for where a database stands and what comes next:
 * statements are neither looked at nor checked. */
cn_status cni_folder_read_headers(
	cni_arena *arena, const char *path, cni_folder *ret, cn_error *err) CN_MUST_CHECK;
/* Reads what is still unread: afterwards the folder is as cni_folder_read gives it. */
cn_status cni_folder_load(cni_folder *folder, cn_error *err) CN_MUST_CHECK;

/* The same from revisions that were compiled into the program; `path` stands for the folder in
 * messages. Files are checked like those of a folder, and against what was noted when they were
 * embedded: CN_ESCHEMA when they are not that any more. Headers only. embedded.c */
cn_status cni_folder_embedded(cni_arena *arena, const char *path, const cn_migrations *embedded,
	cni_folder *ret, cn_error *err) CN_MUST_CHECK;

/* Links and orders revisions that were read (paths for messages): the graph's invariants are
 * checked here. */
cn_status cni_folder_link(cni_folder *folder, cn_error *err) CN_MUST_CHECK;

/* By its whole id; NULL if there is none. */
const cni_revision *cni_folder_get(const cni_folder *folder, const char *id);
/* The revision that states this label; NULL if there is none. */
const cni_revision *cni_folder_label(const cni_folder *folder, const char *label);

size_t cni_folder_head_count(const cni_folder *folder);
/* The only head, NULL when there are no revisions. CN_ESCHEMA, naming them, when there are several.
 */
cn_status cni_folder_head(
	const cni_folder *folder, const cni_revision **ret, cn_error *err) CN_MUST_CHECK;

/* Children by parenthood (not by dependence) of each revision: list[first[i]] .. list[first[i + 1]
 * - 1] are indexes. */
typedef struct cni_children {
	size_t *first, *list;
} cni_children;
bool cni_folder_children(const cni_folder *folder, cni_arena *arena, cni_children *ret);

/* set[i]: revisions[i] is `revision`, or must be applied before it (as its ancestor, or because one
 * depends on it). NULL: nothing is. NULL when out of memory. */
bool *cni_folder_ancestors(
	const cni_folder *folder, cni_arena *arena, const cni_revision *revision);
/* set[i]: revisions[i] is `revision`, or needs it. NULL when out of memory. */
bool *cni_folder_descendants(
	const cni_folder *folder, cni_arena *arena, const cni_revision *revision);
/* What is set, and all that it needs / that needs it, is set afterwards. */
void cni_folder_close_up(const cni_folder *folder, bool *set);
void cni_folder_close_down(const cni_folder *folder, bool *set);

/* set[i]: revisions[i] comes before or after `revision` on its branch, or is it; dependence does
 * not count. NULL when out of memory. */
bool *cni_folder_lineage(const cni_folder *folder, cni_arena *arena, const cni_revision *revision);

/* set[i]: revisions[i] has labels[label]: what states it, all that follows, and what comes before,
 * as far back as the branch goes. NULL when out of memory. */
bool *cni_folder_labelled(const cni_folder *folder, cni_arena *arena, size_t label);

/* ---- what a person means: folder_find.c ---- */

/* What names revisions, resolved:
 *     ID, its beginning, LABEL   the revision; LABEL: the one that states it
 *     head, heads, base          the only one; all; none
 *     NAME@head, NAME@ID, …      the same of one branch; NAME: a label or a revision on it
 *     ID+2, ID-1                 so many after, before it
 *     +2, -1, NAME@+2            from where the database is: `steps`, nothing in the list */
typedef struct cni_target {
	const cni_revision **list; /* none, and no steps: base */
	size_t count;
	const bool *branch; /* of the lineage that was named; NULL: any */
	long steps;
} cni_target;
cn_status cni_folder_target(const cni_folder *folder, cni_arena *arena, const char *name,
	cni_target *ret, cn_error *err) CN_MUST_CHECK;

/* So many revisions after (steps > 0) or before one, on its branch when one is named. *ret NULL:
 * base. CN_ENOTFOUND when there are not that many, CN_EARG where the way forks. */
cn_status cni_folder_walk(const cni_folder *folder, const cni_revision *from, long steps,
	const bool *branch, const cni_revision **ret, cn_error *err) CN_MUST_CHECK;

/* The same where one revision is meant: NULL is "base". CN_ENOTFOUND with "did you mean", CN_EARG
 * if ambiguous, or with steps from nowhere. */
cn_status cni_folder_find(const cni_folder *folder, const char *name, const cni_revision **ret,
	cn_error *err) CN_MUST_CHECK;

/* ---- replaying: replay.c ---- */

/* Runs one revision's statements, up or down, with all the checks of execute.h and nothing about
 * versions. `expect` (may be NULL) is what the schema must be afterwards. */
cn_status cni_revision_execute(cni_conn *conn, const cni_revision *revision, bool down,
	const cni_schema *expect, cn_error *err) CN_MUST_CHECK;

/* Replays every revision up to and including the heads (or `until`) in a scratch database of
 * `home`'s engine (on its server, where it is one) and inspects it. */
cn_status cni_folder_replay(const cni_folder *folder, const cni_uri *home,
	const cni_revision *until, cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* What they make where they are nothing but many plain CREATE statements, without an engine having
 * built it (driver.h, cni_schema_written). *ret stays NULL when they are more than that. */
cn_status cni_folder_written(const cni_folder *folder, const char *engine, cni_arena *arena,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* The same for some revisions, in that order (none before what it needs). Branches may be applied
 * in one order here and in another there, and the columns of a table that both extend then stand in
 * another order: what a certain database must look like is found in the order of its own history.
 */
typedef struct cni_order {
	size_t *list; /* indexes */
	size_t count;
} cni_order;
cn_status cni_folder_replay_order(const cni_folder *folder, const cni_uri *home,
	const cni_order *order, cni_arena *arena, cni_schema **ret, cni_conn **ret_conn,
	cn_error *err) CN_MUST_CHECK;

/* All of them. *ret_conn stays as it is when no scratch database had to be made for it. */
cn_status cni_folder_replay_all(const cni_folder *folder, const cni_uri *home, cni_arena *arena,
	cni_schema **ret, cni_conn **ret_conn, cn_error *err) CN_MUST_CHECK;

/* Runs some more in a scratch database that was given back open. */
cn_status cni_folder_replay_on(cni_conn *conn, const cni_folder *folder, const cni_order *order,
	cn_error *err) CN_MUST_CHECK;

/* The same for a set of revisions (closed under ancestors), in the folder's order; the scratch
 * database is given back open when ret_conn is not NULL, ret may be NULL. */
cn_status cni_folder_replay_set(const cni_folder *folder, const cni_uri *home, const bool *set,
	cni_arena *arena, cni_schema **ret, cni_conn **ret_conn, cn_error *err) CN_MUST_CHECK;

#endif
