/* cheaper.c - see cheaper.h. */
#include "migrate/change/cheaper.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/names.h"
#include "sql/lexer.h"

/* Looks at no more rows than that. */
static cn_status is_large(cni_conn *conn, const char *table, int64_t from, bool *ret, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	int64_t found = 0;
	cni_buffer_puts(&sql, "SELECT count(*) FROM (SELECT 1 FROM ");
	cni_quote_name(&sql, table);
	cni_buffer_printf(&sql, " LIMIT 1 OFFSET %" PRId64 ")", from - 1);
	if (sql.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_conn_int(conn, cni_buffer_text(&sql), &found, err));
	*ret = found > 0;
	return CN_OK;
}

/* Only these end the search; whatever else goes wrong means that there is nothing cheaper. */
static cn_status pass_on(cn_status status, const cn_error *why, cn_error *err)
{
	if (status != CN_ENOMEM && status != CN_ECANCELED)
		return CN_OK;
	if (err)
		*err = *why;
	return status;
}

/* A table that is not there is for the revision to stumble over. */
static cn_status any_is_large(cni_conn *conn, const cni_schema *before, const cni_plan *plan,
	int64_t from, bool *ret, cn_error *err)
{
	*ret = false;
	for (size_t i = 0; i < plan->keep_count && !*ret; i++) {
		cn_error why;
		if (!cni_schema_table(before, plan->keeps[i].from_table))
			continue;
		cn_status status = is_large(conn, plan->keeps[i].from_table, from, ret, &why);
		TRY(pass_on(status, &why, err));
	}
	return CN_OK;
}

static bool same_step(cni_arena *arena, const cni_step *a, const cni_step *b)
{
	const char *x = a->sql ? cni_sql_normal(arena, a->sql, strlen(a->sql), false) : NULL;
	const char *y = b->sql ? cni_sql_normal(arena, b->sql, strlen(b->sql), false) : NULL;
	return x && y && strcmp(x, y) == 0;
}

static bool same_steps(cni_arena *arena, const cni_plan *a, const cni_plan *b)
{
	bool same = a->step_count == b->step_count;
	for (size_t i = 0; same && i < a->step_count; i++)
		same = same_step(arena, &a->steps[i], &b->steps[i]);
	return same;
}

/* What the revisions make, in the words in which the database has it: the texts differ after an
 * edit, and where the tables are older than their revisions. *ret is NULL when it is not there. */
static cn_status as_stored(
	cni_conn *conn, const cni_schema *before, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	cni_schema *actual;
	cni_schema *stored = cni_schema_new(arena, before->engine);
	*ret = NULL;
	TRY(cni_conn_inspect_like(conn, before, arena, &actual, err));
	for (size_t i = 0; stored && i < before->object_count; i++) {
		const cni_object *then = &before->objects[i];
		const cni_object *now = cni_schema_find(actual, then->ddl.kind, then->name);
		if (!now || !cni_object_equal(now, then))
			return CN_OK;
		if (!CNI_PUSH(arena, stored->objects, stored->object_count, *now))
			stored = NULL;
	}
	if (!stored || !cni_names_cover(stored->names, stored->objects, stored->object_count))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	*ret = stored;
	return CN_OK;
}

/* Nothing is renamed, filled or cast. */
static cn_status make_plan(
	cni_conn *conn, cni_plan_request *request, cni_arena *arena, cni_plan *ret, cn_error *err)
{
	cni_copy *copies;
	TRY(cni_copies_make(arena, request->from, request->to, NULL, 0, NULL, &copies,
		&request->copy_count, err));
	request->copies = copies;
	return cni_plan_make(conn->driver->name, request, arena, ret, err);
}

cn_status cni_plan_cheaper(cni_conn *conn, const cni_schema *before, const cni_schema *after,
	const cni_plan *plan, int64_t from, cni_arena *arena, const cni_plan **ret, cn_error *err)
{
	cni_plan_request request = {.from = before, .to = after};
	cni_plan *usual = cni_alloc(arena, 2 * sizeof *usual);
	cni_schema *stored;
	cn_error why;
	bool large;
	*ret = plan;
	if (!usual)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(any_is_large(conn, before, plan, from, &large, err));
	if (!large)
		return CN_OK;
	/* without the decisions that the revision rests on there may be no plan at all */
	cn_status status = make_plan(conn, &request, arena, usual, &why);
	if (status < 0 || !same_steps(arena, usual, plan))
		return pass_on(status, &why, err);
	TRY(as_stored(conn, before, arena, &stored, err));
	if (!stored)
		return CN_OK;
	request = (cni_plan_request){.from = stored, .to = after, .edit_from = from, .data = conn};
	cni_plan *cheaper = usual + 1;
	status = make_plan(conn, &request, arena, cheaper, &why);
	if (status == CN_OK && cheaper->edited_count)
		*ret = cheaper;
	return pass_on(status, &why, err);
}
