/* embedded.c - revisions that were compiled into the program. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator/migrator.h"

static cn_status check_format(const cn_migrations *embedded, cn_error *err)
{
	if (embedded->format == CN_MIGRATIONS_FORMAT)
		return CN_OK;
	cn_error_set(err, CN_EUNSUPPORTED,
		"the embedded migrations \"%s\" are of format %u; this library knows %d",
		embedded->name, embedded->format, CN_MIGRATIONS_FORMAT);
	cn_error_hint(err,
		"build the program again, so that \"cantil embed\" of the library that it runs with "
		"writes them");
	return CN_EUNSUPPORTED;
}

/* The list is looked at without reading the files (nothing is to be done, as a rule): what it says
 * of them must be true. */
static cn_status check_file(
	const cn_migration_file *file, const cni_revision *revision, cn_error *err)
{
	if (strcmp(file->id, revision->id) == 0 && strcmp(file->checksum, revision->checksum) == 0)
		return CN_OK;
	cn_error_set(
		err, CN_ESCHEMA, "the embedded file \"%s\" is not what was embedded", file->name);
	cn_error_detail(err,
		"noted: revision %s, checksum %.16s; found: revision %s, checksum %.16s", file->id,
		file->checksum, revision->id, revision->checksum);
	cn_error_hint(err, "do not edit what \"cantil embed\" writes: build it anew");
	return CN_ESCHEMA;
}

cn_status cni_folder_embedded(cni_arena *arena, const char *path, const cn_migrations *embedded,
	cni_folder *ret, cn_error *err)
{
	cni_folder folder = {.arena = arena, .path = cni_strdup(arena, path), .embedded = true};
	if (!folder.path)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(check_format(embedded, err));
	for (size_t i = 0; i < embedded->count; i++) {
		const cn_migration_file *file = &embedded->files[i];
		const char *name = cni_printf(arena, "%s/%s", path, file->name);
		cni_revision revision;
		if (!name)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(cni_revision_parse_header(
			arena, name, file->text, file->size_bytes, &revision, err));
		TRY(check_file(file, &revision, err));
		if (!CNI_PUSH(arena, folder.revisions, folder.revision_count, revision))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	TRY(cni_folder_link(&folder, err));
	*ret = folder;
	return CN_OK;
}

bool cni_embedded_current(const cn_migrations *embedded, const cni_version *version)
{
	if (embedded->format != CN_MIGRATIONS_FORMAT || version->count != embedded->count ||
		version->unfinished.revision)
		return false;
	for (size_t i = 0; i < embedded->count; i++) {
		const cn_migration_file *file = &embedded->files[i];
		const cni_applied *row = cni_version_find(version, file->id);
		if (!row || strcmp(row->checksum, file->checksum) != 0)
			return false;
	}
	return true;
}

static cn_status read(
	cn_migrator *migrator, bool headers, cni_arena *arena, cni_folder *ret, cn_error *err)
{
	const cn_migrations *embedded = migrator->desc.embedded;
	cni_folder folder;
	if (embedded)
		TRY(cni_folder_embedded(arena, migrator->folder, embedded, &folder, err));
	else if (headers)
		TRY(cni_folder_read_headers(arena, migrator->folder, &folder, err));
	else
		TRY(cni_folder_read(arena, migrator->folder, &folder, err));
	if (!headers)
		TRY(cni_folder_load(&folder, err));
	for (size_t i = 0; i < folder.revision_count; i++)
		folder.revisions[i].host = migrator->host;
	*ret = folder;
	return CN_OK;
}

cn_status cni_migrator_folder(
	cn_migrator *migrator, cni_arena *arena, cni_folder *ret, cn_error *err)
{
	return read(migrator, false, arena, ret, err);
}

cn_status cni_migrator_graph(
	cn_migrator *migrator, cni_arena *arena, cni_folder *ret, cn_error *err)
{
	return read(migrator, true, arena, ret, err);
}

cn_status cni_migrator_on_disk(const cn_migrator *migrator, cn_error *err)
{
	if (!migrator->desc.embedded)
		return CN_OK;
	cn_error_set(err, CN_EUNSUPPORTED, "the migrations are in the program: there is no folder");
	cn_error_hint(err, "make revisions in the folder that the program is built from");
	return CN_EUNSUPPORTED;
}
