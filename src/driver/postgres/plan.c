/* plan.c - the planner's order: what goes, renames, what changes, what is new, what comes back, and
 * is it the schema wanted? See plan.h. */
#include "driver/postgres/plan.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "sql/lexer.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* ---- steps ---- */

static cn_status add_step(pg_planner *p, const char *comment, const char *sql, cn_error *err)
{
	char *line = cni_strdup(p->arena, comment);
	cni_step step = {.sql = sql, .comment = line};

	for (char *c = line; c && *c; c++) /* whatever stands in a name */
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = ' ';
	if (!sql || (comment && !line) ||
		!CNI_PUSH(p->arena, p->plan.steps, p->plan.step_count, step))
		return no_memory(err);
	return CN_OK;
}

cn_status cni_pg_plan_run(pg_planner *p, const char *comment, cn_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const char *sql = cni_vprintf(p->arena, fmt, ap);
	va_end(ap);
	TRY(add_step(p, comment, sql, err));
	return cni_conn_exec(p->scratch, sql, err);
}

static cn_status run_saved(
	pg_planner *p, const char *sql, bool keep, bool *ret_taken, cn_error *why, cn_error *err)
{
	static const char back[] = "ROLLBACK TO SAVEPOINT cantil_try; RELEASE SAVEPOINT cantil_try";

	if (!sql)
		return no_memory(err);
	TRY(cni_conn_exec(p->scratch, "SAVEPOINT cantil_try", err));
	cn_status status = cni_conn_exec(p->scratch, sql, why);
	if (status == CN_ENOMEM || status == CN_ECANCELED || status == CN_ECONNECT) {
		if (err)
			*err = *why;
		return status;
	}
	*ret_taken = status == CN_OK;
	return cni_conn_exec(
		p->scratch, status < 0 || !keep ? back : "RELEASE SAVEPOINT cantil_try", err);
}

cn_status cni_pg_plan_would(
	pg_planner *p, const char *sql, bool *ret_taken, cn_error *why, cn_error *err)
{
	return run_saved(p, sql, false, ret_taken, why, err);
}

cn_status cni_pg_plan_try(pg_planner *p, const char *comment, const char *sql, bool *ret_refused,
	cn_error *why, cn_error *err)
{
	bool taken = false;

	TRY(run_saved(p, sql, true, &taken, why, err));
	*ret_refused = !taken;
	return taken ? add_step(p, comment, cni_strdup(p->arena, sql), err) : CN_OK;
}

cn_status cni_pg_plan_look(pg_planner *p, cn_error *err)
{
	cni_schema *schema;

	if (p->now && p->looked_at == p->plan.step_count)
		return CN_OK;
	p->looked_at = p->plan.step_count;
	TRY(cni_conn_inspect(p->scratch, p->arena, &schema, err));
	p->now = schema;
	return CN_OK;
}

const char *cni_pg_plan_name(pg_planner *p, const char *name)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_quote_name_postgres(&out, name);
	const char *quoted = cni_buffer_dup(&out, p->arena);
	p->arena->failed |= !quoted;
	return quoted ? quoted : "";
}

bool cni_pg_plan_ignores(const pg_planner *p, const cni_object *object)
{
	return cni_ignored(p->request->ignore_tables, object->name) ||
	       (object->table && cni_ignored(p->request->ignore_tables, object->table));
}

static const char *word_of(const cni_object *object)
{
	switch (object->ddl.kind) {
	case CNI_DDL_TABLE: return "table";
	case CNI_DDL_INDEX: return "index";
	case CNI_DDL_VIEW: return object->ddl.view.materialized ? "materialized view" : "view";
	case CNI_DDL_TRIGGER: return "trigger";
	case CNI_DDL_OPAQUE: return object->ddl.opaque.word;
	default: return "object";
	}
}

const char *cni_pg_plan_says(pg_planner *p, const cni_object *object, const char *what)
{
	return cni_printf(p->arena, "%s %s %s", word_of(object), object->name, what);
}

const cni_copy *cni_pg_plan_copy(const pg_planner *p, const char *table)
{
	for (size_t i = 0; i < p->request->copy_count; i++)
		if (strcmp(p->request->copies[i].to->name, table) == 0)
			return &p->request->copies[i];
	return NULL;
}

/* ---- what goes ---- */

/* Views that read something of a relation, what reads them first. */
#define READERS                                                                                  \
	"WITH RECURSIVE reader(oid, depth) AS ("                                                 \
	" SELECT r.ev_class, 1 FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid"            \
	" WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass"      \
	" AND d.refobjid = %s::regclass AND r.ev_class <> d.refobjid AND (%s)"                   \
	" UNION SELECT r.ev_class, reader.depth + 1 FROM reader JOIN pg_depend d"                \
	" ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reader.oid"                    \
	" JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid"           \
	" AND r.ev_class <> reader.oid WHERE reader.depth < 100)"                                \
	" SELECT c.relname::text, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW'"  \
	" END FROM pg_class c JOIN (SELECT oid, max(depth) AS depth FROM reader GROUP BY oid) x" \
	" ON x.oid = c.oid WHERE c.relkind IN ('v', 'm') ORDER BY x.depth DESC, c.relname"

const char *cni_pg_plan_text(pg_planner *p, const char *text)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};

	cni_quote_text(&out, text);
	const char *quoted = cni_buffer_dup(&out, p->arena);
	p->arena->failed |= !quoted;
	return quoted ? quoted : "''";
}

typedef struct reader {
	const char *name, *word;
} reader;

cn_status cni_pg_plan_drop_readers(
	pg_planner *p, const char *table, const char *column, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	reader *list = NULL;
	size_t count = 0;
	const char *only = "true";
	int got;

	if (column)
		only = cni_printf(p->arena,
			"d.refobjsubid = (SELECT attnum FROM pg_attribute WHERE attrelid = d.refobjid "
			"AND attname = %s)",
			cni_pg_plan_text(p, column));
	const char *sql = cni_printf(
		p->arena, READERS, cni_pg_plan_text(p, cni_pg_plan_name(p, table)), only);
	if (p->arena->failed)
		return no_memory(err);
	TRY(cni_conn_prepare(p->scratch, sql, &stmt, err));
	while ((got = cni_stmt_step(stmt, err)) == CNI_ROW) {
		reader one = {cni_strdup(p->arena, cni_stmt_text(stmt, 0)),
			cni_strdup(p->arena, cni_stmt_text(stmt, 1))};
		if (!one.word || !CNI_PUSH(p->arena, list, count, one))
			return no_memory(err);
	}
	if (got < 0)
		return (cn_status)got;
	for (size_t i = 0; i < count; i++)
		TRY(cni_pg_plan_run(p,
			cni_printf(
				p->arena, "view %s reads %s and comes back", list[i].name, table),
			err, "DROP %s %s", list[i].word, cni_pg_plan_name(p, list[i].name)));
	return CN_OK;
}

cn_status cni_pg_plan_drop(pg_planner *p, const cni_object *object, const char *why, cn_error *err)
{
	const char *name = cni_pg_plan_name(p, object->name);
	const char *says = cni_pg_plan_says(p, object, why);

	switch (object->ddl.kind) {
	case CNI_DDL_TABLE:
		TRY(cni_pg_plan_drop_readers(p, object->name, NULL, err));
		return cni_pg_plan_run(p, says, err, "DROP TABLE %s", name);
	case CNI_DDL_INDEX: return cni_pg_plan_run(p, says, err, "DROP INDEX %s", name);
	case CNI_DDL_VIEW:
		TRY(cni_pg_plan_drop_readers(p, object->name, NULL, err));
		return cni_pg_plan_run(p, says, err, "DROP %sVIEW %s",
			object->ddl.view.materialized ? "MATERIALIZED " : "", name);
	case CNI_DDL_TRIGGER:
		return cni_pg_plan_run(p, says, err, "DROP TRIGGER %s ON %s", name,
			cni_pg_plan_name(p, object->table));
	case CNI_DDL_OPAQUE:
		return cni_pg_plan_run(p, says, err, "%s", object->ddl.opaque.drop_sql);
	default: return CN_OK;
	}
}

static bool survives(const pg_planner *p, const cni_object *table)
{
	const cni_plan_request *request = p->request;
	const char *name = cni_renamed_table(request->renames, request->rename_count, table->name);
	const cni_object *to = cni_schema_find(request->to, CNI_DDL_TABLE, name);

	return cni_pg_plan_ignores(p, table) ||
	       (to && cni_original_table(request->from, request->renames, request->rename_count,
			      to->name) == table);
}

/* Triggers, policies and rules go with what they stand on, indexes with their table. */
static bool goes_with_table(const pg_planner *p, const cni_object *object)
{
	const cni_object *on =
		object->table ? cni_schema_table(p->request->from, object->table) : NULL;

	return on && !survives(p, on);
}

static bool is_late_kind(const cni_object *object)
{
	return object->ddl.kind == CNI_DDL_VIEW || object->ddl.kind == CNI_DDL_TRIGGER ||
	       object->ddl.kind == CNI_DDL_INDEX ||
	       (object->ddl.kind == CNI_DDL_OPAQUE && object->ddl.opaque.table);
}

/* What stands on tables and is not wanted, from the last made to the first. */
static cn_status drop_late_kinds(pg_planner *p, cn_error *err)
{
	const cni_schema *from = p->request->from;

	for (size_t i = from->object_count; i > 0; i--) {
		const cni_object *object = &from->objects[i - 1];
		if (!is_late_kind(object) || cni_pg_plan_ignores(p, object) ||
			goes_with_table(p, object) ||
			cni_schema_find(p->request->to, object->ddl.kind, object->name) ||
			!cni_schema_find(p->now, object->ddl.kind, object->name))
			continue;
		if (object->ddl.kind == CNI_DDL_INDEX) /* it may only be called otherwise */
			continue;
		TRY(cni_pg_plan_drop(p, object, "goes", err));
		TRY(cni_pg_plan_look(p, err));
	}
	return CN_OK;
}

/* References to what goes: two that go may refer to each other. */
static cn_status drop_references(pg_planner *p, const cni_object *table, cn_error *err)
{
	for (size_t k = 0; k < table->ddl.table.constraint_count; k++) {
		const cni_ddl_constraint *key = &table->ddl.table.constraints[k];
		if (key->kind != CNI_FOREIGN_KEY || key->parent_schema ||
			strcmp(key->parent, table->name) == 0)
			continue;
		const cni_object *parent = cni_schema_table(p->request->from, key->parent);
		if (!parent || survives(p, parent))
			continue;
		TRY(cni_pg_plan_run(p,
			cni_printf(p->arena, "table %s: constraint %s goes with table %s",
				table->name, key->name, key->parent),
			err, "ALTER TABLE %s DROP CONSTRAINT %s", cni_pg_plan_name(p, table->name),
			cni_pg_plan_name(p, key->name)));
	}
	return CN_OK;
}

static cn_status drop_tables(pg_planner *p, cn_error *err)
{
	const cni_schema *from = p->request->from;

	for (size_t i = 0; i < from->object_count; i++)
		if (from->objects[i].ddl.kind == CNI_DDL_TABLE &&
			!cni_pg_plan_ignores(p, &from->objects[i]))
			TRY(drop_references(p, &from->objects[i], err));
	for (size_t i = from->object_count; i > 0; i--) {
		const cni_object *object = &from->objects[i - 1];
		if (object->ddl.kind != CNI_DDL_TABLE || survives(p, object))
			continue;
		TRY(cni_pg_plan_drop(p, object, "goes", err));
	}
	return CN_OK;
}

/* Types, sequences, functions: when nothing rests on them any longer. What is gone by then went
 * with what it belonged to. */
static cn_status drop_rest(pg_planner *p, cn_error *err)
{
	const cni_schema *from = p->request->from;

	TRY(cni_pg_plan_look(p, err));
	for (size_t i = from->object_count; i > 0; i--) {
		const cni_object *object = &from->objects[i - 1];
		if (object->ddl.kind != CNI_DDL_OPAQUE || object->ddl.opaque.table ||
			cni_schema_find(p->request->to, CNI_DDL_OPAQUE, object->name) ||
			!cni_schema_find(p->now, CNI_DDL_OPAQUE, object->name))
			continue;
		TRY(cni_pg_plan_drop(p, object, "goes", err));
	}
	return CN_OK;
}

/* ---- what is new, or comes back ---- */

static cn_status create(pg_planner *p, const cni_object *to, cn_error *err)
{
	bool is_new = !cni_schema_find(p->request->from, to->ddl.kind, to->name);

	if (!is_new && !CNI_PUSH(p->arena, p->remade, p->remade_count, to))
		return no_memory(err);
	return cni_pg_plan_run(
		p, cni_pg_plan_says(p, to, is_new ? "is new" : "comes back"), err, "%s", to->sql);
}

/* In the order of `to`, in which each stands behind what it needs. */
static cn_status make_all(pg_planner *p, cn_error *err)
{
	const cni_schema *to = p->request->to;

	for (size_t i = 0; i < to->object_count; i++) {
		const cni_object *object = &to->objects[i];
		if (cni_pg_plan_ignores(p, object))
			continue;
		const cni_object *is = cni_schema_find(p->now, object->ddl.kind, object->name);
		if (is && cni_object_equal(is, object))
			continue;
		if (!is) {
			TRY(create(p, object, err));
			continue;
		}
		if (object->ddl.kind == CNI_DDL_TABLE)
			TRY(cni_pg_plan_table(p, is, object, err));
		else
			TRY(cni_pg_plan_change(p, is, object, err));
		TRY(cni_pg_plan_look(p, err)); /* a change may have taken something along */
	}
	return CN_OK;
}

/* Views of ignored tables, too, that stood in the way. */
static cn_status bring_back(pg_planner *p, cn_error *err)
{
	TRY(cni_pg_plan_look(p, err));
	for (int pass = 0; pass < 2; pass++) {
		const cni_schema *all = pass ? p->request->from : p->request->to;
		for (size_t i = 0; i < all->object_count; i++) {
			const cni_object *object = &all->objects[i];
			if (cni_pg_plan_ignores(p, object) != (pass == 1) ||
				cni_schema_find(p->now, object->ddl.kind, object->name))
				continue;
			TRY(create(p, object, err));
		}
		TRY(cni_pg_plan_look(p, err));
	}
	return CN_OK;
}

/* ---- the whole ---- */

static cn_status build_start(pg_planner *p, cn_error *err)
{
	const cni_schema *from = p->request->from;

	TRY(cni_schema_scratch(from->home ? from : p->request->to, &p->scratch, err));
	for (size_t i = 0; i < 2 * from->object_count; i++) {
		const cni_object *object = &from->objects[i % from->object_count];
		const char *sql = i < from->object_count ? object->sql : object->late_sql;
		if (sql && cni_conn_exec(p->scratch, sql, err) < 0)
			return cn_error_wrap(err, "%s \"%s\" cannot be created again",
				word_of(object), object->name);
	}
	return cni_pg_plan_look(p, err);
}

/* Is the scratch now what is wanted? The differences, a line each, if not. */
static void compare(const pg_planner *p, cni_buffer *differences)
{
	const cni_schema *to = p->request->to;

	for (size_t i = 0; i < to->object_count; i++) {
		const cni_object *object = &to->objects[i];
		if (cni_pg_plan_ignores(p, object))
			continue;
		const cni_object *is = cni_schema_find(p->now, object->ddl.kind, object->name);
		if (!is || !cni_object_equal(is, object))
			cni_buffer_printf(differences, "%s \"%s\" %s\n", word_of(object),
				object->name, is ? "is not as wanted" : "is missing");
		if (is && !cni_object_equal(is, object))
			cni_buffer_printf(
				differences, "%s\n-- instead of\n%s\n", is->normal, object->normal);
	}
	for (size_t i = 0; i < p->now->object_count; i++) {
		const cni_object *object = &p->now->objects[i];
		if (!cni_pg_plan_ignores(p, object) &&
			!cni_schema_find(to, object->ddl.kind, object->name))
			cni_buffer_printf(differences, "%s \"%s\" is left over\n", word_of(object),
				object->name);
	}
}

static cn_status play(pg_planner *p, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer differences = {0};

	TRY(build_start(p, err));
	TRY(drop_late_kinds(p, err));
	TRY(drop_tables(p, err));
	TRY(cni_pg_plan_look(p, err));
	TRY(cni_pg_plan_renames(p, err));
	TRY(cni_pg_plan_rename_parts(p, err));
	TRY(cni_pg_plan_drop_constraints(p, err));
	TRY(make_all(p, err));
	TRY(bring_back(p, err));
	TRY(cni_pg_plan_late(p, err));
	TRY(drop_rest(p, err));
	TRY(cni_pg_plan_look(p, err));
	compare(p, &differences);
	if (differences.failed || p->arena->failed)
		return no_memory(err);
	p->plan.result = p->now;
	if (!differences.size)
		return CN_OK;
	cn_error_set(err, CN_ESCHEMA, "no way was found to the schema wanted");
	cn_error_detail(err, "%s", cni_buffer_text(&differences));
	return CN_ESCHEMA;
}

cn_status cni_pg_plan(
	const cni_plan_request *request, cni_arena *arena, cni_plan *ret, cn_error *err)
{
	pg_planner p = {.request = request, .arena = arena};
	cn_status status = play(&p, err);

	cni_conn_close(p.scratch);
	if (status == CN_OK)
		*ret = p.plan;
	return status;
}
