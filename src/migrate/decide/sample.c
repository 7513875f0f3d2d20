/* sample.c - counts, sample rows and questions: what a person needs to see to decide. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/decide/decide.h"
#include "sql/lexer.h"

enum { VALUE_BYTES = 40 };

cn_status cni_count(cni_decider *decider, const cni_buffer *sql, int64_t *ret, cn_error *err)
{
	if (sql->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_conn_int(decider->input->data, cni_buffer_text(sql), ret, err);
}

void cni_sample_value(cni_buffer *out, cn_value value)
{
	switch (value.type) {
	case CN_TYPE_INT64: cni_buffer_printf(out, "%" PRId64, value.as.i); break;
	case CN_TYPE_DOUBLE: cni_buffer_printf(out, "%.17g", value.as.d); break;
	case CN_TYPE_TEXT: {
		CLEANUP(cni_arena_done) cni_arena arena = {0};
		size_t size = value.size;
		const char *nul = memchr(value.as.p, 0, size);
		if (nul)
			size = (size_t)(nul - (const char *)value.as.p);
		bool cut = size > VALUE_BYTES;
		char *text = cni_strndup(
			&arena, value.as.p, cut ? cni_utf8_cut(value.as.p, VALUE_BYTES) : size);
		for (char *p = text; p && *p; p++)
			if ((unsigned char)*p < ' ' || *p == 127)
				*p = ' ';
		cni_quote_text(out, text ? text : "");
		cni_buffer_puts(out, cut || nul ? "…" : "");
		break;
	}
	case CN_TYPE_BLOB:
		cni_buffer_puts(out, "x'");
		for (size_t i = 0; i < value.size && i < VALUE_BYTES / 2; i++)
			cni_buffer_printf(out, "%02x", ((const unsigned char *)value.as.p)[i]);
		cni_buffer_puts(out, value.size > VALUE_BYTES / 2 ? "…'" : "'");
		break;
	default: cni_buffer_puts(out, "NULL");
	}
}

cn_status cni_sample(cni_decider *decider, const cni_buffer *sql, cni_buffer *detail, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	if (sql->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_prepare(decider->input->data, cni_buffer_text(sql), &stmt, err));
	int step;
	size_t rows = 0;
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		const char *key = cni_stmt_text(stmt, 0);
		cni_buffer_printf(detail, "%s%s", rows++ ? "; " : "", key ? key : "?");
		for (size_t i = 1; i < cni_stmt_columns(stmt); i++) {
			cni_buffer_puts(detail, i == 1 ? ": " : ", ");
			cni_quote_name_if(detail, cni_stmt_name(stmt, i));
			cni_buffer_putc(detail, ' ');
			cni_sample_value(detail, cni_stmt_value(stmt, i));
		}
	}
	return step < 0 ? (cn_status)step : CN_OK;
}

void cni_rows_text(cni_buffer *out, int64_t count, const char *table)
{
	cni_buffer_printf(out, "%" PRId64 " row%s of ", count, count == 1 ? "" : "s");
	cni_quote_name_if(out, table);
	cni_buffer_puts(out, count == 1 ? " has" : " have");
}

cn_status cni_ask(cni_decider *decider, const cni_question *question, cn_error *err)
{
	cni_change_set *set = decider->set;
	cni_arena *arena = decider->arena;
	cni_question copy = *question;
	if (set->question_count >= CNI_MAX_QUESTIONS)
		return CN_OK;
	copy.text = cni_strdup(arena, question->text);
	copy.detail = cni_strdup(arena, question->detail);
	copy.hint = cni_strdup(arena, question->hint);
	if (arena->failed || !CNI_PUSH(arena, set->questions, set->question_count, copy))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_ask_column(cni_decider *decider, cni_question *question, const cni_choice *choice,
	const cni_buffer *text, const cni_buffer *detail, const cni_buffer *hint, cn_error *err)
{
	cni_arena *arena = decider->arena;
	cni_choice *copy = cni_alloc(arena, sizeof *copy);
	if (!copy || text->failed || detail->failed || hint->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*copy = (cni_choice){.text = cni_strdup(arena, choice->text),
		.answer = cni_strdup(arena, choice->answer),
		.answer_prefix = cni_strdup(arena, choice->answer_prefix),
		.likely_value = cni_strdup(arena, choice->likely_value)};
	question->text = cni_buffer_text(text);
	question->detail = detail->size ? cni_buffer_text(detail) : NULL;
	question->hint = cni_buffer_text(hint);
	question->choices = copy;
	question->choice_count = 1;
	return cni_ask(decider, question, err);
}

void cni_mentioned(cni_arena *arena, const cni_ddl_table *table, const char *sql, bool *set)
{
	size_t count = 0;
	const cni_token *tokens = cni_tokens(arena, sql, strlen(sql), &count);
	for (size_t i = 0; tokens && i < count; i++) {
		if (tokens[i].kind != CNI_TOKEN_WORD && tokens[i].kind != CNI_TOKEN_QUOTED)
			continue;
		const char *name = cni_token_name(arena, &tokens[i]);
		long column = name ? cni_table_column(table, name) : -1;
		if (column >= 0)
			set[column] = true;
	}
}
