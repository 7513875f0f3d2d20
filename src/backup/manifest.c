/* manifest.c - see manifest.h. */
#include "backup/manifest.h"

#include <string.h>
#include <sys/stat.h>

#include "backup/json_read.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"

enum { FORMAT = 1 };

char *cni_manifest_path(cni_arena *arena, const char *backup)
{
	return cni_printf(arena, "%s.manifest.json", backup);
}

int64_t cni_manifest_rows(const cni_manifest *manifest)
{
	int64_t rows = 0;

	for (size_t i = 0; i < manifest->table_count; i++)
		rows += manifest->tables[i].rows;
	return rows;
}

void cni_manifest_write_rows(cni_json *json, const cni_manifest *m)
{
	cni_json_array(json, "revisions");
	for (size_t i = 0; i < m->revision_count; i++)
		cni_json_text(json, NULL, m->revisions[i]);
	cni_json_end(json);
	cni_json_array(json, "tables");
	for (size_t i = 0; i < m->table_count; i++) {
		cni_json_object(json, NULL);
		cni_json_text(json, "name", m->tables[i].name);
		cni_json_int(json, "rows", m->tables[i].rows);
		cni_json_end(json);
	}
	cni_json_end(json);
}

void cni_manifest_write(cni_buffer *out, const cni_manifest *m)
{
	cni_json json = {.out = out, .pretty = true};

	cni_json_object(&json, NULL);
	cni_json_int(&json, "format", FORMAT);
	cni_json_text(&json, "tool", m->tool);
	cni_json_text(&json, "engine", m->engine);
	cni_json_text(&json, "created", m->created);
	cni_json_text(&json, "database", m->database);
	cni_json_int(&json, "size_bytes", m->size_bytes);
	cni_json_text(&json, "sha256", m->sha256);
	cni_json_int(&json, "foreign_key_violations", m->violations);
	cni_manifest_write_rows(&json, m);
	cni_json_array(&json, "migrations");
	for (size_t i = 0; i < m->file_count; i++) {
		cni_json_object(&json, NULL);
		cni_json_text(&json, "path", m->files[i].path);
		cni_json_text(&json, "sha256", m->files[i].sha256);
		cni_json_text_size(&json, "text", m->files[i].text, m->files[i].size);
		cni_json_end(&json);
	}
	cni_json_end(&json);
	cni_json_end(&json);
	cni_buffer_putc(out, '\n');
}

/* ---- reading ---- */

static cn_status missing(const char *name, cn_error *err)
{
	return cn_fail(err, CN_EARG, "the member \"%s\" is missing or is of the wrong kind", name);
}

static cn_status get_text(
	const cni_json_value *object, const char *name, const char **ret, cn_error *err)
{
	const cni_json_value *v = cni_json_member(object, name, CNI_JSON_TEXT);

	if (!v)
		return missing(name, err);
	*ret = v->text;
	return CN_OK;
}

static cn_status get_int(
	const cni_json_value *object, const char *name, int64_t *ret, cn_error *err)
{
	const cni_json_value *v = cni_json_member(object, name, CNI_JSON_INT);

	if (!v || v->number < 0)
		return missing(name, err);
	*ret = v->number;
	return CN_OK;
}

static cn_status get_hash(const cni_json_value *object, char ret[65], cn_error *err)
{
	const char *text;

	TRY(get_text(object, "sha256", &text, err));
	if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
		return missing("sha256", err);
	memcpy(ret, text, 65);
	return CN_OK;
}

/* A path that stays inside the folder it is put into: "a.sql", "versions/a.sql". */
static bool inside(const char *path)
{
	const char *slash = strchr(path, '/');

	if (path[0] == '\0' || path[0] == '.' || path[0] == '/')
		return false;
	return !slash || (slash[1] && slash[1] != '.' && !strchr(slash + 1, '/'));
}

static cn_status read_file(
	cni_arena *arena, const cni_json_value *object, cni_manifest *m, cn_error *err)
{
	const cni_json_value *text = cni_json_member(object, "text", CNI_JSON_TEXT);
	cni_kept_file file = {0};
	char sha256[65];

	TRY(get_text(object, "path", &file.path, err));
	TRY(get_hash(object, file.sha256, err));
	if (!text)
		return missing("text", err);
	file.text = text->text;
	file.size = text->size;
	if (!inside(file.path))
		return cn_fail(err, CN_EARG, "the path \"%s\" leads out of the migrations folder",
			file.path);
	cni_sha256_text(file.text, file.size, sha256);
	if (strcmp(sha256, file.sha256) != 0)
		return cn_fail(err, CN_EARG, "\"%s\" is not what its checksum says", file.path);
	if (!CNI_PUSH(arena, m->files, m->file_count, file))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status read_lists(
	cni_arena *arena, const cni_json_value *root, cni_manifest *m, cn_error *err)
{
	const cni_json_value *revisions = cni_json_member(root, "revisions", CNI_JSON_ARRAY);
	const cni_json_value *tables = cni_json_member(root, "tables", CNI_JSON_ARRAY);
	const cni_json_value *files = cni_json_member(root, "migrations", CNI_JSON_ARRAY);

	if (!revisions || !tables || !files)
		return missing(!revisions ? "revisions" : !tables ? "tables" : "migrations", err);
	for (const cni_json_value *v = revisions->first; v; v = v->next) {
		if (v->kind != CNI_JSON_TEXT)
			return missing("revisions", err);
		if (!CNI_PUSH(arena, m->revisions, m->revision_count, v->text))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	for (const cni_json_value *v = tables->first; v; v = v->next) {
		cni_table_rows table;
		TRY(get_text(v, "name", &table.name, err));
		TRY(get_int(v, "rows", &table.rows, err));
		if (!CNI_PUSH(arena, m->tables, m->table_count, table))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	if (files->count > CNI_MANIFEST_FILES)
		return cn_fail(err, CN_EARG, "more than %d kept files", CNI_MANIFEST_FILES);
	for (const cni_json_value *v = files->first; v; v = v->next)
		TRY(read_file(arena, v, m, err));
	return CN_OK;
}

static cn_status read_format(const cni_json_value *root, cn_error *err)
{
	int64_t format;

	TRY(get_int(root, "format", &format, err));
	if (format == FORMAT)
		return CN_OK;
	return cn_fail(err, CN_EUNSUPPORTED, "a manifest of format %lld, made by a newer version",
		(long long)format);
}

static cn_status read_fields(const cni_json_value *root, cni_manifest *m, cn_error *err)
{
	TRY(get_text(root, "tool", &m->tool, err));
	TRY(get_text(root, "engine", &m->engine, err));
	TRY(get_text(root, "created", &m->created, err));
	TRY(get_text(root, "database", &m->database, err));
	TRY(get_int(root, "size_bytes", &m->size_bytes, err));
	TRY(get_int(root, "foreign_key_violations", &m->violations, err));
	return get_hash(root, m->sha256, err);
}

cn_status cni_manifest_read(
	cni_arena *arena, const char *text, size_t size, cni_manifest *ret, cn_error *err)
{
	cni_manifest m = {0};
	cni_json_value *root;

	TRY(cni_json_read(arena, text, size, &root, err));
	TRY(read_format(root, err));
	TRY(read_fields(root, &m, err));
	TRY(read_lists(arena, root, &m, err));
	*ret = m;
	return CN_OK;
}

/* ---- the migrations folder ---- */

static cn_status collect_file(
	cni_arena *arena, const char *path, const char *name, cni_manifest *m, cn_error *err)
{
	cni_kept_file file = {.path = name};
	char *text;

	TRY(cni_file_read(arena, path, CNI_MANIFEST_FILE_BYTES, &text, &file.size, err));
	file.text = text;
	if (!cni_utf8_valid(text, file.size) || memchr(text, '\0', file.size)) {
		(void)cn_fail(err, CN_EARG, "\"%s\" is not a text file", path);
		cn_error_hint(err,
			"move it out of the migrations folder, or leave the folder out of the backup");
		return CN_EARG;
	}
	cni_sha256_text(file.text, file.size, file.sha256);
	if (m->file_count == CNI_MANIFEST_FILES)
		return cn_fail(err, CN_EARG, "more than %d files in the migrations folder",
			CNI_MANIFEST_FILES);
	if (!CNI_PUSH(arena, m->files, m->file_count, file))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status collect(
	cni_arena *arena, const char *folder, const char *prefix, cni_manifest *m, cn_error *err)
{
	const char **names;
	size_t count;

	TRY(cni_dir_list(arena, folder, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		const char *path = cni_path_join(arena, folder, names[i]);
		const char *name = prefix ? cni_printf(arena, "%s/%s", prefix, names[i]) : names[i];
		struct stat st;
		if (!path || !name)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		if (names[i][0] == '.' || lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			TRY(collect_file(arena, path, name, m, err));
		else if (S_ISDIR(st.st_mode) && !prefix)
			TRY(collect(arena, path, name, m, err));
	}
	return CN_OK;
}

cn_status cni_manifest_collect(
	cni_arena *arena, const char *folder, cni_manifest *manifest, cn_error *err)
{
	return collect(arena, folder, NULL, manifest, err);
}

cn_status cni_manifest_extract(
	const cni_manifest *manifest, const char *folder, bool dry_run, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	bool *there = cni_alloc(&arena, manifest->file_count + 1);

	for (size_t i = 0; there && i < manifest->file_count; i++) {
		const cni_kept_file *file = &manifest->files[i];
		const char *path = cni_path_join(&arena, folder, file->path);
		char *text, sha256[65];
		size_t size;
		if (!path || !cni_file_exists(path))
			continue;
		TRY(cni_file_read(&arena, path, CNI_MANIFEST_FILE_BYTES, &text, &size, err));
		cni_sha256_text(text, size, sha256);
		if (strcmp(sha256, file->sha256) != 0)
			return cn_fail(
				err, CN_ECONFLICT, "\"%s\" is there with another content", path);
		there[i] = true;
	}
	for (size_t i = 0; there && !dry_run && i < manifest->file_count; i++) {
		const cni_kept_file *file = &manifest->files[i];
		const char *path = cni_path_join(&arena, folder, file->path);
		if (!path)
			break;
		if (there[i])
			continue;
		TRY(cni_dir_make(cni_path_folder(&arena, path), err));
		TRY(cni_file_write(path, file->text, file->size, true, err));
	}
	return arena.failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}
