/* template.c - see template.h. */
#include "migrate/migrator/template.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

static const char readme[] =
	"# Migrations\n"
	"\n"
	"Each file in `versions/` is one revision: a change of the database's schema, with the way back, as SQL. They are\n"
	"written by `db migrate`, run by `db upgrade` and undone by `db downgrade`; they belong into version control, and so\n"
	"does `revisions.sha256`, which has a checksum of each (`sha256sum -c revisions.sha256` checks them, too).\n"
	"\n"
	"You may edit a revision as long as no database has it (add an UPDATE that moves data, for instance): `db edit` opens\n"
	"it, proves it and notes its new checksum; `db edit --accept` does so after you have used an editor of your own. A\n"
	"revision that a database has already should stay as it is: make a new one.\n"
	"\n"
	"`revision.sql` is what a revision written by hand (`db revision`) begins with.\n"
	"\n"
	"When two branches of version control each bring a revision, `revisions.sha256` is in conflict: keep the lines of\n"
	"both sides, then `db merge heads`.\n";

static const char review_readme[] =
	"# Migrations\n"
	"\n"
	"Each file in `versions/` is one revision: a change of the database's schema, with the way back, as SQL.\n"
	"\n"
	"How a change gets into the main branch:\n"
	"\n"
	"1. `db migrate -m \"what\"` (or `db revision -m \"what\"` for one by hand: it begins with the questions of\n"
	"   `revision.sql`, which the author answers).\n"
	"2. `db plan` and `db upgrade --sql` go into the review: what will run, what it costs, what it locks.\n"
	"3. `db check` and `db verify` must pass before it is merged; `revisions.sha256` shows every file that was touched.\n"
	"4. A file that is in the main branch is not edited any more. A mistake is mended by the next revision.\n"
	"5. `db upgrade --tag RELEASE` at the deployment: `db history -v` then says which release brought what.\n";

static const char settings[] =
	"; settings of this migrations folder\n"
	"[migrations]\n"
	"format = 1                        ; of the revision files: a Cantil that does not know it leaves them alone\n";

static const char skeleton[] = "${header}\n"
			       "\n"
			       "-- upgrade ${engine}\n"
			       "\n"
			       "-- downgrade ${engine}\n";

static const char review_skeleton[] =
	"${header}\n"
	"--\n"
	"-- why it is needed:\n"
	"-- rows that it touches, and how long that takes on the largest database:\n"
	"-- what a program of the version before does on the new schema:\n"
	"-- what is lost on the way back:\n"
	"-- reviewed by:\n"
	"\n"
	"-- upgrade ${engine}\n"
	"\n"
	"-- downgrade ${engine}\n";

#define FILE_OF(name_, text_)                                               \
	{                                                                   \
		.name = (name_), .text = (text_), .size = sizeof(text_) - 1 \
	}

static const cn_template names[] = {
	{"default", "one database, a README, a bare skeleton for revisions written by hand"},
	{"review", "for teams: the skeleton asks what a reviewer wants to know"},
	{0},
};

static const struct {
	cni_template_file files[3];
} texts[] = {
	{{FILE_OF("README.md", readme), FILE_OF(CNI_FOLDER_SETTINGS, settings),
		FILE_OF(CNI_SKELETON_FILE, skeleton)}},
	{{FILE_OF("README.md", review_readme), FILE_OF(CNI_FOLDER_SETTINGS, settings),
		FILE_OF(CNI_SKELETON_FILE, review_skeleton)}},
};

const cn_template *cn_migration_templates(void) { return names; }

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- the skeleton ---- */

static void write_header(cni_buffer *out, const cni_revision *revision)
{
	cni_revision header = *revision;
	header.section_count = 0;
	cni_revision_write(out, &header);
	while (out->size && out->data[out->size - 1] == '\n')
		out->data[--out->size] = '\0';
}

static void write_parents(cni_buffer *out, const cni_revision *revision)
{
	for (size_t i = 0; i < revision->parent_count; i++)
		cni_buffer_printf(out, "%s%s", i ? " " : "", revision->parents[i]);
}

/* false: there is no such placeholder. */
static bool write_value(
	cni_buffer *out, const cni_revision *revision, const char *name, size_t size)
{
	static const char *const known[] = {
		"header", "id", "parents", "message", "created", "engine"};
	size_t i = 0;
	while (i < CNI_COUNT(known) &&
		(strlen(known[i]) != size || strncmp(known[i], name, size) != 0))
		i++;
	switch (i) {
	case 0: write_header(out, revision); return true;
	case 1: cni_buffer_puts(out, revision->id); return true;
	case 2: write_parents(out, revision); return true;
	case 3: cni_buffer_puts(out, revision->message); return true;
	case 4: cni_buffer_puts(out, revision->created); return true;
	case 5: cni_buffer_puts(out, revision->sections[0].engine); return true;
	default: return false;
	}
}

static cn_status fill(cni_buffer *out, const char *path, const char *text,
	const cni_revision *revision, cn_error *err)
{
	size_t line = 1;
	for (const char *c = text; *c; c++) {
		line += *c == '\n';
		if (c[0] != '$' || (c[1] != '$' && c[1] != '{')) {
			cni_buffer_putc(out, *c);
			continue;
		}
		c++;
		if (*c == '$') {
			cni_buffer_putc(out, '$');
			continue;
		}
		size_t size = strcspn(c + 1, "}\n");
		if (c[1 + size] != '}' || !write_value(out, revision, c + 1, size)) {
			cn_error_set(err, CN_EARG, "%s:%zu: there is no placeholder \"${%.*s\"",
				path, line, (int)(size < 40 ? size : 40), c + 1);
			cn_error_hint(err,
				"there are ${header}, ${id}, ${parents}, ${message}, ${created} and "
				"${engine}; a dollar sign is $$");
			return CN_EARG;
		}
		c += 1 + size;
	}
	return out->failed ? no_memory(err) : CN_OK;
}

static cn_status check_filled(cni_arena *arena, const char *path, const char *text,
	const cni_revision *wanted, cn_error *err)
{
	cni_revision read;
	TRY(cni_revision_parse(arena, path, text, strlen(text), &read, err));
	bool same = strcmp(read.id, wanted->id) == 0 && read.parent_count == wanted->parent_count &&
		    read.label_count == wanted->label_count &&
		    read.depend_count == wanted->depend_count;
	for (size_t i = 0; same && i < read.parent_count; i++)
		same = strcmp(read.parents[i], wanted->parents[i]) == 0;
	if (same)
		return CN_OK;
	cn_error_set(err, CN_EARG, "\"%s\" does not lead to the revision that was asked for", path);
	cn_error_hint(err,
		"its first line should be ${header}, which stands for the id, the parents, the message, "
		"the labels and what it depends on");
	return CN_EARG;
}

static cn_status fill_text(cni_arena *arena, const char *path, const char *text,
	const cni_revision *revision, const char **ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {.limit = CNI_REVISION_MAX_BYTES};
	TRY(fill(&out, path, text, revision, err));
	/* a skeleton speaks of one engine; those that people add to a project are not known to it
	 */
	for (size_t i = 1; i < revision->section_count; i++)
		cni_buffer_printf(&out, "%s-- upgrade %s\n\n-- downgrade %s\n",
			out.size && out.data[out.size - 1] != '\n' ? "\n\n" : "\n",
			revision->sections[i].engine, revision->sections[i].engine);
	const char *filled = cni_buffer_dup(&out, arena);
	if (!filled)
		return no_memory(err);
	TRY(check_filled(arena, path, filled, revision, err));
	*ret = filled;
	return CN_OK;
}

cn_status cni_skeleton_fill(cni_arena *arena, const cni_folder *folder,
	const cni_revision *revision, const char **ret, cn_error *err)
{
	char *text;
	size_t size;
	const char *path = cni_path_join(arena, folder->path, CNI_SKELETON_FILE);
	if (!path)
		return no_memory(err);
	if (!cni_file_exists(path))
		return CN_OK;
	TRY(cni_file_read(arena, path, CNI_TEMPLATE_BYTES, &text, &size, err));
	if (strlen(text) != size)
		return cn_fail(err, CN_EARG, "\"%s\" is no text: it holds a NUL byte", path);
	return fill_text(arena, path, text, revision, ret, err);
}

/* ---- a template's files ---- */

static cn_status fail_unknown(const char *name, cn_error *err)
{
	const char *known[CNI_COUNT(names)] = {0};
	for (size_t i = 0; names[i].name; i++)
		known[i] = names[i].name;
	cn_error_set(err, CN_ENOTFOUND, "there is no template \"%.80s\"", name);
	const char *near = cni_nearest(name, known);
	if (near)
		cn_error_hint(err, "did you mean \"%s\"?", near);
	else
		cn_error_hint(err,
			"\"db list-templates\" lists them; the path of a folder is a template, too");
	return CN_ENOTFOUND;
}

static cn_status push(cni_arena *arena, cni_template_files *files, const char *name,
	const char *text, size_t size, cn_error *err)
{
	cni_template_file file = {.name = name, .text = text, .size = size};
	return CNI_PUSH(arena, files->list, files->count, file) ? CN_OK : no_memory(err);
}

/* Tried with a revision that could be: a mistake is told now, not when somebody needs it. */
static cn_status check_skeleton(
	cni_arena *arena, const char *path, const char *text, size_t size, cn_error *err)
{
	static const char *parents[] = {"000000000001"};
	cni_section section = {
		.engine = cni_driver_default()->name, .has_upgrade = true, .has_downgrade = true};
	cni_revision revision = {.id = "000000000002",
		.parents = parents,
		.parent_count = 1,
		.message = "an example",
		.created = "2026-01-01T00:00:00Z",
		.sections = &section,
		.section_count = 1};
	const char *filled;
	if (strlen(text) != size)
		return cn_fail(err, CN_EARG, "\"%s\" is no text: it holds a NUL byte", path);
	return fill_text(arena, path, text, &revision, &filled, err);
}

/* What belongs to a project that the folder was used by is no part of it. */
static bool is_skipped(const char *path, const char *name)
{
	return name[0] == '.' || cni_dir_exists(path) || strcmp(name, "revisions.sha256") == 0;
}

static cn_status read_own(
	cni_arena *arena, const char *folder, cni_template_files *files, cn_error *err)
{
	const char **list;
	size_t count, size;
	bool has_settings = false;
	TRY(cni_dir_list(arena, folder, &list, &count, err));
	for (size_t i = 0; i < count; i++) {
		char *text;
		const char *path = cni_path_join(arena, folder, list[i]);
		if (!path)
			return no_memory(err);
		if (is_skipped(path, list[i]))
			continue;
		if (files->count == CNI_TEMPLATE_FILES)
			return cn_fail(err, CN_EARG, "more than %d files in the template \"%s\"",
				CNI_TEMPLATE_FILES, folder);
		TRY(cni_file_read(arena, path, CNI_TEMPLATE_BYTES, &text, &size, err));
		if (strcmp(list[i], CNI_SKELETON_FILE) == 0)
			TRY(check_skeleton(arena, path, text, size, err));
		has_settings |= strcmp(list[i], CNI_FOLDER_SETTINGS) == 0;
		TRY(push(arena, files, list[i], text, size, err));
	}
	return has_settings ? CN_OK
			    : push(arena, files, CNI_FOLDER_SETTINGS, settings, sizeof settings - 1,
				      err);
}

cn_status cni_template_read(cni_arena *arena, const char *name, const char *root,
	cni_template_files *ret, cn_error *err)
{
	cni_template_files files = {0};
	for (size_t i = 0; names[i].name; i++) {
		if (name ? strcmp(name, names[i].name) != 0 : i > 0)
			continue;
		for (size_t f = 0; f < CNI_COUNT(texts[i].files); f++)
			TRY(push(arena, &files, texts[i].files[f].name, texts[i].files[f].text,
				texts[i].files[f].size, err));
		*ret = files;
		return CN_OK;
	}
	const char *folder = cni_path_absolute(arena, name, root);
	if (!folder)
		return no_memory(err);
	if (!cni_dir_exists(folder))
		return fail_unknown(name, err);
	TRY(read_own(arena, folder, &files, err));
	*ret = files;
	return CN_OK;
}
