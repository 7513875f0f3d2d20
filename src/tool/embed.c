/*
 * embed.c - `cantil embed DIR`: a folder of migrations as a C source, for programs that bring their
 * migrations along.
 *
 * The same folder gives the same text, byte for byte: nothing of the time, the machine or the place
 * is in it. A folder that would fail on a device fails here: it is replayed forward and backward,
 * and what is wrong is told with file and line.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"
#include "migrate/migrator/sums.h"
#include "tool/literal.h"
#include "tool/tool.h"

typedef struct embedding {
	cn_call *call;
	cni_arena *arena;
	const char *typed; /* the folder as it was typed: what dependencies are written with */
	const char *name;  /* of the C variable */
	cni_folder folder;
} embedding;

/* ---- what is asked for ---- */

static cn_status check_name(cn_call *call, const char *name, cn_error *err)
{
	bool valid = isalpha((unsigned char)*name) || *name == '_';
	for (const char *c = name; *c && valid; c++)
		valid = isalnum((unsigned char)*c) || *c == '_';
	return valid ? CN_OK : cn_usage(call, err, "\"%.80s\" is no name of a C variable", name);
}

static cn_status find_folder(embedding *job, const char **ret, cn_error *err)
{
	const cni_project *project;
	const char *here = cni_path_current(job->arena);
	job->typed = cn_call_text(job->call, "folder");
	if (!job->typed) {
		TRY(cni_call_project(job->call, &project, err));
		job->typed = project->migrations;
	}
	*ret = here ? cni_path_absolute(job->arena, job->typed, here) : NULL;
	return *ret ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* Everything that a device would stumble over. The revisions live in the arena, the migrator does
 * not. */
static cn_status check_folder(embedding *job, cn_error *err)
{
	const cni_revision *head;
	const char *path;
	cn_migrator *migrator;
	cni_schema *made;
	TRY(find_folder(job, &path, err));
	TRY(cni_folder_read(job->arena, path, &job->folder, err));
	if (!cn_call_flag(job->call, "several-heads"))
		TRY(cni_folder_head(&job->folder, &head, err));
	/* first, because what does not run is told with its line */
	TRY(cni_folder_replay(&job->folder, &(cni_uri){.engine = cni_driver_default()->name}, NULL,
		job->arena, &made, err));
	TRY(cn_migrator_new(&(cn_migrator_desc){.folder = path}, &migrator, err));
	cn_status status = cn_migrator_verify(migrator, err);
	cn_migrator_free(migrator);
	return status;
}

/* ---- the source ---- */

static cn_status write_file(
	const embedding *job, FILE *out, const cni_revision *revision, cn_error *err)
{
	char *text, checksum[65];
	size_t size;
	TRY(cni_file_read(job->arena, revision->path, CNI_REVISION_MAX_BYTES, &text, &size, err));
	cni_sha256_text(text, size, checksum);
	if (strcmp(checksum, revision->checksum) != 0)
		return cn_fail(
			err, CN_ECONFLICT, "\"%s\" was changed while it was read", revision->path);
	fprintf(out, "\t{\n\t\t\"%s\",\n\t\t\"%s\",\n", revision->id, checksum);
	const char *name = cni_path_name(revision->path);
	cni_literal_write(out, "\t\t", name, strlen(name));
	fputs(",\n", out);
	cni_literal_write(out, "\t\t", text, size);
	fprintf(out, ",\n\t\t%zu,\n\t},\n", size);
	return CN_OK;
}

static cn_status write_source(const embedding *job, FILE *out, cn_error *err)
{
	fputs("/* Written by `cantil embed`: a folder of migrations. Do not edit it, build it anew. */\n"
	      "#include <cantil/migrate.h>\n\n"
	      "#if defined(__GNUC__)\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n#endif\n\n"
	      "static const cn_migration_file files[] = {\n",
		out);
	for (size_t i = 0; i < job->folder.revision_count; i++)
		TRY(write_file(job, out, &job->folder.revisions[i], err));
	fprintf(out,
		"%s};\n\nextern const cn_migrations %s;\nconst cn_migrations %s = {%d, \"%s\", files, %zu};\n",
		job->folder.revision_count ? "" : "\t{0, 0, 0, 0, 0}, /* there are none */\n",
		job->name, job->name, CN_MIGRATIONS_FORMAT, job->name, job->folder.revision_count);
	return CN_OK;
}

static cn_status write_header(const embedding *job, FILE *out, cn_error *err)
{
	(void)err;
	fprintf(out,
		"/* Written by `cantil embed`: the migrations that are compiled into the program. */\n"
		"#ifndef CANTIL_EMBEDDED_%s\n#define CANTIL_EMBEDDED_%s\n\n#include <cantil/migrate.h>\n\n"
		"#ifdef __cplusplus\nextern \"C\" {\n#endif\nextern const cn_migrations %s;\n"
		"#ifdef __cplusplus\n}\n#endif\n#endif\n",
		job->name, job->name, job->name);
	return CN_OK;
}

/* ---- what it was made of, for make and ninja ---- */

static void put_path(FILE *out, const char *path)
{
	for (; *path; path++) {
		if (*path == ' ' || *path == '#' || *path == '\\')
			putc('\\', out);
		if (*path == '$')
			putc('$', out);
		putc(*path, out);
	}
}

enum { OTHERS = 4 }; /* than revisions */

static const char *dependency(const embedding *job, size_t at)
{
	cni_arena *arena = job->arena;
	const char *versions = cni_path_join(arena, job->typed, "versions");
	switch (at) {
	case 0: return job->typed; /* the folders: a file that is added or removed changes them */
	case 1: return versions;
	case 2: return cni_path_join(arena, job->typed, CNI_FOLDER_SETTINGS);
	case 3: return cni_path_join(arena, job->typed, CNI_SUMS_FILE);
	default:
		return versions ? cni_path_join(arena, versions,
					  cni_path_name(job->folder.revisions[at - OTHERS].path))
				: NULL;
	}
}

/* Each file is a target of its own without a rule, as compilers write it, so that one that was
 * removed is no error. */
static cn_status write_dependencies(const embedding *job, FILE *out, cn_error *err)
{
	size_t count = OTHERS + job->folder.revision_count;
	put_path(out, cn_call_text(job->call, "output"));
	putc(':', out);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < count; i++) {
			const char *path = dependency(job, i);
			if (!path)
				return cn_fail(err, CN_ENOMEM, "out of memory");
			if (i >= 2 && i < OTHERS && !cni_file_exists(path))
				continue;
			fputs(round ? "" : " \\\n  ", out);
			put_path(out, path);
			fputs(round ? ":\n" : "", out);
		}
		putc('\n', out);
	}
	return CN_OK;
}

/* ---- out ---- */

typedef cn_status (*write_fn)(const embedding *job, FILE *out, cn_error *err);

/* Made whole in memory first: a file that is half written would be newer than what it is made of.
 */
static cn_status put(embedding *job, const char *path, write_fn fn, cn_error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_status status = fn(job, out, err);
	bool failed = ferror(out);
	failed |= fclose(out) != 0;
	if (status >= 0 && failed)
		status = cn_fail(err, CN_ENOMEM, "out of memory");
	if (status >= 0 && path)
		status = cni_file_write(path, text, size, false, err);
	else if (status >= 0)
		cn_write(job->call, text, size);
	free(text);
	return status;
}

static int embed(cn_call *call, cn_error *err)
{
	embedding job = {.call = call, .arena = cni_call_arena(call)};
	const char *output = cn_call_text(call, "output");
	const char *header = cn_call_text(call, "header"), *depfile = cn_call_text(call, "depfile");
	job.name = cn_call_text(call, "name");
	TRY(check_name(call, job.name, err));
	if (depfile && !output)
		return cn_usage(
			call, err, "--depfile needs --output: it says what that is made of");
	TRY(check_folder(&job, err));
	TRY(put(&job, output, write_source, err));
	if (header)
		TRY(put(&job, header, write_header, err));
	return depfile ? put(&job, depfile, write_dependencies, err) : CN_OK;
}

static const cn_option embed_options[] = {
	CN_ARG_OPTIONAL("folder", "the migrations folder; none: that of the project",
		.complete = CN_COMPLETE_FOLDER),
	CN_OPT_TEXT('o', "output", "FILE", "where the C source goes; none: stdout",
		.complete = CN_COMPLETE_FILE),
	CN_OPT_TEXT('n', "name", "NAME", "the name of the variable", .default_value = "migrations"),
	CN_OPT_TEXT(0, "header", "FILE", "also write a header that declares it",
		.complete = CN_COMPLETE_FILE),
	CN_OPT_TEXT(0, "depfile", "FILE", "also write what it is made of, for make and ninja",
		.complete = CN_COMPLETE_FILE),
	CN_OPT_FLAG(0, "several-heads", "branches that are not merged are meant"),
	{0},
};

const cn_command_desc cni_tool_embed = {
	.name = "embed",
	.help = "a migrations folder as a C source, to be compiled into a program",
	.description =
		"The program upgrades its database with cn_upgrade(db, &migrations, \"head\", &err), with no file\n"
		"beside it. All revisions are replayed first, forward and backward: what is broken fails the build,\n"
		"with file and line. Ready for make, Meson and CMake: docs/embedding.md.",
	.example = "cantil embed migrations -o migrations.c\n"
		   "cantil embed migrations -o m.c --name app_migrations --depfile m.c.d",
	.options = embed_options,
	.run = embed,
};
