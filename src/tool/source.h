/*
 * source.h - everything that yields a schema: a database (URI or file), a .sql file, a designer's
 * XML, a migrations folder. Which of them a text names is seen from what lies there, not from its
 * ending alone.
 */
#ifndef CNI_TOOL_SOURCE_H
#define CNI_TOOL_SOURCE_H

#include <cantil/command.h>

#include "driver/driver.h"

typedef enum cni_source_kind {
	CNI_SOURCE_DATABASE = 1,
	CNI_SOURCE_SQL,
	CNI_SOURCE_DESIGNER,
	CNI_SOURCE_MIGRATIONS,
} cni_source_kind;

typedef struct cni_source {
	cni_source_kind kind;
	const char *text; /* as it was typed */
	const char *path; /* absolute; NULL for a database that is no file */
	cni_uri uri;      /* of a database */
} cni_source;

/* What the text names, seen from the working folder. CN_ENOTFOUND when nothing is there, CN_EARG
 * for a bad URI. */
cn_status cni_source_find(
	cni_arena *arena, const char *text, cni_source *ret, cn_error *err) CN_MUST_CHECK;

/* Its schema, normalised. Nothing is changed by reading it. `notes` (may be NULL) gets a line for
 * each thing that was mended in a designer's file. `known` (may be NULL): what it will be compared
 * with; see cni_normalise_sql_like. */
cn_status cni_source_schema(const cni_source *source, const cni_schema *known, cni_arena *arena,
	cni_schema **ret, cni_buffer *notes, cn_error *err) CN_MUST_CHECK;

/* What a .sql file of nothing but many CREATE statements says, not normalised yet: see
 * cni_schema_written. NULL in *ret: it is not that simple. */
cn_status cni_source_written(const cni_source *source, const char *engine, cni_arena *arena,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* Its schema as a script of CREATE statements. */
cn_status cni_source_script(const cni_source *source, cni_arena *arena, const char **ret,
	cni_buffer *notes, cn_error *err) CN_MUST_CHECK;

/* Prints each line of the notes as a warning. */
void cni_source_warn(cn_call *call, const cni_source *source, cni_buffer *notes);

#endif
