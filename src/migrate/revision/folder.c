/* folder.c - the revisions of a folder, read, checked and put in order. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/try.h"
#include "migrate/revision/replaced.h"
#include "migrate/revision/revision.h"

static cn_status no_folder(const char *path, const char *what, cn_error *err)
{
	cn_error_set(err, CN_ENOTFOUND, "there is no folder \"%s\"", path);
	cn_error_detail(err, "%s", what);
	cn_error_hint(err, "\"db init\" makes it");
	return CN_ENOTFOUND;
}

static cn_status read_file(
	cni_folder *folder, const char *path, bool headers, cni_revision *ret, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	char *text;
	size_t size;
	TRY(cni_file_read(headers ? folder->arena : &scratch, path, CNI_REVISION_MAX_BYTES, &text,
		&size, err));
	return headers ? cni_revision_parse_header(folder->arena, path, text, size, ret, err)
		       : cni_revision_parse(folder->arena, path, text, size, ret, err);
}

static cn_status read_files(cni_folder *folder, const char *versions, bool headers, cn_error *err)
{
	const char **names;
	size_t count;
	TRY(cni_dir_list(folder->arena, versions, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		/* hidden files are editors' left-overs, or a write that was interrupted */
		if (names[i][0] == '.' || !cni_ends(names[i], ".sql"))
			continue;
		if (folder->revision_count == CNI_FOLDER_MAX)
			return cn_fail(err, CN_EARG, "more than %d revisions in \"%s\"",
				CNI_FOLDER_MAX, versions);
		const char *path = cni_path_join(folder->arena, versions, names[i]);
		cni_revision revision;
		if (!path)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		TRY(read_file(folder, path, headers, &revision, err));
		if (!CNI_PUSH(folder->arena, folder->revisions, folder->revision_count, revision))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

/* The number of a line "format = 1"; that of this program for every other line. */
static long format_of(const char *line)
{
	static const char key[] = "format";
	line += strspn(line, " \t");
	if (!cni_starts(line, key))
		return CNI_FOLDER_FORMAT;
	line += sizeof key - 1;
	line += strspn(line, " \t");
	return *line == '=' ? strtol(line + 1, NULL, 10) : CNI_FOLDER_FORMAT;
}

/* A folder without settings is of format 1. `key = value`, comments after `;` or `#`, as in any
 * .ini file. */
static cn_status read_settings(cni_arena *arena, const char *folder, cn_error *err)
{
	enum { MAX_BYTES = 64 << 10 };
	char *text;
	size_t size;
	const char *path = cni_path_join(arena, folder, CNI_FOLDER_SETTINGS);
	if (!path)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!cni_file_exists(path))
		return CN_OK;
	TRY(cni_file_read(arena, path, MAX_BYTES, &text, &size, err));
	for (const char *line = text; line;
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		long format = format_of(line);
		if (format == CNI_FOLDER_FORMAT)
			continue;
		cn_error_set(err, CN_EUNSUPPORTED, "\"%s\" is of format %ld; this program knows %d",
			folder, format, CNI_FOLDER_FORMAT);
		cn_error_hint(err, "it was made by a newer Cantil: use that one");
		return CN_EUNSUPPORTED;
	}
	return CN_OK;
}

static cn_status read_folder(
	cni_arena *arena, const char *path, bool headers, cni_folder *ret, cn_error *err)
{
	cni_folder folder = {.arena = arena, .path = cni_strdup(arena, path)};
	const char *versions = cni_path_join(arena, path, "versions");
	if (!folder.path || !versions)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!cni_dir_exists(path))
		return no_folder(path, "the migrations are expected there", err);
	if (!cni_dir_exists(versions))
		return no_folder(versions,
			"the migrations folder is there, but not the one for the revisions", err);
	TRY(read_settings(arena, path, err));
	TRY(read_files(&folder, versions, headers, err));
	TRY(cni_folder_link(&folder, err));
	*ret = folder;
	return CN_OK;
}

cn_status cni_folder_read(cni_arena *arena, const char *path, cni_folder *ret, cn_error *err)
{
	return read_folder(arena, path, false, ret, err);
}

cn_status cni_folder_read_headers(
	cni_arena *arena, const char *path, cni_folder *ret, cn_error *err)
{
	return read_folder(arena, path, true, ret, err);
}

/* The header is read again with it, and says the same: it is the same text. What linking has made
 * of it stays. */
cn_status cni_folder_load(cni_folder *folder, cn_error *err)
{
	for (size_t i = 0; i < folder->revision_count; i++) {
		cni_revision *revision = &folder->revisions[i], whole;
		if (!revision->unread)
			continue;
		TRY(cni_revision_parse(folder->arena, revision->path, revision->unread,
			revision->unread_size, &whole, err));
		revision->sections = whole.sections;
		revision->section_count = whole.section_count;
		revision->unread = NULL;
	}
	return CN_OK;
}

/* ---- the graph ---- */

typedef struct by_id_entry {
	const char *id;
	size_t at;
} by_id_entry;

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const by_id_entry *)a)->id, ((const by_id_entry *)b)->id);
}

/* Sorts indexes by id and refuses an id that two files have. */
static cn_status index_ids(cni_folder *folder, cn_error *err)
{
	size_t count = folder->revision_count;
	by_id_entry *entries = cni_alloc(folder->arena, (count + 1) * sizeof *entries);
	folder->by_id = cni_alloc(folder->arena, (count + 1) * sizeof *folder->by_id);
	if (!entries || !folder->by_id)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		entries[i] = (by_id_entry){folder->revisions[i].id, i};
	if (count)
		qsort(entries, count, sizeof *entries, compare_entries);
	for (size_t i = 0; i < count; i++) {
		folder->by_id[i] = entries[i].at;
		if (i && strcmp(entries[i].id, entries[i - 1].id) == 0) {
			cn_error_set(
				err, CN_ESCHEMA, "two files are revision \"%s\"", entries[i].id);
			cn_error_detail(err, "%s\n%s", folder->revisions[entries[i - 1].at].path,
				folder->revisions[entries[i].at].path);
			cn_error_hint(err, "remove the copy, or give it an id of its own");
			return CN_ESCHEMA;
		}
	}
	return CN_OK;
}

const cni_revision *cni_folder_get(const cni_folder *folder, const char *id)
{
	size_t low = 0, high = folder->revision_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const cni_revision *revision = &folder->revisions[folder->by_id[middle]];
		int order = strcmp(id, revision->id);
		if (order == 0)
			return revision;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* ---- labels ---- */

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const cni_label *)a)->name, ((const cni_label *)b)->name);
}

const cni_revision *cni_folder_label(const cni_folder *folder, const char *label)
{
	const cni_label key = {.name = label};
	const cni_label *found = folder->label_count
					 ? bsearch(&key, folder->labels, folder->label_count,
						   sizeof *folder->labels, compare_labels)
					 : NULL;
	return found ? &folder->revisions[found->at] : NULL;
}

static cn_status fail_label(const cni_folder *folder, const cni_label *label,
	const cni_revision *other, const char *what, cn_error *err)
{
	cn_error_set(err, CN_ESCHEMA, "%s \"%s\"", what, label->name);
	cn_error_detail(err, "%s\n%s", folder->revisions[label->at].path, other->path);
	cn_error_hint(err, "change the \"labels:\" line of one of them");
	return CN_ESCHEMA;
}

/* A label is stated once: what follows inherits it. Nor may it hide a revision. */
static cn_status index_labels(cni_folder *folder, cn_error *err)
{
	folder->labels = NULL;
	folder->label_count = 0;
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		for (size_t k = 0; k < revision->label_count; k++) {
			cni_label label = {.name = revision->labels[k], .at = i};
			const cni_revision *same = cni_folder_get(folder, label.name);
			if (same)
				return fail_label(folder, &label, same,
					"a label and a revision are both called", err);
			if (!CNI_PUSH(folder->arena, folder->labels, folder->label_count, label))
				return cn_fail(err, CN_ENOMEM, "out of memory");
		}
	}
	if (folder->label_count)
		qsort(folder->labels, folder->label_count, sizeof *folder->labels, compare_labels);
	for (size_t i = 1; i < folder->label_count; i++)
		if (strcmp(folder->labels[i].name, folder->labels[i - 1].name) == 0)
			return fail_label(folder, &folder->labels[i],
				&folder->revisions[folder->labels[i - 1].at],
				"two revisions state the label", err);
	return CN_OK;
}

/* ---- who follows whom ---- */

/* Who follows the last of those that were squashed follows what they became: its file need not be
 * touched. */
static const cni_revision *find_parent(const cni_folder *folder, const char *id)
{
	const cni_revision *parent = cni_folder_get(folder, id);
	bool end;
	if (parent)
		return parent;
	parent = cni_folder_replacement(folder, id, &end);
	return parent && end ? parent : NULL;
}

static cn_status fail_parent(
	const cni_folder *folder, const cni_revision *revision, const char *id, cn_error *err)
{
	const cni_revision *squashed = cni_folder_replacement(folder, id, NULL);
	cn_error_set(err, CN_ESCHEMA, "revision \"%s\" follows \"%s\", which is not there",
		revision->id, id);
	cn_error_detail(err, "%s", revision->path);
	if (squashed)
		cn_error_hint(err,
			"\"%s\" was squashed into \"%s\": mend the \"parents:\" line, and try both with "
			"\"db verify\"",
			id, squashed->id);
	else
		cn_error_hint(err,
			"a file is missing from versions/: take it from version control, or mend "
			"the \"parents:\" line");
	return CN_ESCHEMA;
}

static cn_status link_depends(cni_folder *folder, cni_revision *revision, cn_error *err)
{
	for (size_t d = 0; d < revision->depend_count; d++) {
		const char *name = revision->depends[d];
		const cni_revision *needed = find_parent(folder, name);
		if (!needed)
			needed = cni_folder_label(folder, name);
		if (!needed) {
			cn_error_set(err, CN_ESCHEMA,
				"revision \"%s\" depends on \"%s\", which is not there",
				revision->id, name);
			cn_error_detail(err, "%s", revision->path);
			cn_error_hint(err, "mend the \"depends:\" line: whole ids, or labels");
			return CN_ESCHEMA;
		}
		revision->depends[d] = needed->id;
		revision->need_at[revision->need_count++] = (size_t)(needed - folder->revisions);
	}
	return CN_OK;
}

static cn_status link_needs(cni_folder *folder, cn_error *err)
{
	for (size_t i = 0; i < folder->revision_count; i++)
		folder->revisions[i].head = true;
	for (size_t i = 0; i < folder->revision_count; i++) {
		cni_revision *revision = &folder->revisions[i];
		revision->need_at = cni_alloc(
			folder->arena, (revision->parent_count + revision->depend_count + 1) *
					       sizeof *revision->need_at);
		if (!revision->need_at)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		revision->parent_at = revision->need_at;
		for (size_t p = 0; p < revision->parent_count; p++) {
			const cni_revision *parent = find_parent(folder, revision->parents[p]);
			if (!parent)
				return fail_parent(folder, revision, revision->parents[p], err);
			revision->parents[p] = parent->id;
			revision->parent_at[p] = (size_t)(parent - folder->revisions);
			folder->revisions[revision->parent_at[p]].head = false;
		}
		revision->need_count = revision->parent_count;
		TRY(link_depends(folder, revision, err));
	}
	return CN_OK;
}

static cn_status fail_cycle(const cni_folder *folder, const size_t *waiting, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer names = {.limit = 1500};
	for (size_t i = 0; i < folder->revision_count; i++)
		if (waiting[i])
			cni_buffer_printf(
				&names, "%s%s", names.size ? ", " : "", folder->revisions[i].id);
	cn_error_set(err, CN_ESCHEMA, "revisions follow one another in a circle");
	cn_error_detail(err, "in it, or behind it: %s", cni_buffer_text(&names));
	cn_error_hint(err, "mend the \"parents:\" or the \"depends:\" line of one of them");
	return CN_ESCHEMA;
}

/* What needs each revision, as one list with offsets: first[i] .. first[i + 1]. */
static bool list_needing(
	const cni_folder *folder, cni_arena *arena, size_t **ret_first, size_t **ret_list)
{
	size_t count = folder->revision_count, edges = 0;
	for (size_t i = 0; i < count; i++)
		edges += folder->revisions[i].need_count;
	size_t *first = cni_alloc(arena, (count + 2) * sizeof *first);
	size_t *list = cni_alloc(arena, (edges + 1) * sizeof *list);
	if (!first || !list)
		return false;
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; p < folder->revisions[i].need_count; p++)
			first[folder->revisions[i].need_at[p] + 2]++;
	for (size_t i = 2; i < count + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < count;
		i++) /* first[k + 1] moves from the start of k's list to its end */
		for (size_t p = 0; p < folder->revisions[i].need_count; p++)
			list[first[folder->revisions[i].need_at[p] + 1]++] = i;
	*ret_first = first;
	*ret_list = list;
	return true;
}

/* The order in which they can run: order[n] is the place of the n-th. CN_ESCHEMA when there is a
 * cycle. */
static cn_status sort_parents_first(
	const cni_folder *folder, cni_arena *arena, size_t *order, cn_error *err)
{
	size_t count = folder->revision_count, *first, *children, done = 0, ready = 0;
	size_t *waiting =
		cni_alloc(arena, (count + 1) * sizeof *waiting); /* for how many of its needs */
	if (!waiting || !list_needing(folder, arena, &first, &children))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		waiting[i] = folder->revisions[i].need_count;
		if (!waiting[i])
			order[ready++] = i;
	}
	while (done < ready) {
		size_t at = order[done++];
		for (size_t c = first[at]; c < first[at + 1]; c++)
			if (--waiting[children[c]] == 0)
				order[ready++] = children[c];
	}
	return ready == count ? CN_OK : fail_cycle(folder, waiting, err);
}

cn_status cni_folder_link(cni_folder *folder, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena scratch = {0};
	TRY(index_ids(folder, err));
	TRY(cni_folder_drop_replaced(folder, err));
	TRY(index_ids(folder, err));
	TRY(index_labels(folder, err));
	TRY(link_needs(folder, err));
	size_t count = folder->revision_count;
	size_t *order = cni_alloc(&scratch, (count + 1) * sizeof *order);
	cni_revision *sorted = cni_alloc(folder->arena, (count + 1) * sizeof *sorted);
	if (!order || !sorted)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(sort_parents_first(folder, &scratch, order, err));
	for (size_t i = 0; i < count; i++)
		sorted[i] = folder->revisions[order[i]];
	folder->revisions = sorted;
	TRY(index_ids(folder, err)); /* the places have changed */
	TRY(index_labels(folder, err));
	return link_needs(folder, err);
}
