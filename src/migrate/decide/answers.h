/*
 * answers.h - the decisions a person has taken, and the questions that are still open.
 *
 * One decision a line, the same words on the command line, in a file and in a recording:
 *
 *     rename table OLD NEW
 *     rename column TABLE OLD NEW      (TABLE: its new name)
 *     fill TABLE.COLUMN EXPRESSION     (for rows that would break NOT NULL)
 *     allow-drop TABLE   allow-drop TABLE.COLUMN
 *     allow-cast TABLE.COLUMN
 *     ignore-table TABLE
 *
 * Names may be quoted ("a ""b"""); `#` and `--` at the start of a line are comments; blank lines
 * are nothing.
 */
#ifndef CNI_MIGRATE_ANSWERS_H
#define CNI_MIGRATE_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/diff.h"

typedef enum cni_answer_kind {
	CNI_ANSWER_RENAME_TABLE = 1,
	CNI_ANSWER_RENAME_COLUMN,
	CNI_ANSWER_FILL,
	CNI_ANSWER_ALLOW_DROP,
	CNI_ANSWER_ALLOW_CAST,
	CNI_ANSWER_IGNORE_TABLE,
} cni_answer_kind;

typedef struct cni_answer {
	cni_answer_kind kind;
	const char *table, *column; /* column NULL: the table itself. RENAME_COLUMN: column is the
				       old name; RENAME_TABLE: table is the old name */
	const char *value;          /* the new name, or the fill's SQL expression */
	const char *source;         /* "answers.txt:3", "--fill", "model Product": for messages */
	bool used;                  /* set when a decision rested on it */
	bool typed; /* just now, at a question: one that cannot be used is asked again */
} cni_answer;

typedef struct cni_answers {
	cni_arena *arena;
	cni_answer *list;
	size_t count;
} cni_answers;

/* Parses one line ("fill t.c 'x'"), or a whole file's text, adding to the list. CN_EARG with the
 * place and a hint ("did you mean allow-drop?") for what is none. */
cn_status cni_answers_add_line(
	cni_answers *answers, const char *line, const char *source, cn_error *err) CN_MUST_CHECK;
cn_status cni_answers_add_text(
	cni_answers *answers, const char *text, const char *name, cn_error *err) CN_MUST_CHECK;
/* The line again, names quoted where they need it. */
void cni_answer_write(cni_buffer *out, const cni_answer *answer);
const cni_answer *cni_answers_find(
	const cni_answers *answers, cni_answer_kind kind, const char *table, const char *column);

typedef enum cni_question_kind {
	CNI_ASK_RENAME_TABLE = 1,
	CNI_ASK_RENAME_COLUMN,
	CNI_ASK_DROP_TABLE,
	CNI_ASK_DROP_COLUMN,
	CNI_ASK_FILL,
	CNI_ASK_CAST,
	CNI_ASK_CONFLICT, /* duplicates, CHECK, foreign key: rows must be mended by hand; there is
			     no answer */
} cni_question_kind;

typedef struct cni_choice {
	const char *text;   /* for people: "rename phone to telephone" */
	const char *answer; /* the answer line that records it; NULL: needs a value typed in (a
			       fill), or "stop" */
	const char *answer_prefix; /* of a typed value: "fill product.stock " */
	const char *likely_value;  /* the value that comes to mind first: "0" */
} cni_choice;

typedef struct cni_question {
	cni_question_kind kind;
	const char *table, *column;
	const char *text; /* one line: "table client: column phone is gone, telephone is new: was it
			     renamed?" */
	const char *detail; /* counts, sample rows with their keys; may be NULL */
	const char *hint;   /* what to write: "rename column client phone telephone  or  allow-drop
			       client.phone" */
	const cni_choice *choices; /* the likeliest first */
	size_t choice_count;
	int64_t rows; /* how many rows are concerned; -1: not counted */
} cni_question;

#endif
