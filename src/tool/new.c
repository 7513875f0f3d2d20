/* new.c - `cantil new NAME`: a project that builds and runs. */
#include "tool/new.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "tool/tool.h"

enum { NAME_MAX_SIZE = 64 };

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* The name becomes a program's, a database's and a make target's: so no blanks, no quotes, no
 * leading dash. */
static cn_status check_name(cn_call *call, const char *name, cn_error *err)
{
	size_t n = strlen(name);
	bool good = n > 0 && n <= NAME_MAX_SIZE && name[0] != '-' &&
		    !(name[0] >= '0' && name[0] <= '9');

	for (size_t i = 0; i < n; i++)
		good = good && is_word(name[i]);
	if (!good) {
		cn_error_set(err, CN_EARG, "\"%s\" cannot be a project's name", name);
		cn_error_hint(err,
			"use letters, digits, - and _, at most %d, beginning with a letter",
			NAME_MAX_SIZE);
		return cn_usage_mark(call, err);
	}
	if (cni_same(name, "tests") || cni_same(name, "main") || cni_same(name, "app") ||
		cni_same(name, "models")) {
		cn_error_set(err, CN_EARG, "\"%s\" is the name of a file of the project", name);
		cn_error_hint(err, "take another name");
		return cn_usage_mark(call, err);
	}
	return CN_OK;
}

/* @NAME@ becomes the name. */
static void fill(cni_buffer *out, const char *text, const char *name)
{
	for (const char *mark; (mark = strstr(text, "@NAME@")); text = mark + 6) {
		cni_buffer_add(out, text, (size_t)(mark - text));
		cni_buffer_puts(out, name);
	}
	cni_buffer_puts(out, text);
}

static cn_status write_file(cn_call *call, const char *folder, const cni_template *template,
	const char *name, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	CLEANUP(cni_buffer_done) cni_buffer text = {0};
	const char *path = cni_path_join(arena, folder, template->path);
	const char *parent = path ? cni_path_folder(arena, path) : NULL;

	fill(&text, template->text, name);
	if (!parent || text.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_dir_make(parent, err));
	TRY(cni_file_write(path, cni_buffer_text(&text), text.size, true, err));
	cn_detail(call, "wrote %s", path);
	return CN_OK;
}

/* Takes back what was written: the folder did not hold a project before, so it shall not hold half
 * of one. */
static void take_back(cni_arena *arena, const char *folder, bool made)
{
	for (const cni_template *t = cni_templates; t->path; t++) {
		const char *path = cni_path_join(arena, folder, t->path);
		if (path)
			unlink(path);
	}
	const char *tests = cni_path_join(arena, folder, "tests");
	if (tests)
		rmdir(tests);
	if (made)
		rmdir(folder);
}

static cn_status check_empty(cni_arena *arena, const char *folder, cn_error *err)
{
	const char **names;
	size_t count;

	if (!cni_dir_exists(folder))
		return CN_OK;
	TRY(cni_dir_list(arena, folder, &names, &count, err));
	if (count == 0)
		return CN_OK;
	cn_error_set(err, CN_ECONFLICT, "the folder \"%s\" is not empty", folder);
	cn_error_detail(err, "it holds \"%s\"%s", names[0], count > 1 ? " and more" : "");
	cn_error_hint(err, "take another name; nothing was written");
	return CN_ECONFLICT;
}

static int new_project(cn_call *call, cn_error *err)
{
	cni_arena *arena = cni_call_arena(call);
	const char *here = cni_path_current(arena);
	const char *typed = cn_call_text(call, "name");
	const char *folder = here ? cni_path_absolute(arena, typed, here) : NULL;

	if (!folder)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	const char *name = cni_path_name(folder);
	TRY(check_name(call, name, err));
	TRY(check_empty(arena, folder, err));
	bool made = !cni_dir_exists(folder);
	for (const cni_template *t = cni_templates; t->path; t++) {
		cn_status status = write_file(call, folder, t, name, err);
		if (status < 0) {
			take_back(arena, folder, made);
			return status;
		}
	}
	cn_note(call, "made %s", folder);
	cn_note(call,
		"now: cd %s && make && ./%s db init && ./%s db migrate -m first && ./%s db upgrade && ./%s runserver -d",
		typed, name, name, name, name);
	return CN_OK;
}

static const cn_option new_options[] = {
	CN_ARG("name", "the project's name, or a path that ends with it",
		.complete = CN_COMPLETE_FOLDER),
	{0},
};

const cn_command_desc cni_tool_new = {
	.name = "new",
	.help = "start a project: models, pages, commands, a test",
	.description =
		"Makes a folder with a small program that builds with make against the installed library and\n"
		"is its own manager. Nothing that exists is overwritten.",
	.example = "cantil new shop && cd shop && make",
	.options = new_options,
	.run = new_project,
};
