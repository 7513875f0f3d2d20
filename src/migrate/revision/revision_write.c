/* revision_write.c - a revision as the text of its file. */

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/revision.h"
#include "migrate/revision/revision_words.h"
#include "sql/lexer.h"

/* One line for a comment: line ends and other control characters become blanks. */
static void write_folded(cni_buffer *out, const char *text)
{
	bool blank = true; /* none at the front */
	for (; *text; text++) {
		bool space = (unsigned char)*text <= ' ' || *text == 127;
		if (!space) {
			cni_buffer_putc(out, *text);
		} else if (!blank && text[1]) {
			cni_buffer_putc(out, ' ');
		}
		blank = space;
	}
}

static void write_field(cni_buffer *out, const char *name, const char *value)
{
	cni_buffer_printf(out, "-- %s:", name);
	if (value && *value) {
		cni_buffer_putc(out, ' ');
		write_folded(out, value);
	}
	cni_buffer_putc(out, '\n');
}

static void write_names(cni_buffer *out, const char *field, const char *const *names, size_t count)
{
	cni_buffer_printf(out, "-- %s:", field);
	for (size_t i = 0; i < count; i++)
		cni_buffer_printf(out, " %s", names[i]);
	cni_buffer_putc(out, '\n');
}

/* A reason that reads like one of our words ("keep …") would be taken for it: it is marked as a
 * note. */
static void write_comment(cni_buffer *out, const char *comment)
{
	CLEANUP(cni_buffer_done) cni_buffer line = {0};
	write_folded(&line, comment);
	const char *text = cni_buffer_text(&line);
	cni_buffer_printf(
		out, "-- %s%s\n", cni_revision_word(text, line.size, NULL) ? "note: " : "", text);
	out->failed |= line.failed;
}

/* Does the statement end in a `--` comment, so that a `;` behind it would belong to that? */
static bool ends_in_comment(const char *sql)
{
	cni_lexer lexer;
	cni_lexer_init(&lexer, sql, strlen(sql));
	cni_token last = {0};
	for (;;) {
		cni_token token = cni_lexer_next(&lexer);
		if (token.kind == CNI_TOKEN_END)
			break;
		last = token;
	}
	return last.kind == CNI_TOKEN_COMMENT && last.size >= 2 && last.text[0] == '-';
}

static void write_step(cni_buffer *out, const cni_step *step)
{
	if (step->comment || step->data)
		cni_buffer_putc(out, '\n');
	if (step->data && !step->call)
		write_field(out, "data", step->comment);
	else if (step->comment)
		write_comment(out, step->comment);
	if (step->call) {
		write_field(out, "call", step->call);
		return;
	}
	cni_buffer_puts(out, step->sql);
	cni_buffer_puts(out, ends_in_comment(step->sql) ? "\n;\n" : ";\n");
}

static void write_plan(cni_buffer *out, const cni_plan *plan)
{
	if (plan->no_transaction)
		cni_buffer_puts(out, "-- no-transaction\n");
	for (size_t i = 0; i < plan->keep_count; i++) {
		CLEANUP(cni_buffer_done) cni_buffer line = {0};
		bool block;
		if (cni_keep_write(&line, &plan->keeps[i], &block))
			cni_buffer_printf(
				out, block ? "/* %s */\n" : "-- %s\n", cni_buffer_text(&line));
		out->failed |= line.failed;
	}
	for (size_t i = 0; i < plan->warning_count; i++)
		write_field(out, "warning", plan->warnings[i]);
	for (size_t i = 0; i < plan->step_count; i++)
		write_step(out, &plan->steps[i]);
}

void cni_revision_write(cni_buffer *out, const cni_revision *revision)
{
	cni_buffer_printf(out, "-- cantil: revision %s\n", revision->id);
	write_names(out, "parents", revision->parents, revision->parent_count);
	write_field(out, "message", revision->message);
	write_field(out, "created", revision->created);
	if (revision->label_count)
		write_names(out, "labels", revision->labels, revision->label_count);
	if (revision->depend_count)
		write_names(out, "depends", revision->depends, revision->depend_count);
	for (size_t i = 0; i < revision->replaced_count; i++) {
		cni_buffer_puts(out, "-- replaces:");
		for (size_t j = 0; j < revision->replaced[i].count; j++)
			cni_buffer_printf(out, " %s", revision->replaced[i].ids[j]);
		cni_buffer_putc(out, '\n');
	}
	for (size_t i = 0; i < revision->answer_count; i++)
		write_field(out, "answer", revision->answers[i]);
	for (size_t i = 0; i < revision->section_count; i++) {
		const cni_section *section = &revision->sections[i];
		if (section->has_upgrade) {
			cni_buffer_printf(out, "\n-- upgrade %s\n", section->engine);
			write_plan(out, &section->upgrade);
		}
		if (section->has_downgrade) {
			cni_buffer_printf(out, "\n-- downgrade %s\n", section->engine);
			write_plan(out, &section->downgrade);
		}
	}
}

char *cni_revision_file_name(cni_arena *arena, const cni_revision *revision)
{
	enum { SLUG_MAX = 40 };
	char stamp[14] = "", slug[SLUG_MAX + 2] = "";
	size_t n = 0;
	/* "2026-11-22T07:15:00Z" -> "20261122T0715" */
	for (const char *c = revision->created; c && *c && n < 13; c++)
		if (isdigit((unsigned char)*c) || *c == 'T')
			stamp[n++] = *c;
	n = 0;
	for (const char *c = revision->message ? revision->message : ""; *c && n < SLUG_MAX; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9');
		if (plain)
			slug[n++] = cni_lower(*c);
		else if (n && slug[n - 1] != '_')
			slug[n++] = '_';
	}
	while (n && slug[n - 1] == '_')
		n--;
	slug[n] = '\0';
	return cni_printf(arena, "%s%s%s%s%s.sql", stamp, *stamp ? "_" : "", revision->id,
		*slug ? "_" : "", slug);
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_word(const char *name)
{
	static const char *const words[] = {"head", "heads", "base", "current"};
	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (cni_same(name, words[i]))
			return true;
	return false;
}

bool cni_revision_id_valid(const char *id)
{
	size_t size = strlen(id);
	if (!size || size > CNI_REVISION_ID_MAX || *id == '-' || *id == '_')
		return false;
	for (const char *c = id; *c; c++)
		if (!is_letter(*c) && !is_digit(*c) && *c != '_' && *c != '-')
			return false;
	return !is_word(id);
}

/* No "-", which counts revisions back from a name. */
bool cni_label_valid(const char *label)
{
	if (!is_letter(*label) || strlen(label) > CNI_REVISION_ID_MAX)
		return false;
	for (const char *c = label; *c; c++)
		if (!is_letter(*c) && !is_digit(*c) && *c != '_')
			return false;
	return !is_word(label);
}

cni_section *cni_revision_section(const cni_revision *revision, const char *engine)
{
	for (size_t i = 0; i < revision->section_count; i++)
		if (strcmp(revision->sections[i].engine, engine) == 0)
			return &revision->sections[i];
	return NULL;
}
