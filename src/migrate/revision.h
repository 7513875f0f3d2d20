/*
 * revision.h - a revision is one SQL file; a folder of them is a graph.
 *
 * Invariants: ids are unique in a folder; parents exist; there is no cycle. A folder is read whole and checked
 * before anything is done with it. The file's format is docs/revision-files.md.
 */
#ifndef CNI_MIGRATE_REVISION_H
#define CNI_MIGRATE_REVISION_H

#include "migrate/change.h"

typedef struct cni_section { /* one engine's half of a revision */
	const char *engine;
	cni_plan upgrade, downgrade;
	bool has_downgrade;       /* false: it cannot be undone; downgrade says so */
} cni_section;

typedef struct cni_revision {
	const char *id;           /* 12 hex digits, or what --rev-id said */
	const char **parents;     /* none: a base; two: a merge */
	size_t parent_count;
	const char *message, *created, *labels, *depends;
	const char *path;         /* of its file */
	char checksum[65];        /* SHA-256 of the file's bytes */
	cni_section *sections;
	size_t section_count;
} cni_revision;

typedef struct cni_folder {
	cni_arena *arena;
	const char *path;         /* the migrations folder, absolute */
	cni_revision *revisions;  /* parents before children */
	size_t revision_count;
} cni_folder;

/* Reads and checks path/versions/ *.sql. CN_ENOTFOUND with a hint ("run db init") when there is no folder. */
cn_status cni_folder_read(cni_arena *arena, const char *path, cni_folder *ret, cn_error *err) CN_MUST_CHECK;

/* Parses one file's text. Errors name file and line. */
cn_status cni_revision_parse(cni_arena *arena, const char *path, const char *text, size_t size,
	cni_revision *ret, cn_error *err) CN_MUST_CHECK;
void cni_revision_write(cni_buffer *out, const cni_revision *revision);

/* Finds by id, unique prefix, "head", "base" is NULL. CN_ENOTFOUND with "did you mean", CN_EARG if ambiguous. */
cn_status cni_folder_find(const cni_folder *folder, const char *name, const cni_revision **ret, cn_error *err) CN_MUST_CHECK;

/* Replays every revision up to and including the heads (or `until`) in a scratch database and inspects it. */
cn_status cni_folder_replay(const cni_folder *folder, const char *engine, const cni_revision *until,
	cni_arena *arena, cni_schema **ret, cn_error *err) CN_MUST_CHECK;

#endif
