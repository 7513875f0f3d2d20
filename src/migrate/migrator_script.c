/* migrator_script.c - an upgrade or downgrade as a script for another program. */
#include "base/try.h"
#include "migrate/migrator.h"

/* The revision's own steps and those of the version table, as one plan: one transaction. */
static cn_status write_revision(cni_buffer *out, cn_migrator *migrator, const cni_route *route,
	const cni_revision *revision, cn_error *err)
{
	cni_arena *arena = &migrator->result;
	const char *engine = migrator->engine;
	bool down = route->down, first = revision == route->list[0];
	const cni_section *section = cni_revision_section(revision, engine);
	if (!section || (down && !section->has_downgrade))
		return cn_fail(err, CN_EUNSUPPORTED, "%s: there is no section \"-- %s %s\"",
			revision->path, down ? "downgrade" : "upgrade", engine);
	const cni_plan *from = down ? &section->downgrade : &section->upgrade;
	cni_plan plan = *from;
	plan.steps = NULL;
	plan.step_count = 0;
	for (size_t i = 0; i < from->step_count; i++)
		if (!CNI_PUSH(arena, plan.steps, plan.step_count, from->steps[i]))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_version_script(arena, engine, &plan, revision, down, migrator->tag,
		route->untagged && first, err));
	cni_buffer_printf(out, "%s-- %s %s%s%s\n", out->size ? "\n" : "",
		down ? "downgrade from" : "upgrade to", revision->id,
		*revision->message ? ": " : "", revision->message);
	cni_plan_write(out, &plan);
	return out->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

cn_status cn_migrator_script(cn_migrator *migrator, bool downgrade, const char *revision,
	const char **ret_sql, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_route route;
	TRY(cni_migrator_route(migrator, downgrade, revision, &route, err));
	for (size_t i = 0; i < route.count; i++)
		TRY(write_revision(&out, migrator, &route, route.list[i], err));
	const char *sql = cni_buffer_dup(&out, &migrator->result);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret_sql = sql;
	return CN_OK;
}
