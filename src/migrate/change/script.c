/* script.c - a plan as a script that the engine's own shell runs with the same result. */
#include <string.h>

#include "driver/words.h"
#include "migrate/change/change.h"

#include "base/try.h"

/* A comment is one line, whatever names stand in it. */
static void add_comment(cni_buffer *out, const char *comment)
{
	cni_buffer_puts(out, "-- ");
	for (; *comment; comment++)
		cni_buffer_putc(out, *comment == '\n' || *comment == '\r' ? ' ' : *comment);
	cni_buffer_putc(out, '\n');
}

void cni_plan_write(cni_buffer *out, const char *engine, const cni_plan *plan)
{
	const cni_words *words = cni_words_of(engine);
	if (words)
		words->script_begin(out, plan);
	for (size_t i = 0; i < plan->warning_count; i++)
		add_comment(out, plan->warnings[i]);
	for (size_t i = 0; i < plan->step_count; i++) {
		const cni_step *step = &plan->steps[i];
		if (step->comment)
			add_comment(out, step->comment);
		cni_buffer_puts(out, step->sql);
		/* a comment at the end of a CREATE text would swallow what follows */
		const char *last = strrchr(step->sql, '\n');
		cni_buffer_puts(out, strstr(last ? last : step->sql, "--") ? "\n;\n" : ";\n");
	}
	if (words)
		words->script_end(out, plan);
}
