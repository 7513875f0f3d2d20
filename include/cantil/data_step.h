/*
 * data_step.h - a step of a migration that SQL cannot say: a C function, run inside its revision.
 *
 * The revision's file says where: a line `-- call: NAME` that stands alone between its statements.
 * The program says what: a table with a function for that name and that revision's id.
 *
 *     -- upgrade sqlite
 *     ALTER TABLE reading ADD COLUMN celsius REAL;
 *     -- call: celsius
 *     -- downgrade sqlite
 *     ALTER TABLE reading DROP COLUMN celsius;
 *
 *     static int convert(const cn_value *row, size_t count, void *ctx, cn_error *err)
 *     {
 *             cn_step *step = ctx;
 *             const cn_value values[] = {cn_double(calibrated(row[1].as.i)), row[0]};
 *             return cn_step_run(step, "UPDATE reading SET celsius = ?1 WHERE id = ?2", values, 2,
 *                     err);
 *     }
 *     static cn_status celsius(cn_step *step, cn_error *err)
 *     {
 *             return cn_step_each(step, "SELECT id, raw FROM reading", NULL, 0, convert, step,
 *                     err);
 *     }
 *     static const cn_data_migration steps[] = {
 *             {.revision = "3f2a9c1e77b0", .name = "celsius", .upgrade = celsius}, {0}};
 *
 * What holds: the function runs in the revision's transaction, after the statements before it and
 * before those behind it. It moves rows, and nothing else: SELECT, INSERT, UPDATE, DELETE and WITH
 * are run, everything else is refused, so it cannot end the transaction, and what the schema is
 * stands in the file, where every tool sees it. When it fails, nothing of the revision was done. It
 * is also run where the revision is rehearsed, in an empty scratch database and on copies: it may
 * run several times, and must change nothing but the database that it is given.
 *
 * Foreign keys are not enforced until the end of the revision; then they are checked.
 *
 * Source: src/migrate/revision/data_step.c
 */
#ifndef CANTIL_DATA_STEP_H
#define CANTIL_DATA_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cantil/error.h>
#include <cantil/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cn_step cn_step; /* one run of one function; not to be kept after it returns */

/* Returns CN_OK, or a cn_status with err filled: then the revision is rolled back. */
typedef cn_status (*cn_step_fn)(cn_step *step, cn_error *err);

/* A row of a program's table of data steps, ended by {0}. */
typedef struct cn_data_migration {
	const char *revision;          /* its whole id */
	const char *name;              /* what the file calls */
	cn_step_fn upgrade, downgrade; /* NULL: that section does not call it */
	void *context;                 /* the program's own: cn_step_context() */
} cn_data_migration;

/* ---- what it works on ---- */

/* One statement with values bound; rows are dropped. CN_EARG for what is no SELECT, INSERT, UPDATE,
 * REPLACE, DELETE, VALUES or WITH. `values` may be NULL when count is 0. */
CN_API cn_status cn_step_run(cn_step *step, const char *sql, const cn_value *values, size_t count,
	cn_error *err) CN_MUST_CHECK;
/* Rows that the last statement of cn_step_run wrote, and the rowid of the last one inserted. */
CN_API int64_t cn_step_changes(const cn_step *step);
CN_API int64_t cn_step_last_id(const cn_step *step);

/* Receives a row; its values are borrowed until it returns. A TEXT's `as.p` ends with a NUL. CN_OK
 * goes on, CN_STEP_STOP stops without being a failure, a cn_status < 0 with err filled ends the
 * step. It may run statements; a row that it changes itself may or may not be seen again. */
typedef int (*cn_step_row_fn)(const cn_value *row, size_t count, void *ctx, cn_error *err);
enum { CN_STEP_STOP = 1 };

/* Calls fn for every row of a SELECT. */
CN_API cn_status cn_step_each(cn_step *step, const char *sql, const cn_value *values, size_t count,
	cn_step_row_fn fn, void *ctx, cn_error *err) CN_MUST_CHECK;

/* The first value of the first row as a number, for counts: 0 for NULL, CN_ENOTFOUND without a row.
 */
CN_API cn_status cn_step_int(cn_step *step, const char *sql, const cn_value *values, size_t count,
	int64_t *ret, cn_error *err) CN_MUST_CHECK;

/* ---- what it knows ---- */

CN_API const char *cn_step_revision(const cn_step *step);
CN_API const char *cn_step_name(const cn_step *step);
CN_API bool cn_step_downgrade(const cn_step *step);
CN_API void *cn_step_context(const cn_step *step); /* of its row in the table */
/* A rehearsal in a scratch database: there are no rows that count, and nobody waits. */
CN_API bool cn_step_rehearsal(const cn_step *step);
/* The value of `-x KEY=VALUE` (cn_migrator_desc.arguments); NULL: not given. */
CN_API const char *cn_step_argument(const cn_step *step, const char *key);
/* The same; CN_EARG, saying what to type, when it is not given. */
CN_API cn_status cn_step_need(
	const cn_step *step, const char *key, const char **ret, cn_error *err) CN_MUST_CHECK;

/* ---- for what takes long ---- */

/* What is being done, how much of it is done, of how much (0: unknown). */
CN_API void cn_step_progress(cn_step *step, const char *what, int64_t done, int64_t total);
/* Did somebody ask to stop? Every statement asks for itself and fails with CN_ECANCELED; a loop
 * without statements asks now and then and returns `cn_fail(err, CN_ECANCELED, "interrupted")`. */
CN_API bool cn_step_canceled(const cn_step *step);

#ifdef __cplusplus
}
#endif
#endif
