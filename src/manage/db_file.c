/* db_file.c - the commands that deal with the database as a file: backup, restore, verify-backup,
 * drop. */
#include "manage/db.h"

#include <inttypes.h>
#include <string.h>

#include "backup/backup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "driver/words.h"
#include "manage/call.h"

static void progress(const char *what, int64_t done, int64_t total, void *ctx)
{
	cn_progress(ctx, what, done, total);
}

static cn_status options_of(cn_call *call, bool migrations, cni_backup_options *ret, cn_error *err)
{
	const cni_project *project;

	TRY(cni_call_project(call, &project, err));
	*ret = (cni_backup_options){.progress = progress,
		.ctx = call,
		.tool = cni_printf(
			&call->arena, "%s %s", call->app->desc.name, call->app->desc.version),
		.migrations = migrations ? project->migrations : NULL};
	return ret->tool ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

/* The database's file; a server, or memory, has none. */
static cn_status file_of(cn_call *call, const char **ret, cn_error *err)
{
	const cni_project *project;

	TRY(cni_call_project(call, &project, err));
	TRY(cni_project_need_uri(project, err));
	if (!project->uri.path) {
		const cni_words *words = cni_words_of(project->uri.engine);
		cn_error_set(
			err, CN_EUNSUPPORTED, "the database \"%s\" is no file", project->uri.text);
		if (words && words->backup_tool)
			cn_error_hint(err, "a server's databases are saved and brought back by %s",
				words->backup_tool);
		return CN_EUNSUPPORTED;
	}
	*ret = project->uri.path;
	return CN_OK;
}

/* A path that was typed counts from where the user stands. */
static cn_status typed_path(cn_call *call, const char *name, const char **ret, cn_error *err)
{
	const char *text = cn_call_text(call, name), *here = cni_path_current(&call->arena);

	if (!*text) {
		(void)cn_usage(call, err, "argument %s is empty", name);
		return CN_EARG;
	}
	*ret = here ? cni_path_absolute(&call->arena, text, here) : NULL;
	return *ret ? CN_OK : cn_fail(err, CN_EIO, "cannot tell the working folder");
}

static void print_json(
	cn_call *call, const char *file, const char *kept, bool has_manifest, const cni_manifest *m)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};

	cni_json_object(&json, NULL);
	cni_json_text(&json, "file", file);
	if (kept)
		cni_json_text(&json, "kept", kept);
	cni_json_bool(&json, "manifest", has_manifest);
	cni_json_text(&json, "created", m->created);
	cni_json_int(&json, "size_bytes", m->size_bytes);
	cni_json_text(&json, "sha256", m->sha256);
	cni_manifest_write_rows(&json, m);
	cni_json_end(&json);
	cn_print(call, "%s", cni_buffer_text(&out));
}

/* "4 tables, 1234 rows, 57344 bytes" */
static const char *size_text(cn_call *call, const cni_manifest *m)
{
	int64_t rows = cni_manifest_rows(m);
	const char *text = cni_printf(&call->arena, "%zu %s, %" PRId64 " %s, %" PRId64 " bytes",
		m->table_count, m->table_count == 1 ? "table" : "tables", rows,
		rows == 1 ? "row" : "rows", m->size_bytes);

	return text ? text : "";
}

/* ---- backup ---- */

static const cn_option backup_options[] = {
	CN_OPT_FLAG(0, "no-migrations", "leave the migrations folder out of the manifest"),
	CN_ARG_OPTIONAL("file", "the new file; none: beside the database, with date and time",
		.complete = CN_COMPLETE_FILE),
	{0},
};

static int backup(cn_call *call, cn_error *err)
{
	cni_backup_options options;
	cni_manifest manifest;
	const char *path, *database;
	cni_conn *conn;

	TRY(options_of(call, !cn_call_flag(call, "no-migrations"), &options, err));
	TRY(file_of(call, &database, err));
	TRY(cni_call_conn(call, CNI_OPEN_READ, &conn, err));
	if (cn_call_given(call, "file"))
		TRY(typed_path(call, "file", &path, err));
	else
		path = cni_backup_name(&call->arena, database, "");
	if (!path)
		return cn_fail(err, CN_ENOMEM, "no free name for the backup");
	if (cni_dir_exists(path))
		return cn_usage(
			call, err, "\"%s\" is a folder: a backup needs a file's name", path);
	TRY(cni_backup_make(conn, &call->arena, path, &options, &manifest, err));
	if (call->json) {
		print_json(call, path, NULL, true, &manifest);
		return CN_OK;
	}
	cn_print(call, "%s", path);
	cn_note(call, "%s; its manifest: %s", size_text(call, &manifest),
		cni_manifest_path(&call->arena, path));
	return CN_OK;
}

/* ---- verify-backup ---- */

static const cn_option verify_options[] = {
	CN_ARG("file", "the backup", .complete = CN_COMPLETE_FILE),
	{0},
};

static int verify_backup(cn_call *call, cn_error *err)
{
	cni_backup_options options;
	cni_manifest manifest;
	const char *path;
	bool has;

	TRY(options_of(call, false, &options, err));
	TRY(typed_path(call, "file", &path, err));
	TRY(cni_backup_verify(&call->arena, path, &options, &manifest, &has, err));
	if (call->json) {
		print_json(call, path, NULL, has, &manifest);
		return CN_OK;
	}
	cn_note(call, "%s is sound: %s", path, size_text(call, &manifest));
	if (has)
		cn_note(call, "made %s from %s by %s", manifest.created, manifest.database,
			manifest.tool);
	else
		cn_warn(call,
			"there is no manifest beside it: its checksum and its rows could not be compared");
	if (manifest.violations)
		cn_warn(call, "%" PRId64 " rows have a foreign key that leads nowhere",
			manifest.violations);
	return CN_OK;
}

/* ---- restore ---- */

static const cn_option restore_options[] = {
	CN_OPT_FLAG('y', "yes", "do not ask"),
	CN_OPT_FLAG(0, "force",
		"replace a database that cannot be opened; take broken foreign keys as they are"),
	CN_OPT_TEXT(0, "migrations", "FOLDER", "put the backup's migrations into this folder too",
		.complete = CN_COMPLETE_FOLDER),
	CN_ARG("file", "the backup", .complete = CN_COMPLETE_FILE),
	{0},
};

static cn_status confirm(cn_call *call, const char *question, cn_error *err)
{
	bool yes;

	if (cn_call_flag(call, "yes"))
		return CN_OK;
	if (cn_ask_yes(call, question, false, &yes, err) < 0) {
		if (err->status == CN_EDECISION)
			cn_error_hint(err, "give --yes to answer it");
		return err->status;
	}
	return yes ? CN_OK : cn_fail(err, CN_ECANCELED, "nothing was changed");
}

/* Before the database is touched: can the backup's migrations be put where they are wanted? */
static cn_status check_migrations(
	cn_call *call, const char *file, const char **ret_folder, cn_error *err)
{
	cni_manifest manifest;
	bool has;

	*ret_folder = NULL;
	if (!cn_call_given(call, "migrations"))
		return CN_OK;
	TRY(typed_path(call, "migrations", ret_folder, err));
	TRY(cni_backup_manifest(&call->arena, file, &manifest, &has, err));
	if (!has)
		return cn_fail(err, CN_ENOTFOUND,
			"there is no manifest beside \"%s\", so no migrations", file);
	return cni_manifest_extract(&manifest, *ret_folder, true, err);
}

static cn_status check_restore(cn_call *call, const cni_restore *job, cn_error *err)
{
	const char *question;

	if (!cni_file_exists(job->file))
		return cn_fail(err, CN_ENOTFOUND, "no such file: \"%s\"", job->file);
	if (!cni_file_exists(job->target))
		return CN_OK;
	question = cni_printf(
		&call->arena, "Replace %s by %s? (The old file is kept.)", job->target, job->file);
	return question ? confirm(call, question, err) : cn_fail(err, CN_ENOMEM, "out of memory");
}

static void report_restore(cn_call *call, const char *target, const cni_restored *restored)
{
	if (call->json)
		print_json(
			call, target, restored->kept, restored->has_manifest, &restored->manifest);
	cn_note(call, "%s is restored: %s", target, size_text(call, &restored->manifest));
	if (restored->kept)
		cn_note(call, "the old file is kept: %s", restored->kept);
	if (!restored->has_manifest)
		cn_warn(call,
			"there was no manifest beside the backup: its checksum could not be compared");
}

static int restore(cn_call *call, cn_error *err)
{
	cni_restore job = {.force = cn_call_flag(call, "force")};
	cni_restored restored;
	const char *folder;

	TRY(options_of(call, false, &job.options, err));
	TRY(typed_path(call, "file", &job.file, err));
	TRY(file_of(call, &job.target, err));
	TRY(check_migrations(call, job.file, &folder, err));
	TRY(check_restore(call, &job, err));
	cni_call_close(call);
	TRY(cni_backup_restore(&call->arena, &job, &restored, err));
	report_restore(call, job.target, &restored);
	if (!folder)
		return CN_OK;
	TRY(cni_manifest_extract(&restored.manifest, folder, false, err));
	cn_note(call, "its migrations (%zu %s) are in %s", restored.manifest.file_count,
		restored.manifest.file_count == 1 ? "file" : "files", folder);
	return CN_OK;
}

/* ---- drop ---- */

static const cn_option drop_options[] = {
	CN_OPT_FLAG('y', "yes", "do not ask"),
	CN_OPT_FLAG(0, "no-backup", "keep no copy"),
	{0},
};

static int drop(cn_call *call, cn_error *err)
{
	bool keep = !cn_call_flag(call, "no-backup");
	const char *path, *kept, *question;
	cni_manifest manifest = {0};
	cni_conn *conn;

	TRY(file_of(call, &path, err));
	TRY(cni_call_conn(call, CNI_OPEN_READ, &conn, err));
	TRY(cni_count_rows(conn, &call->arena, &manifest.tables, &manifest.table_count, err));
	cni_call_close(call); /* we are no "other process" ourselves */
	manifest.size_bytes = cni_file_size(path);
	question = cni_printf(&call->arena, "Delete %s (%s)%s?", path, size_text(call, &manifest),
		keep ? " and keep a copy" : " FOR EVER, without a copy");
	if (!question)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(confirm(call, question, err));
	TRY(cni_database_drop(&call->arena, path, keep, &kept, err));
	cn_note(call, "%s is gone (%s)", path, size_text(call, &manifest));
	if (keep)
		cn_note(call, "a copy is kept: %s", kept);
	return CN_OK;
}

const cn_command_desc cni_db_file_commands[] = {
	{.name = "backup",
		.help = "copy the database as it is now, while it is in use",
		.description =
			"Writes the copy and FILE.manifest.json beside it: SHA-256, revision, the rows of every table,\n"
			"and the migrations folder. Whole or not at all; never overwrites.",
		.example = "APP db backup\nAPP db backup /mnt/copies/monday.db",
		.options = backup_options,
		.json = true,
		.run = backup},
	{.name = "restore",
		.help = "put a backup in the database's place",
		.description =
			"Checks the backup first: checksum and rows by its manifest, integrity, foreign keys. Refuses\n"
			"while another process uses the database. The old file is kept under another name.",
		.example = "APP db restore store-20261122T071500.db",
		.options = restore_options,
		.json = true,
		.run = restore},
	{.name = "verify-backup",
		.help = "check a backup without restoring it",
		.example = "APP db verify-backup store-20261122T071500.db",
		.options = verify_options,
		.json = true,
		.run = verify_backup},
	{.name = "drop",
		.help = "delete the database (asks; keeps a copy)",
		.example = "APP db drop\nAPP db drop --yes --no-backup",
		.options = drop_options,
		.run = drop},
	{0},
};
