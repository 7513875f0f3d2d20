/*
 * decide.h - decisions at the command line, shared by `db migrate` and `cantil apply`: the answers
 * file, the same words as flags, and the questions that are asked on a terminal when answers are
 * missing.
 */
#ifndef CNI_MANAGE_DECIDE_H
#define CNI_MANAGE_DECIDE_H

#include <cantil/command.h>

#include "migrate/change/change.h"

/* The rows of an options table: --answers FILE, --rename "column product name title", --fill
 * "product.stock 0", … */
#define CNI_DECISION_OPTIONS                                                                       \
	CN_OPT_TEXT('a', "answers", "FILE",                                                        \
		"decisions, one a line, in the words of the options below; or a revision's file",  \
		.group = "decisions", .complete = CN_COMPLETE_FILE),                               \
		CN_OPT_TEXT(0, "rename", "WHAT", "\"table OLD NEW\" or \"column TABLE OLD NEW\"",  \
			.group = "decisions", .repeated = true),                                   \
		CN_OPT_TEXT(0, "fill", "WHAT",                                                     \
			"\"TABLE.COLUMN EXPRESSION\": for rows that break NOT NULL",               \
			.group = "decisions", .repeated = true),                                   \
		CN_OPT_TEXT(0, "allow-drop", "WHAT", "TABLE or TABLE.COLUMN: its values may go",   \
			.group = "decisions", .repeated = true),                                   \
		CN_OPT_TEXT(0, "allow-cast", "WHAT",                                               \
			"TABLE.COLUMN: its values may change with the type", .group = "decisions", \
			.repeated = true),                                                         \
		CN_OPT_TEXT(0, "ignore-table", "WHAT", "TABLE: somebody else's, leave it alone",   \
			.group = "decisions", .repeated = true)

/* Adds what the command line says to the answers. CN_EARG names the option, or the file and line.
 */
cn_status cni_call_answers(cn_call *call, cni_answers *answers, cn_error *err) CN_MUST_CHECK;

/* Prints what was answered on the terminal as the lines of an answers file; nothing if nothing was.
 */
void cni_call_tell_answers(cn_call *call, const cni_answers *answers);

/* Asks the open questions, the likeliest answer first, and adds the answers: a cni_ask_fn whose ctx
 * is the cn_call. Without a terminal, or when a question has no answer (rows must be mended by
 * hand), the CN_EDECISION that lists them all is passed on. */
cn_status cni_call_ask(
	const cni_change_set *set, cni_answers *answers, void *ctx, cn_error *err) CN_MUST_CHECK;

#endif
