/* project.c - see project.h. */
#include "manage/project.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/ini.h"

enum { PATH_BYTES = 4096 };

typedef struct finder {
	cni_arena *arena;
	const cni_project_input *input;
	cni_project *project;
	const char *current; /* the working folder */
	bool usage;
	cn_error *err;
} finder;

const char *cni_program_path(cni_arena *arena)
{
	static const char deleted[] =
		" (deleted)"; /* the kernel's mark on a program built anew meanwhile */
	char path[PATH_BYTES];
	ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);

	if (size <= 0 || (size_t)size >= sizeof path - 1)
		return NULL;
	path[size] = '\0';
	if (cni_ends(path, deleted) && !cni_file_exists(path))
		path[(size_t)size - (sizeof deleted - 1)] = '\0';
	return cni_strdup(arena, path);
}

/* An environment variable; empty counts as not set. */
static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static cn_status no_memory(finder *f) { return cn_fail(f->err, CN_ENOMEM, "out of memory"); }

static const char *ini_of(finder *f, const char *folder)
{
	return cni_path_join(f->arena, folder, "cantil.ini");
}

/* The nearest folder at or above `start` with cantil.ini or migrations/; NULL: there is none. */
static const char *marked_folder(finder *f, const char *start)
{
	for (const char *folder = start;;) {
		const char *ini = ini_of(f, folder);
		const char *migrations = cni_path_join(f->arena, folder, "migrations");
		if (!ini || !migrations)
			return NULL;
		if (cni_file_exists(ini) || cni_dir_exists(migrations))
			return folder;
		if (strcmp(folder, "/") == 0)
			return NULL;
		folder = cni_path_folder(f->arena, folder);
		if (!folder)
			return NULL;
	}
}

static cn_status stated_root(finder *f, const char *text, const char *source)
{
	f->usage = source[0] == '-';
	if (!*text)
		return cn_fail(f->err, CN_EARG, "%s names no folder", source);
	f->project->root = cni_path_absolute(f->arena, text, f->current);
	if (!f->project->root)
		return no_memory(f);
	if (cni_dir_exists(f->project->root))
		return CN_OK;
	(void)cn_fail(f->err, CN_ENOTFOUND, "no such folder: \"%s\"", f->project->root);
	cn_error_detail(f->err, "the project's root, stated by %s", source);
	return CN_ENOTFOUND;
}

static cn_status find_root(finder *f)
{
	const char *root = environment("CANTIL_ROOT"), *start;

	f->current = start = cni_path_current(f->arena);
	if (!start)
		return cn_fail(f->err, CN_EIO, "cannot tell the working folder");
	if (f->input->root_option)
		return stated_root(f, f->input->root_option, "--root");
	if (root)
		return stated_root(f, root, "CANTIL_ROOT");
	if (!f->input->here) {
		const char *program = cni_program_path(f->arena);
		if (program)
			start = cni_path_folder(f->arena, program);
	}
	f->project->root = start ? marked_folder(f, start) : NULL;
	if (!f->project->root)
		f->project->root = start;
	return f->project->root && !f->arena->failed ? CN_OK : no_memory(f);
}

/* What may stand in cantil.ini. The keys without a place here are kept for those who ask
 * (cn_app_setting). */
static const struct ini_section {
	const char *name;
	const char *keys[5];
} sections[] = {
	{"cantil", {"database", "schema", "migrations", "engines", NULL}},
	{"runserver", {"watch", "build", NULL}},
};

static cn_status unknown_key(
	finder *f, const cni_ini_entry *entry, const struct ini_section *section)
{
	CLEANUP(cni_buffer_done) cni_buffer known = {0};
	const char *nearest = cni_nearest(entry->key, section->keys);

	(void)cn_fail(f->err, CN_EARG, "%s:%u: unknown key \"%s\"", f->project->ini, entry->line,
		entry->key);
	for (const char *const *key = section->keys; *key; key++)
		cni_buffer_printf(&known, "%s%s", known.size ? ", " : "", *key);
	if (nearest)
		cn_error_hint(f->err, "did you mean \"%s\"?", nearest);
	else
		cn_error_hint(
			f->err, "known keys of [%s]: %s", entry->section, cni_buffer_text(&known));
	return CN_EARG;
}

static cn_status check_entry(finder *f, const cni_ini_entry *entry)
{
	for (size_t i = 0; i < CNI_COUNT(sections); i++) {
		bool named = cni_starts(entry->section, "database ") && i == 0; /* bind.c */
		if (!named && !cni_same(entry->section, sections[i].name))
			continue;
		for (const char *const *key = sections[i].keys; *key; key++) {
			if (!cni_same(entry->key, *key))
				continue;
			if (*entry->value)
				return CN_OK;
			return cn_fail(f->err, CN_EARG, "%s:%u: \"%s\" has no value",
				f->project->ini, entry->line, entry->key);
		}
		return unknown_key(f, entry, &sections[i]);
	}
	(void)cn_fail(f->err, CN_EARG, "%s:%u: unknown section \"%s\"", f->project->ini,
		entry->line, entry->section);
	cn_error_hint(f->err,
		"the settings stand under [cantil], those of the server under [runserver], further "
		"databases under [database NAME]");
	return CN_EARG;
}

const char *cni_project_setting(const cni_project *project, const char *section, const char *key)
{
	for (size_t i = 0; i < project->setting_count; i++) {
		const cni_ini_entry *entry = &project->settings[i];
		if (cni_same(entry->section, section) && cni_same(entry->key, key))
			return entry->value;
	}
	return NULL;
}

static cn_status read_ini(finder *f)
{
	const char *path = ini_of(f, f->project->root);
	cni_ini_entry *entries;
	size_t count, size;
	char *text;

	if (!path)
		return no_memory(f);
	if (!cni_file_exists(path))
		return CN_OK;
	f->project->ini = path;
	TRY(cni_file_read(f->arena, path, CNI_INI_BYTES, &text, &size, f->err));
	TRY(cni_ini_parse(f->arena, path, text, size, &entries, &count, f->err));
	f->project->settings = entries;
	f->project->setting_count = count;
	for (size_t i = 0; i < count; i++)
		TRY(check_entry(f, &entries[i]));
	return CN_OK;
}

/* engines = sqlite, postgresql://server/database: by commas. */
static cn_status find_engines(finder *f)
{
	const char *text = cni_project_setting(f->project, "cantil", "engines");
	size_t count = 0;

	while (text && *text) {
		size_t size = strcspn(text, ",");
		const char *end = text + size, *next = *end ? end + 1 : end;
		while (text < end && (*text == ' ' || *text == '\t'))
			text++;
		while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		const char *one = cni_strndup(f->arena, text, (size_t)(end - text));
		/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
		if (!one || (*one && !CNI_PUSH(f->arena, f->project->engines, count, one)))
			return no_memory(f);
		text = next;
	}
	const char *none = NULL;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	if (count && !CNI_PUSH(f->arena, f->project->engines, count, none))
		return no_memory(f);
	return CN_OK;
}

static cn_status find_paths(finder *f)
{
	cni_project *project = f->project;
	const char *migrations = cni_project_setting(project, "cantil", "migrations");
	const char *schema = cni_project_setting(project, "cantil", "schema");

	if (!migrations)
		migrations = f->input->migrations ? f->input->migrations : "migrations";
	project->migrations = cni_path_absolute(f->arena, migrations, project->root);
	if (schema)
		project->schema = cni_path_absolute(f->arena, schema, project->root);
	return f->arena->failed ? no_memory(f) : CN_OK;
}

/* The first of those who may say which database; what its relative path counts from goes with it.
 */
static cn_status find_uri(finder *f)
{
	const struct {
		const char *uri, *source, *folder;
	} sources[] = {
		{f->input->db_option, "--db", f->current},
		{environment("CANTIL_DATABASE_URI"), "CANTIL_DATABASE_URI", f->current},
		{environment("DATABASE_URI"), "DATABASE_URI", f->current},
		{cni_project_setting(f->project, "cantil", "database"), "cantil.ini",
			f->project->root},
		{f->input->uri, f->input->name, f->project->root},
	};

	for (size_t i = 0; i < CNI_COUNT(sources); i++) {
		if (!sources[i].uri)
			continue;
		if (cni_uri_parse(f->arena, sources[i].uri, sources[i].folder, &f->project->uri,
			    f->err) < 0) {
			f->usage = i == 0;
			if (f->err && !f->err->detail[0])
				cn_error_detail(f->err, "the database URI stated by %s: \"%.200s\"",
					sources[i].source, sources[i].uri);
			return f->err ? f->err->status : CN_EARG;
		}
		f->project->uri_source = sources[i].source;
		f->project->uri_open = f->project->uri.host ? sources[i].uri : f->project->uri.text;
		return CN_OK;
	}
	return CN_OK;
}

cn_status cni_project_find(cni_arena *arena, const cni_project_input *input, cni_project *ret,
	bool *ret_usage, cn_error *err)
{
	cni_project project = {0};
	cn_error local;
	finder f = {.arena = arena, .input = input, .project = &project, .err = err ? err : &local};
	cn_status status = find_root(&f);

	if (status == CN_OK)
		status = read_ini(&f);
	if (status == CN_OK)
		status = find_paths(&f);
	if (status == CN_OK)
		status = find_engines(&f);
	if (status == CN_OK)
		status = find_uri(&f);
	if (ret_usage)
		*ret_usage = f.usage;
	if (status == CN_OK)
		*ret = project;
	return status;
}

cn_status cni_project_need_uri(const cni_project *project, cn_error *err)
{
	if (project->uri_source)
		return CN_OK;
	(void)cn_fail(err, CN_ENOTFOUND, "which database? none is stated");
	cn_error_hint(err,
		"give --db URI, set CANTIL_DATABASE_URI, or write \"database = sqlite:///app.db\" under "
		"[cantil] in %s/cantil.ini",
		project->root);
	return CN_ENOTFOUND;
}
