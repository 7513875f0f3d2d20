/* sums.c - see sums.h. */
#include "migrate/migrator/sums.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"

enum { DIGITS = 64 };
static const size_t MAX_BYTES = (size_t)CNI_FOLDER_MAX * 512;

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- one line, as sha256sum writes it: a name with a backslash or a line's end is escaped, and
 * the line then begins with a backslash ---- */

static void write_line(cni_buffer *out, const cni_sum *sum)
{
	bool escape = strpbrk(sum->name, "\\\n\r") != NULL;
	cni_buffer_printf(out, "%s%s  ", escape ? "\\" : "", sum->sum);
	for (const char *c = sum->name; *c; c++) {
		if (*c == '\\' || *c == '\n' || *c == '\r') {
			cni_buffer_putc(out, '\\');
			cni_buffer_putc(out, *c == '\\' ? '\\' : *c == '\n' ? 'n' : 'r');
		} else {
			cni_buffer_putc(out, *c);
		}
	}
	cni_buffer_putc(out, '\n');
}

static void unescape(char *name)
{
	char *to = name;
	for (const char *c = name; *c; c++) {
		if (*c == '\\' && c[1])
			c++, *to++ = *c == 'n' ? '\n' : *c == 'r' ? '\r' : *c;
		else
			*to++ = *c;
	}
	*to = '\0';
}

static bool is_mark(const char *line)
{
	static const char *const marks[] = {"<<<<<<<", "=======", ">>>>>>>", "|||||||"};
	for (size_t i = 0; i < CNI_COUNT(marks); i++)
		if (cni_starts(line, marks[i]))
			return true;
	return false;
}

static cn_status fail_line(const cni_sums *sums, size_t number, const char *line, cn_error *err)
{
	if (is_mark(line)) {
		cn_error_set(err, CN_ESCHEMA,
			"%s:%zu: two branches of version control meet here, and the conflict is not "
			"settled",
			sums->path, number);
		cn_error_hint(err,
			"keep the lines of both sides and delete the marks; then \"db heads\" shows "
			"the two heads, and \"db merge heads\" or \"db rebase\" makes one of them");
		return CN_ESCHEMA;
	}
	cn_error_set(err, CN_ESCHEMA, "%s:%zu: this is no line of checksums", sums->path, number);
	cn_error_detail(err, "%.120s", line);
	cn_error_hint(err,
		"a line is 64 hex digits, two blanks and the file's name, as sha256sum writes it; "
		"\"db edit --accept\" writes the file anew when it is deleted");
	return CN_ESCHEMA;
}

static cn_status read_line(cni_sums *sums, size_t number, const char *line, cn_error *err)
{
	const char *start = line;
	cni_sum sum = {.line = number};
	bool escaped = *line == '\\';
	line += escaped;
	if (strspn(line, "0123456789abcdefABCDEF") != DIGITS || line[DIGITS] != ' ' ||
		(line[DIGITS + 1] != ' ' && line[DIGITS + 1] != '*') || !line[DIGITS + 2])
		return fail_line(sums, number, start, err);
	for (size_t i = 0; i < DIGITS; i++)
		sum.sum[i] = cni_lower(line[i]);
	char *name = cni_strdup(sums->arena, line + DIGITS + 2);
	if (!name)
		return no_memory(err);
	if (escaped)
		unescape(name);
	sum.name = name;
	return CNI_PUSH(sums->arena, sums->list, sums->count, sum) ? CN_OK : no_memory(err);
}

static int compare(const void *a, const void *b)
{
	const cni_sum *one = a, *two = b;
	int order = strcmp(one->name, two->name);
	return order ? order : (one->line > two->line) - (one->line < two->line);
}

/* The same line twice comes from both sides of a merge. */
static cn_status sort(cni_sums *sums, cn_error *err)
{
	size_t kept = 0;
	if (sums->count)
		qsort(sums->list, sums->count, sizeof *sums->list, compare);
	for (size_t i = 0; i < sums->count; i++) {
		const cni_sum *sum = &sums->list[i], *last = &sums->list[kept ? kept - 1 : 0];
		if (!kept || strcmp(last->name, sum->name) != 0) {
			sums->list[kept++] = *sum;
			continue;
		}
		if (strcmp(last->sum, sum->sum) == 0)
			continue;
		cn_error_set(err, CN_ESCHEMA, "%s:%zu: another checksum of \"%s\" than in line %zu",
			sums->path, sum->line, sum->name, last->line);
		cn_error_hint(
			err, "delete the line that \"sha256sum %s\" does not print", sum->name);
		return CN_ESCHEMA;
	}
	sums->count = kept;
	return CN_OK;
}

/* ---- the file ---- */

cn_status cni_sums_parse(cni_arena *arena, const char *path, const char *text, size_t size,
	cni_sums *ret, cn_error *err)
{
	cni_sums sums = {.arena = arena, .path = cni_strdup(arena, path), .exists = true};
	char *copy = cni_strndup(arena, text, size), *next;
	size_t number = 0;
	if (!sums.path || !copy)
		return no_memory(err);
	if (strlen(copy) != size)
		return cn_fail(
			err, CN_ESCHEMA, "\"%s\" is no text: it holds a NUL byte", sums.path);
	for (char *line = copy; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		size_t length = strlen(line);
		if (length && line[length - 1] == '\r')
			line[--length] = '\0';
		number++;
		if (length)
			TRY(read_line(&sums, number, line, err));
	}
	TRY(sort(&sums, err));
	*ret = sums;
	return CN_OK;
}

cn_status cni_sums_read(cni_arena *arena, const char *folder, cni_sums *ret, cn_error *err)
{
	cni_sums none = {.arena = arena, .path = cni_path_join(arena, folder, CNI_SUMS_FILE)};
	char *text;
	size_t size;
	if (!none.path)
		return no_memory(err);
	if (!cni_file_exists(none.path)) {
		*ret = none;
		return CN_OK;
	}
	TRY(cni_file_read(arena, none.path, MAX_BYTES, &text, &size, err));
	return cni_sums_parse(arena, none.path, text, size, ret, err);
}

static const char FOLDER[] = "versions/";

/* Of a file in versions/, by its bare name. */
static int compare_name(const void *key, const void *element)
{
	const char *name = ((const cni_sum *)element)->name;
	return cni_starts(name, FOLDER) ? strcmp(key, name + strlen(FOLDER)) : strcmp(FOLDER, name);
}

static cni_sum *find(const cni_sums *sums, const char *path)
{
	return sums->count ? bsearch(cni_path_name(path), sums->list, sums->count,
				     sizeof *sums->list, compare_name)
			   : NULL;
}

const cni_sum *cni_sums_find(const cni_sums *sums, const char *path) { return find(sums, path); }

cn_status cni_sums_put(cni_sums *sums, const char *path, const char *checksum, cn_error *err)
{
	cni_sum *there = find(sums, path);
	cni_sum sum = {.name = cni_printf(sums->arena, "%s%s", FOLDER, cni_path_name(path))};
	if (!sum.name || (!there && !CNI_PUSH(sums->arena, sums->list, sums->count, sum)))
		return no_memory(err);
	memcpy(sum.sum, checksum, sizeof sum.sum);
	size_t at = there ? (size_t)(there - sums->list) : sums->count - 1;
	for (; !there && at && strcmp(sums->list[at - 1].name, sum.name) > 0; at--)
		sums->list[at] = sums->list[at - 1];
	sums->list[at] = sum;
	return CN_OK;
}

void cni_sums_remove(cni_sums *sums, const char *path)
{
	cni_sum *there = find(sums, path);
	if (!there)
		return;
	size_t after = sums->count - (size_t)(there - sums->list) - 1;
	memmove(there, there + 1, after * sizeof *there);
	sums->count--;
}

void cni_sums_print(cni_buffer *out, const cni_sums *sums)
{
	for (size_t i = 0; i < sums->count; i++)
		write_line(out, &sums->list[i]);
}

cn_status cni_sums_write(cni_sums *sums, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_sums_print(&out, sums);
	if (out.failed)
		return no_memory(err);
	return cni_file_write(sums->path, cni_buffer_text(&out), out.size, false, err);
}

/* ---- against the folder ---- */

static int compare_paths(const void *a, const void *b)
{
	return strcmp(
		cni_path_name(*(const char *const *)a), cni_path_name(*(const char *const *)b));
}

static int compare_path(const void *key, const void *element)
{
	return strcmp(key, cni_path_name(*(const char *const *)element));
}

/* Lines whose file is not there. Other files than revisions are nobody's business. */
static cn_status find_missing(const cni_sums *sums, const cni_folder *folder, cni_arena *arena,
	cni_sum_finding **list, size_t *count, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	const char **paths = cni_alloc(&scratch, (folder->revision_count + 1) * sizeof *paths);
	if (!paths)
		return no_memory(err);
	for (size_t i = 0; i < folder->revision_count; i++)
		paths[i] = folder->revisions[i].path;
	if (folder->revision_count)
		qsort(paths, folder->revision_count, sizeof *paths, compare_paths);
	for (size_t i = 0; i < sums->count; i++) {
		cni_sum_finding finding = {.kind = CNI_SUM_MISSING, .name = sums->list[i].name};
		if (!cni_starts(finding.name, FOLDER) ||
			(folder->revision_count &&
				bsearch(finding.name + strlen(FOLDER), paths,
					folder->revision_count, sizeof *paths, compare_path)))
			continue;
		const char *path = cni_path_join(&scratch, folder->path, finding.name);
		if (!path)
			return no_memory(err);
		if (cni_file_exists(path)) /* of a revision that was squashed since */
			continue;
		if (!CNI_PUSH(arena, *list, *count, finding))
			return no_memory(err);
	}
	return CN_OK;
}

cn_status cni_sums_check(const cni_sums *sums, const cni_folder *folder, cni_arena *arena,
	cni_sum_finding **ret, size_t *ret_count, cn_error *err)
{
	cni_sum_finding *list = NULL;
	size_t count = 0;
	for (size_t i = 0; sums->exists && i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		const cni_sum *sum = cni_sums_find(sums, revision->path);
		cni_sum_finding finding = {.kind = sum ? CNI_SUM_CHANGED : CNI_SUM_UNLISTED,
			.revision = revision,
			.name = cni_path_name(revision->path)};
		if (sum && strcmp(sum->sum, revision->checksum) == 0)
			continue;
		if (!CNI_PUSH(arena, list, count, finding))
			return no_memory(err);
	}
	if (sums->exists)
		TRY(find_missing(sums, folder, arena, &list, &count, err));
	*ret = list;
	*ret_count = count;
	return CN_OK;
}

/* What is wrong with the file of sums itself is `db check`'s to fail on, not an upgrade's. */
cn_status cni_migrator_tell_changed(
	cn_migrator *migrator, const cni_folder *folder, const cni_route *route, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_sums sums;
	cn_error why;
	if (migrator->desc.embedded || !route->count)
		return CN_OK;
	cn_status status = cni_sums_read(&arena, folder->path, &sums, &why);
	if (status == CN_ENOMEM)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (status < 0)
		cni_migrator_notice(migrator, "%s", why.message);
	for (size_t i = 0; status == CN_OK && i < route->count; i++) {
		const cni_sum *sum = cni_sums_find(&sums, route->list[i]->path);
		if (sum && strcmp(sum->sum, route->list[i]->checksum) != 0)
			cni_migrator_notice(migrator,
				"revision %s was edited after it was made: %s; \"%s db edit --accept "
				"%s\" proves it and takes it",
				route->list[i]->id, route->list[i]->path, migrator->desc.program,
				route->list[i]->id);
	}
	return CN_OK;
}

/* ---- for what writes revisions ---- */

cn_status cni_migrator_sums(cn_migrator *migrator, const cni_folder *folder, cni_arena *arena,
	cni_sums *ret, cn_error *err)
{
	cni_sums sums;
	cni_sum_finding *list;
	size_t count;
	TRY(cni_sums_read(arena, folder->path, &sums, err));
	TRY(cni_sums_check(&sums, folder, arena, &list, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (list[i].kind == CNI_SUM_UNLISTED) {
			cni_migrator_notice(migrator, "%s had no line in " CNI_SUMS_FILE ": added",
				list[i].name);
			TRY(cni_sums_put(
				&sums, list[i].revision->path, list[i].revision->checksum, err));
		} else if (list[i].kind == CNI_SUM_MISSING) {
			cni_migrator_notice(migrator,
				"%s is in " CNI_SUMS_FILE ", but not there: its line is taken out",
				list[i].name);
			cni_sums_remove(&sums, list[i].name);
		}
	}
	for (size_t i = 0; !sums.exists && i < folder->revision_count; i++)
		TRY(cni_sums_put(
			&sums, folder->revisions[i].path, folder->revisions[i].checksum, err));
	*ret = sums;
	return CN_OK;
}

cn_status cni_migrator_put_file(cn_migrator *migrator, const cni_folder *folder, const char *path,
	const char *text, const char *checksum, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	cni_sums sums;
	TRY(cni_migrator_sums(migrator, folder, &arena, &sums, err));
	TRY(cni_sums_put(&sums, path, checksum, err));
	cn_status status = cni_file_write(path, text, strlen(text), true, err);
	if (status == CN_ECONFLICT) /* somebody else's */
		return status;
	if (status >= 0)
		status = cni_sums_write(&sums, err);
	if (status < 0)
		unlink(path);
	return status;
}
