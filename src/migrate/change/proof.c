/* proof.c - see proof.h. */
#include "migrate/change/proof.h"

#include "base/file.h"
#include "base/try.h"
#include "migrate/change/execute.h"

/* A database may hold more than what is compared: another tool's tables, or what somebody added.
 * Then what it is afterwards cannot be what was planned; that its rows come through still can. */
static cn_status holds_more(
	cni_conn *copy, const cni_schema *from, cni_arena *arena, bool *ret, cn_error *err)
{
	cni_schema *actual;
	TRY(cni_conn_inspect_like(copy, from, arena, &actual, err));
	*ret = !cni_schema_equal(actual, from);
	return CN_OK;
}

static cn_status try_down(
	cni_arena *arena, cni_conn *copy, cni_change_set *set, bool more, cn_error *err)
{
	const cni_execution down = {.plan = &set->down, .expect = more ? NULL : set->down.result};
	cn_error why;
	cn_status status = cni_execute(copy, &down, &why);
	if (status == CN_OK)
		return CN_OK;
	if (status == CN_ENOMEM || status == CN_ECANCELED) {
		if (err)
			*err = why;
		return status;
	}
	const char *warning = cni_printf(
		arena, "the way back fails on the rows that are there now: %s", why.message);
	if (!warning || !CNI_PUSH(arena, set->down.warnings, set->down.warning_count, warning))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

cn_status cni_prove(
	cni_arena *arena, const cni_change_input *input, cni_change_set *set, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *copy = NULL;
	int64_t limit = input->runs_next ? CNI_PROOF_MAX_BYTES_RUN : CNI_PROOF_MAX_BYTES;
	if (!input->from->object_count) /* there is nothing that could get lost or stand in the way
					 */
		return CN_OK;
	if (!input->data || !input->data->driver->snapshot ||
		(input->data->path && cni_file_size(input->data->path) > limit))
		return CN_OK;
	bool more;
	TRY(cni_conn_snapshot(input->data, &copy, err));
	TRY(holds_more(copy, input->from, arena, &more, err));
	const cni_execution up = {.plan = &set->up, .expect = more ? NULL : set->up.result};
	cn_status status = cni_execute(copy, &up, err);
	if (status < 0) {
		cn_error_wrap(err, "tried on a copy of the database");
		return status;
	}
	if (set->down.step_count)
		TRY(try_down(arena, copy, set, more, err));
	set->tried_on_data = true;
	return CN_OK;
}
