/* migrator_cost.c - what an upgrade of this database would do, and what that takes. */
#include "base/try.h"
#include "migrate/migrator/cost.h"
#include "migrate/migrator/migrator.h"

/* Of a database that is not there yet nothing is known, and nothing is needed but its first pages.
 */
static const cni_sizes nothing = {.exact = true,
	.how = "every page",
	.free_bytes = -1,
	.journal = "wal",
	.readers_go_on = true};

static cn_status read_sizes(cn_migrator *migrator, bool exact, cni_sizes *ret, cn_error *err)
{
	cni_conn *conn = NULL;
	*ret = nothing;
	if (!cni_migrator_has_database(migrator))
		return CN_OK;
	TRY(cni_migrator_open(migrator, CNI_OPEN_READ, false, &conn, err));
	cn_status status = cni_conn_sizes(conn, exact, &migrator->result, ret, err);
	cni_migrator_close(migrator, &conn);
	return status;
}

static cn_status add_revision(cn_migrator *migrator, cni_coster *coster,
	const cni_revision *revision, cn_cost_revision *ret, cn_error *err)
{
	const cni_section *section = cni_revision_section(revision, migrator->engine);
	if (!section) {
		cn_error_set(err, CN_EUNSUPPORTED, "revision \"%s\" has no section for %s",
			revision->id, migrator->engine);
		cn_error_detail(err, "%s", revision->path);
		return CN_EUNSUPPORTED;
	}
	TRY(cni_cost_plan(coster, &section->upgrade,
		section->has_downgrade ? &section->downgrade : NULL, ret, err));
	ret->id = revision->id;
	ret->message = revision->message;
	ret->path = revision->path;
	return CN_OK;
}

cn_status cn_migrator_cost(
	cn_migrator *migrator, const char *revision, bool exact, cn_cost *ret, cn_error *err)
{
	cni_route route;
	cni_sizes sizes;
	cni_coster coster;
	TRY(cni_migrator_route(migrator, false, revision, &route, err));
	TRY(read_sizes(migrator, exact, &sizes, err));
	TRY(cni_coster_init(&coster, &migrator->result, &sizes, err));
	cn_cost_revision *list = cni_alloc(&migrator->result, (route.count + 1) * sizeof *list);
	if (!list)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_cost cost = {.database = migrator->uri.path ? migrator->uri.path : migrator->uri.text,
		.exists = cni_migrator_has_database(migrator),
		.database_bytes = sizes.database_bytes,
		.free_bytes = sizes.free_bytes,
		.journal = sizes.journal,
		.sizes_from = sizes.how,
		.exact = sizes.exact,
		.list = list,
		.count = route.count};
	for (size_t i = 0; i < route.count; i++) {
		TRY(add_revision(migrator, &coster, route.list[i], &list[i], err));
		cost.written_bytes += list[i].written_bytes;
		cost.duration_ms += list[i].duration_ms;
		if (list[i].needed_bytes > cost.needed_bytes)
			cost.needed_bytes = list[i].needed_bytes;
	}
	*ret = cost;
	return CN_OK;
}
