/* migrator_route.c - which revisions an upgrade or a downgrade has to run, and in which order. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "migrate/migrator.h"

/* "+2", "-1": false when it is none. A number with too many digits is none either. */
static bool parse_relative(const char *text, char sign, size_t *ret)
{
	if (*text != sign || !text[1] || strlen(text) > 7)
		return false;
	size_t n = 0;
	for (const char *c = text + 1; *c; c++) {
		if (*c < '0' || *c > '9')
			return false;
		n = n * 10 + (size_t)(*c - '0');
	}
	*ret = n;
	return n > 0;
}

/* A revision that would be run now, while one that follows it is applied already, came too late:
 * what it was proved against is gone. */
static cn_status check_order(
	const cni_folder *folder, const bool *applied, const bool *wanted, cn_error *err)
{
	for (size_t i = 0; i < folder->revision_count; i++) {
		const cni_revision *revision = &folder->revisions[i];
		for (size_t p = 0; applied[i] && p < revision->parent_count; p++) {
			size_t parent = revision->parent_at[p];
			if (applied[parent] || !wanted[parent])
				continue;
			cn_error_set(err, CN_ESCHEMA,
				"revision \"%s\" comes before \"%s\", which is applied already",
				folder->revisions[parent].id, revision->id);
			cn_error_detail(
				err, "%s\n%s", folder->revisions[parent].path, revision->path);
			cn_error_hint(err,
				"let the new revision follow the head (its \"parents:\" line), or downgrade first");
			return CN_ESCHEMA;
		}
	}
	return CN_OK;
}

static cn_status push(
	cni_route *route, cni_arena *arena, const cni_revision *revision, cn_error *err)
{
	/* a list of pointers is meant: NOLINTNEXTLINE(bugprone-sizeof-expression) */
	bool pushed = CNI_PUSH(arena, route->list, route->count, revision);
	return pushed ? CN_OK : cn_fail(err, CN_ENOMEM, "out of memory");
}

static cn_status find_up(const cni_folder *folder, const bool *applied, const char *name,
	cni_arena *arena, cni_route *route, cn_error *err)
{
	const cni_revision *to;
	size_t steps = folder->revision_count;
	bool relative = parse_relative(name, '+', &steps);
	if (!relative && (*name == '+' || *name == '-'))
		return cn_fail(err, CN_EARG,
			"\"%.40s\" cannot be upgraded to: write a revision, \"head\" or \"+1\"",
			name);
	TRY(cni_folder_find(folder, relative ? "head" : name, &to, err));
	const bool *wanted = cni_folder_ancestors(folder, arena, to);
	if (!wanted)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(check_order(folder, applied, wanted, err));
	for (size_t i = 0; i < folder->revision_count && route->count < steps; i++)
		if (wanted[i] && !applied[i])
			TRY(push(route, arena, &folder->revisions[i], err));
	if (relative && route->count < steps) {
		cn_error_set(err, CN_ENOTFOUND, "there are no %zu revisions to upgrade to", steps);
		cn_error_detail(err, "%zu are pending", route->count);
		return CN_ENOTFOUND;
	}
	return CN_OK;
}

static cn_status find_back(const cni_folder *folder, const bool *applied, size_t steps,
	cni_arena *arena, cni_route *route, cn_error *err)
{
	for (size_t i = folder->revision_count; i-- > 0 && route->count < steps;)
		if (applied[i])
			TRY(push(route, arena, &folder->revisions[i], err));
	if (route->count == steps)
		return CN_OK;
	cn_error_set(err, CN_ENOTFOUND,
		steps == 1 ? "there is no revision to downgrade from"
			   : "there are no %zu revisions to downgrade from",
		steps);
	cn_error_detail(err, "%zu are applied", route->count);
	return CN_ENOTFOUND;
}

static cn_status find_down(const cni_folder *folder, const bool *applied, const char *name,
	cni_arena *arena, cni_route *route, cn_error *err)
{
	const cni_revision *to;
	size_t steps;
	if (parse_relative(name, '-', &steps))
		return find_back(folder, applied, steps, arena, route, err);
	if (*name == '+' || *name == '-')
		return cn_fail(err, CN_EARG,
			"\"%.40s\" cannot be downgraded to: write a revision, \"base\" or \"-1\"",
			name);
	TRY(cni_folder_find(folder, name, &to, err));
	if (to && !applied[to - folder->revisions]) {
		cn_error_set(err, CN_EARG,
			"the database is not past revision \"%s\": it was not applied", to->id);
		cn_error_hint(err,
			"\"db current -v\" says where it is; \"db upgrade %s\" goes there", to->id);
		return CN_EARG;
	}
	const bool *stays = cni_folder_ancestors(folder, arena, to);
	if (!stays)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = folder->revision_count; i-- > 0;)
		if (applied[i] && !stays[i])
			TRY(push(route, arena, &folder->revisions[i], err));
	return CN_OK;
}

cn_status cni_route_find(const cni_folder *folder, const bool *applied, bool down,
	const char *revision, cni_arena *arena, cni_route *ret, cn_error *err)
{
	cni_route route = {.down = down};
	TRY(down ? find_down(folder, applied, revision, arena, &route, err)
		 : find_up(folder, applied, revision, arena, &route, err));
	*ret = route;
	return CN_OK;
}
