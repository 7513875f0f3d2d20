/* plan.c - the planner's order: what goes, renames, tables, what comes back, and is it the schema
 * wanted? */
#include "driver/sqlite/plan.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

enum { ALL_NEW_ABOVE = 300 }; /* objects; fewer are played in no time */

/* A comment is one line, whatever stands in a name. */
static const char *one_line(cni_arena *arena, const char *comment)
{
	char *copy = cni_strdup(arena, comment);
	for (char *p = copy; p && *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	return copy;
}

cn_status cni_planner_run(cni_planner *planner, const char *comment, const char *sql, cn_error *err)
{
	cni_step step = {.sql = cni_strdup(planner->arena, sql),
		.comment = one_line(planner->arena, comment)};
	if (!step.sql || (comment && !step.comment) ||
		!CNI_PUSH(planner->arena, planner->plan.steps, planner->plan.step_count, step))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return planner->scratch ? cni_conn_exec(planner->scratch, step.sql, err) : CN_OK;
}

cn_status cni_planner_runf(
	cni_planner *planner, const char *comment, cn_error *err, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	const char *sql = cni_vprintf(planner->arena, fmt, ap);
	va_end(ap);
	if (!sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_planner_run(planner, comment, sql, err);
}

cn_status cni_planner_run_buffer(
	cni_planner *planner, const char *comment, cni_buffer *sql, cn_error *err)
{
	if (sql->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_status status = cni_planner_run(planner, comment, cni_buffer_text(sql), err);
	cni_buffer_clear(sql);
	return status;
}

cn_status cni_planner_inspect(cni_planner *planner, const cni_schema **ret, cn_error *err)
{
	cni_schema *schema;
	TRY(cni_conn_inspect(planner->scratch, planner->arena, &schema, err));
	*ret = schema;
	return CN_OK;
}

cn_status cni_planner_object(cni_planner *planner, const char *type, const char *name,
	const cni_object **ret, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	*ret = NULL;
	TRY(cni_conn_prepare(planner->scratch,
		"SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE", &stmt,
		err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(type), err));
	TRY(cni_stmt_bind(stmt, 2, cn_text(name), err));
	int step = cni_stmt_step(stmt, err);
	if (step != CNI_ROW)
		return step < 0 ? (cn_status)step : CN_OK;
	cni_schema *one = cni_schema_new(planner->arena, "sqlite");
	const char *sql = cni_stmt_text(stmt, 0);
	if (!one || !sql)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_schema_add_sql(one, sql, strlen(sql), err));
	*ret = &one->objects[0];
	return CN_OK;
}

static bool name_in(const cni_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->object_count; i++)
		if (cni_same(schema->objects[i].name, name))
			return true;
	return false;
}

static bool name_in_scratch(cni_conn *scratch, const char *name)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_error ignored;
	if (cni_conn_prepare(scratch, "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE",
		    &stmt, &ignored) < 0 ||
		cni_stmt_bind(stmt, 1, cn_text(name), &ignored) < 0)
		return true;
	return cni_stmt_step(stmt, &ignored) != CNI_DONE;
}

const char *cni_planner_free_name(cni_planner *planner, const char *base)
{
	for (unsigned i = 1;; i++) {
		const char *name = i == 1 ? cni_printf(planner->arena, "cantil_new_%s", base)
					  : cni_printf(planner->arena, "cantil_new_%u_%s", i, base);
		if (!name)
			return NULL;
		if (!name_in(planner->request->from, name) &&
			!name_in(planner->request->to, name) &&
			!name_in_scratch(planner->scratch, name))
			return name;
	}
}

bool cni_planner_survives(const cni_planner *planner, const cni_object *object)
{
	const cni_plan_request *request = planner->request;
	const char *name = cni_renamed_table(request->renames, request->rename_count, object->name);
	const cni_object *to = cni_schema_find(request->to, object->ddl.kind, name);
	return to && cni_original_table(request->from, request->renames, request->rename_count,
			     to->name) == object;
}

bool cni_planner_ignores(const cni_planner *planner, const cni_object *object)
{
	return cni_ignored(planner->request->ignore_tables, object->name) ||
	       cni_ignored(planner->request->ignore_tables, object->table);
}

static const char *const kind_words[] = {
	[CNI_DDL_TABLE] = "table",
	[CNI_DDL_INDEX] = "index",
	[CNI_DDL_VIEW] = "view",
	[CNI_DDL_TRIGGER] = "trigger",
	[CNI_DDL_VIRTUAL] = "virtual table",
};

static cn_status drop_object(
	cni_planner *planner, const cni_object *object, const char *why, cn_error *err)
{
	static const char *const words[] = {
		[CNI_DDL_TABLE] = "TABLE",
		[CNI_DDL_INDEX] = "INDEX",
		[CNI_DDL_VIEW] = "VIEW",
		[CNI_DDL_TRIGGER] = "TRIGGER",
		[CNI_DDL_VIRTUAL] = "TABLE",
	};
	CLEANUP(cni_buffer_done) cni_buffer comment = {0};
	cni_buffer_printf(&comment, "%s ", kind_words[object->ddl.kind]);
	cni_quote_name_if(&comment, object->name);
	cni_buffer_printf(&comment, " %s", why);
	const char *name = cni_quoted(planner->arena, object->name);
	if (comment.failed || !name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_planner_runf(planner, cni_buffer_text(&comment), err, "DROP %s %s",
		words[object->ddl.kind], name);
}

/* A trigger or an index goes with its table, a trigger with its view: dropping it then would fail.
 */
static bool still_there(cni_planner *planner, const cni_object *object)
{
	return name_in_scratch(planner->scratch, object->name);
}

static bool wanted(const cni_planner *planner, const cni_object *object)
{
	return cni_schema_find(planner->request->to, object->ddl.kind, object->name) != NULL;
}

static bool stands_on_dropped(const cni_planner *planner, const cni_object *object)
{
	const cni_object *table =
		object->table ? cni_schema_table(planner->request->from, object->table) : NULL;
	return table && !cni_ignored(planner->request->ignore_tables, table->name) &&
	       !cni_planner_survives(planner, table);
}

/* Everything of one kind that is not wanted; on the bare levels every view and trigger. */
static cn_status drop_kind(cni_planner *planner, cni_ddl_kind kind, cn_error *err)
{
	const cni_schema *from = planner->request->from;
	bool all = planner->level >= CNI_LEVEL_BARE &&
		   (kind == CNI_DDL_VIEW || kind == CNI_DDL_TRIGGER);
	for (size_t i = 0; i < from->object_count; i++) {
		const cni_object *object = &from->objects[i];
		if (object->ddl.kind != kind)
			continue;
		bool stays = wanted(planner, object) || cni_planner_ignores(planner, object);
		if ((!all && (stays || stands_on_dropped(planner, object))) ||
			!still_there(planner, object))
			continue;
		TRY(drop_object(planner, object,
			stays ? "stands in the way of the next steps and comes back" : "goes",
			err));
	}
	return CN_OK;
}

static cn_status drop_tables(cni_planner *planner, cni_ddl_kind kind, cn_error *err)
{
	const cni_schema *from = planner->request->from;
	for (size_t i = 0; i < from->object_count; i++) {
		const cni_object *object = &from->objects[i];
		if (object->ddl.kind == kind && !cni_planner_ignores(planner, object) &&
			!cni_planner_survives(planner, object))
			TRY(drop_object(planner, object, "goes", err));
	}
	return CN_OK;
}

static cn_status drop_what_goes(cni_planner *planner, cn_error *err)
{
	TRY(drop_kind(planner, CNI_DDL_TRIGGER, err));
	TRY(drop_kind(planner, CNI_DDL_VIEW, err));
	TRY(drop_kind(planner, CNI_DDL_INDEX, err));
	TRY(drop_tables(planner, CNI_DDL_VIRTUAL,
		err)); /* before the tables whose content they may index */
	return drop_tables(planner, CNI_DDL_TABLE, err);
}

static const cni_copy *copy_of(const cni_planner *planner, const char *table)
{
	for (size_t i = 0; i < planner->request->copy_count; i++)
		if (cni_same(planner->request->copies[i].to->name, table))
			return &planner->request->copies[i];
	return NULL;
}

/* Indexes, views and triggers that are not (or no longer, after the renames) what is wanted. */
static cn_status drop_what_changed(cni_planner *planner, const cni_schema *now, cn_error *err)
{
	for (int pass = 0; pass < 2; pass++) /* triggers first: one may stand on a view */
		for (size_t i = 0; i < now->object_count; i++) {
			const cni_object *object = &now->objects[i];
			cni_ddl_kind kind = object->ddl.kind;
			bool trigger = kind == CNI_DDL_TRIGGER;
			if (kind == CNI_DDL_TABLE || kind == CNI_DDL_VIRTUAL ||
				trigger != (pass == 0) || cni_planner_ignores(planner, object))
				continue;
			const cni_object *to =
				cni_schema_find(planner->request->to, kind, object->name);
			if (to && cni_object_equal(to, object))
				continue;
			TRY(drop_object(planner, object, to ? "changes" : "goes", err));
		}
	return CN_OK;
}

static cn_status create_object(
	cni_planner *planner, const cni_object *object, bool is_new, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer comment = {0};
	cni_buffer_printf(&comment, "%s ", kind_words[object->ddl.kind]);
	cni_quote_name_if(&comment, object->name);
	cni_buffer_puts(&comment, is_new ? " is new" : " comes back");
	if (comment.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return cni_planner_run(planner, cni_buffer_text(&comment), object->sql, err);
}

static cn_status make_tables(cni_planner *planner, const cni_schema *now, cn_error *err)
{
	const cni_schema *to = planner->request->to;
	for (size_t i = 0; i < to->object_count; i++) {
		const cni_object *object = &to->objects[i];
		if ((object->ddl.kind != CNI_DDL_TABLE && object->ddl.kind != CNI_DDL_VIRTUAL) ||
			cni_ignored(planner->request->ignore_tables, object->name))
			continue;
		const cni_object *is = cni_schema_find(now, object->ddl.kind, object->name);
		const cni_copy *copy = copy_of(planner, object->name);
		if (!is)
			TRY(create_object(planner, object, true, err));
		else if (cni_object_equal(is, object))
			continue;
		else if (object->ddl.kind == CNI_DDL_VIRTUAL)
			TRY(cni_plan_virtual(planner, is, object, err));
		else if (copy)
			TRY(cni_plan_table(planner, copy, is, err));
	}
	return CN_OK;
}

static cn_status fill_indexes(cni_planner *planner, const cni_schema *before, cn_error *err)
{
	const cni_schema *to = planner->request->to;
	for (size_t i = 0; i < to->object_count; i++) {
		const cni_object *object = &to->objects[i];
		if (object->ddl.kind != CNI_DDL_VIRTUAL || cni_planner_ignores(planner, object))
			continue;
		const cni_object *was = cni_schema_find(before, CNI_DDL_VIRTUAL, object->name);
		if (!was || !cni_object_equal(was, object) ||
			cni_plan_index_is_stale(planner, object))
			TRY(cni_plan_fill_index(planner, object, err));
	}
	return CN_OK;
}

static cn_status create_missing(cni_planner *planner, const cni_schema *now,
	const cni_schema *schema, cni_ddl_kind kind, bool ignored_only, cn_error *err)
{
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		if (object->ddl.kind != kind ||
			cni_planner_ignores(planner, object) != ignored_only ||
			cni_schema_find(now, kind, object->name))
			continue;
		TRY(create_object(planner, object,
			!cni_schema_find(planner->request->from, kind, object->name), err));
	}
	return CN_OK;
}

static const cni_ddl_kind late_kinds[] = {CNI_DDL_INDEX, CNI_DDL_VIEW, CNI_DDL_TRIGGER};

/* What a rebuild or the bare levels took away, and what is new. Views before the triggers on them.
 */
static cn_status bring_back(cni_planner *planner, cn_error *err)
{
	const cni_plan_request *request = planner->request;
	const cni_schema *now;
	TRY(cni_planner_inspect(planner, &now, err));
	for (size_t i = 0; i < CNI_COUNT(late_kinds); i++) {
		TRY(create_missing(planner, now, request->to, late_kinds[i], false, err));
		TRY(create_missing(planner, now, request->from, late_kinds[i], true, err));
	}
	return CN_OK;
}

static cn_status build_start(cni_planner *planner, cn_error *err)
{
	const cni_schema *from = planner->request->from;
	TRY(cni_conn_scratch("sqlite", &planner->scratch, err));
	TRY(cni_conn_set(planner->scratch, CNI_SETTING_GUARD, 0, err));
	for (size_t i = 0; i < from->object_count; i++)
		if (cni_conn_exec(planner->scratch, from->objects[i].sql, err) < 0)
			return cn_error_wrap(err, "%s \"%s\" cannot be created again",
				kind_words[from->objects[i].ddl.kind], from->objects[i].name);
	return CN_OK;
}

/* Is the scratch database now what is wanted? The differences, a line each, if not. */
static void compare(const cni_planner *planner, const cni_schema *now, cni_buffer *differences)
{
	const cni_schema *to = planner->request->to;
	for (size_t i = 0; i < to->object_count; i++) {
		const cni_object *object = &to->objects[i];
		if (cni_planner_ignores(planner, object))
			continue;
		const cni_object *is = cni_schema_find(now, object->ddl.kind, object->name);
		if (!is || !cni_object_equal(is, object))
			cni_buffer_printf(differences, "%s \"%s\" %s\n",
				kind_words[object->ddl.kind], object->name,
				is ? "is not as wanted" : "is missing");
	}
	for (size_t i = 0; i < now->object_count; i++) {
		const cni_object *object = &now->objects[i];
		if (!cni_planner_ignores(planner, object) &&
			!cni_schema_find(to, object->ddl.kind, object->name))
			cni_buffer_printf(differences, "%s \"%s\" is left over\n",
				kind_words[object->ddl.kind], object->name);
	}
}

/* What came of playing the steps must be what is wanted. */
static cn_status arrive(cni_planner *planner, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer differences = {0};
	const cni_schema *now;
	TRY(cni_planner_inspect(planner, &now, err));
	compare(planner, now, &differences);
	if (differences.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	planner->plan.result = now;
	if (!differences.size)
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA, "no way was found to the schema wanted");
	cn_error_detail(err, "%s", cni_buffer_text(&differences));
	return CN_ESCHEMA;
}

static cn_status play(cni_planner *planner, cn_error *err)
{
	const cni_schema *now;
	TRY(build_start(planner, err));
	TRY(drop_what_goes(planner, err));
	TRY(cni_plan_renames(planner, err));
	TRY(cni_planner_inspect(planner, &now, err));
	TRY(drop_what_changed(planner, now, err));
	TRY(make_tables(planner, now, err));
	TRY(bring_back(planner, err));
	TRY(fill_indexes(planner, now, err));
	return arrive(planner, err);
}

/* Everything is new: nothing that is there can stand in the way, and normalising has just built
 * each of these objects. Playing them again would take n * n for n of them (normalise.c). */
static cn_status list_all(cni_planner *planner, cn_error *err)
{
	const cni_plan_request *request = planner->request;
	TRY(make_tables(planner, request->from, err));
	for (size_t i = 0; i < CNI_COUNT(late_kinds); i++)
		TRY(create_missing(planner, request->from, request->to, late_kinds[i], false, err));
	TRY(fill_indexes(planner, request->from, err));
	planner->plan.result = request->to;
	return CN_OK;
}

cn_status cni_sqlite_plan(
	const cni_plan_request *request, cni_arena *arena, cni_plan *ret, cn_error *err)
{
	cn_status status = CN_OK;
	if (!request->from->object_count && request->to->object_count > ALL_NEW_ABOVE) {
		cni_planner planner = {.request = request, .arena = arena};
		TRY(list_all(&planner, err));
		*ret = planner.plan;
		return CN_OK;
	}
	for (int level = CNI_LEVEL_CHEAP; level < CNI_LEVEL_END; level++) {
		cni_planner planner = {
			.request = request, .arena = arena, .level = (cni_plan_level)level};
		status = play(&planner, err);
		cni_conn_close(planner.scratch);
		if (status == CN_OK) {
			*ret = planner.plan;
			return CN_OK;
		}
		if (status == CN_ENOMEM || status == CN_ECANCELED)
			break;
	}
	return status;
}
