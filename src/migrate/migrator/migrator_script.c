/* migrator_script.c - an upgrade or downgrade as a script for another program. */
#include "base/try.h"
#include "migrate/migrator/migrator.h"
#include "migrate/revision/data_step.h"

/* The revision's steps as statements that stand alone: arguments of -x are written into them. */
static cn_status copy_steps(cni_arena *arena, const cni_revision *revision, const cni_plan *from,
	cni_plan *to, cn_error *err)
{
	to->steps = NULL;
	to->step_count = 0;
	for (size_t i = 0; i < from->step_count; i++) {
		cni_step step = from->steps[i];
		if (step.call || step.argument_count)
			TRY(cni_data_step_script(arena, revision, &step, &step.sql, err));
		if (!CNI_PUSH(arena, to->steps, to->step_count, step))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

/* With the rows of the version table as one plan, in one transaction; where the steps can stand in
 * none, the rows follow in one of their own. */
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
	cni_plan plan = *from, rows = {0};
	TRY(copy_steps(arena, revision, from, &plan, err));
	cni_plan *last = plan.no_transaction ? &rows : &plan;
	TRY(cni_version_script(
		arena, engine, last, revision, down, migrator->tag, route->untagged && first, err));
	cni_buffer_printf(out, "%s-- %s %s%s%s\n", out->size ? "\n" : "",
		down ? "downgrade from" : "upgrade to", revision->id,
		*revision->message ? ": " : "", revision->message);
	cni_plan_write(out, migrator->engine, &plan);
	if (plan.no_transaction)
		cni_plan_write(out, migrator->engine, &rows);
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
