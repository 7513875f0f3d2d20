/*
 * decide.h - between the difference and the plan: which decisions were taken, and which are still
 * open.
 *
 * Everything that could lose a value or fail on the rows that are there is found here, by reading,
 * before anything is written: it becomes a question with counts and sample rows. When no question
 * is left the copies say, column by column, where every value goes.
 */
#ifndef CNI_MIGRATE_DECIDE_H
#define CNI_MIGRATE_DECIDE_H

#include "driver/words.h"
#include "migrate/change/change.h"

enum { CNI_MAX_QUESTIONS = 200, CNI_SAMPLES = 3 };

typedef struct cni_decider {
	cni_arena *arena;
	const cni_change_input *input;
	const cni_words *words; /* of the engine of `from` and `to` */
	cni_change_set *set;
	cni_rename *renames;
	size_t rename_count;
	const char **ignore_tables; /* NULL-terminated */
	cni_copy *copies;
	size_t copy_count;
	const char *
		*temporary; /* for each copy: its new rows in a TEMP table, once they were needed */
	bool *unseen;       /* for each copy: it holds values that cannot be converted */
} cni_decider;

/* decide_answers.c: answers become renames and ignored tables; CN_EARG for what speaks of nothing
 * there is. */
cn_status cni_decide_renames(cni_decider *decider, cn_error *err) CN_MUST_CHECK;
cn_status cni_decide_check_answers(cni_decider *decider, cn_error *err) CN_MUST_CHECK;
/* Is there an answer? It is marked as used. */
const cni_answer *cni_decided(
	cni_decider *decider, cni_answer_kind kind, const char *table, const char *column);

/* decide.c: tables and columns that go. */
cn_status cni_decide_drops(cni_decider *decider, cn_error *err) CN_MUST_CHECK;
/* decide_values.c: casts and fills. */
cn_status cni_decide_values(cni_decider *decider, cn_error *err) CN_MUST_CHECK;
/* decide_fill.c: one column of a surviving table; a fill that is no SQL is CN_EARG, or, when it was
 * typed just now, forgotten and asked again. */
cn_status cni_decide_fill(
	cni_decider *decider, cni_copy *copy, size_t column, cn_error *err) CN_MUST_CHECK;
/* preflight.c: what the new keys, checks and references forbid. Only with `data`. */
cn_status cni_preflight(cni_decider *decider, cn_error *err) CN_MUST_CHECK;
cn_status cni_preflight_keys(cni_decider *decider, size_t index, cn_error *err) CN_MUST_CHECK;
cn_status cni_preflight_references(cni_decider *decider, size_t index, cn_error *err) CN_MUST_CHECK;

/* mismatch.c: adds a warning to the plan for each foreign key of `to` that, not so in `from`,
 * refers to columns that are no unique key of their table. */
cn_status cni_warn_mismatches(cni_arena *arena, const cni_schema *from, const cni_schema *to,
	cni_plan *plan, cn_error *err) CN_MUST_CHECK;

/* ---- relation.c: the rows as they will be, as something that can stand after FROM ---- */

/* Appends a FROM item named after the new table, with the new column names and one more column,
 * cantil_key (a text that tells a person which row it is). Where values are converted the rows are
 * first put into a TEMP table without constraints, or cast as they are read. */
cn_status cni_relation(
	cni_decider *decider, size_t index, cni_buffer *out, cn_error *err) CN_MUST_CHECK;
/* The same from the old values under the new names, nothing converted; columns that are new are
 * missing. */
void cni_relation_old(const cni_decider *decider, const cni_copy *copy, cni_buffer *out);
/* What that column is called: "cantil_key", or another name when a column of the table has this
 * one. */
const char *cni_relation_key_name(const cni_copy *copy);
void cni_relation_done(cni_decider *decider);
/* The copy whose new table has this name; -1: there is none. */
long cni_relation_find(const cni_decider *decider, const char *table);

/* ---- sample.c: counts and rows for people ---- */

/* Runs SELECT count(*) … and, when it is not 0, appends to `detail` the rows that `samples` yields:
 * the first column is which row, the others are values. */
cn_status cni_count(
	cni_decider *decider, const cni_buffer *sql, int64_t *ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_sample(cni_decider *decider, const cni_buffer *sql, cni_buffer *detail,
	cn_error *err) CN_MUST_CHECK;
/* Text as 'it''s', blobs as x'…', long ones cut. */
void cni_sample_value(cni_buffer *out, cn_value value);

/* Adds a question; text, detail and hint are copied. */
cn_status cni_ask(cni_decider *decider, const cni_question *question, cn_error *err) CN_MUST_CHECK;
/* The same with one choice: one line that says it, one that shows it (may be empty), one that says
 * what to write. */
cn_status cni_ask_column(cni_decider *decider, cni_question *question, const cni_choice *choice,
	const cni_buffer *text, const cni_buffer *detail, const cni_buffer *hint,
	cn_error *err) CN_MUST_CHECK;
/* "3 rows of t have", "1 row of t has" */
void cni_rows_text(cni_buffer *out, int64_t count, const char *table);

/* Does a column hold after the change what it held before: kept as it is, or generated in both in
 * the same way from such columns? */
bool cni_same_values(cni_decider *decider, const cni_copy *copy, size_t column);
/* The words and quoted names of an SQL text that are columns of the table: set[i]. */
void cni_mentioned(cni_arena *arena, const cni_ddl_table *table, const char *sql, bool *set);

#endif
