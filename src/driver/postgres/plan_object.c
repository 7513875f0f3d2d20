/* plan_object.c - an object that is no table and changes: replaced where the server can, else made
 * anew. See plan.h. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/plan.h"
#include "sql/lexer.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

static cn_status make_anew(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	TRY(cni_pg_plan_drop(p, now, "changes", err));
	TRY(cni_pg_plan_run(p, cni_pg_plan_says(p, to, "changes"), err, "%s", to->sql));
	return CNI_PUSH(p->arena, p->remade, p->remade_count, to) ? CN_OK : no_memory(err);
}

/* ---- enums ---- */

static bool has_label(const cni_ddl_opaque *type, const char *label)
{
	for (size_t i = 0; i < type->label_count; i++)
		if (strcmp(type->labels[i], label) == 0)
			return true;
	return false;
}

/* Are the labels that are there all wanted, in the same order? */
static bool only_grows(const cni_ddl_opaque *now, const cni_ddl_opaque *to)
{
	size_t at = 0;

	for (size_t i = 0; i < to->label_count && at < now->label_count; i++)
		at += strcmp(to->labels[i], now->labels[at]) == 0;
	return at == now->label_count;
}

/* A label that is added cannot be used before the transaction has ended; is it, by something that
 * this change makes? */
static bool uses_label(const pg_planner *p, const cni_object *to, const char *quoted)
{
	for (size_t i = 0; i < p->request->to->object_count; i++) {
		const cni_object *object = &p->request->to->objects[i];
		const cni_object *now =
			cni_schema_find(p->request->from, object->ddl.kind, object->name);
		if (object != to && (!now || !cni_object_equal(now, object)) &&
			(strstr(object->normal, quoted)))
			return true;
	}
	for (size_t i = 0; i < p->request->copy_count; i++)
		for (size_t k = 0; k < p->request->copies[i].to->ddl.table.column_count; k++) {
			const char *fill = p->request->copies[i].columns[k].fill;
			if (fill && strstr(fill, quoted))
				return true;
		}
	return false;
}

static cn_status add_labels(
	pg_planner *p, const cni_object *now, const cni_object *to, bool *ret_done, cn_error *err)
{
	const cni_ddl_opaque *a = &now->ddl.opaque, *b = &to->ddl.opaque;

	*ret_done = false;
	if (!a->label_count || !b->label_count || !only_grows(a, b))
		return CN_OK;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < b->label_count; i++) {
			CLEANUP(cni_buffer_done) cni_buffer label = {0}, next = {0};
			if (has_label(a, b->labels[i]))
				continue;
			cni_quote_text(&label, b->labels[i]);
			cni_quote_text(&next, b->labels[i ? i - 1 : 1]);
			if (label.failed || next.failed)
				return no_memory(err);
			if (pass == 0 && uses_label(p, to, label.data))
				return CN_OK;
			if (pass == 1)
				TRY(cni_pg_plan_run(p, cni_pg_plan_says(p, to, "gets a label"), err,
					"ALTER TYPE %s ADD VALUE %s %s %s", b->name, label.data,
					i ? "AFTER" : "BEFORE", next.data));
		}
	*ret_done = true;
	return CN_OK;
}

/* ---- types that columns are of ---- */

typedef struct user { /* a column of the old type */
	const char *table, *column, *type, *default_sql;
	const char *table_name, *column_name;
} user;

/* The old type steps aside, the new one takes its name, the columns follow by way of text. */
static cn_status find_users(
	pg_planner *p, const char *aside, user **ret, size_t *count, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	int got;

	TRY(cni_conn_prepare(p->scratch,
		"SELECT quote_ident(c.relname), quote_ident(a.attname), "
		"format_type(a.atttypid, a.atttypmod), pg_get_expr(f.adbin, f.adrelid), "
		"c.relname::text, a.attname::text "
		"FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
		"JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem "
		"LEFT JOIN pg_attrdef f ON f.adrelid = c.oid AND f.adnum = a.attnum "
		"WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') "
		"AND NOT c.relispartition AND NOT a.attisdropped AND a.attnum > 0 "
		"AND ?1 IN (t.typname, e.typname) ORDER BY 1, 2",
		&stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(aside), err));
	while ((got = cni_stmt_step(stmt, err)) == CNI_ROW) {
		user one;
		const char **const fields[] = {&one.table, &one.column, &one.type, &one.default_sql,
			&one.table_name, &one.column_name};
		for (size_t i = 0; i < CNI_COUNT(fields); i++)
			*fields[i] = cni_strdup(p->arena, cni_stmt_text(stmt, i));
		if (!CNI_PUSH(p->arena, *ret, *count, one))
			return no_memory(err);
	}
	return got < 0 ? (cn_status)got : CN_OK;
}

static cn_status follow(pg_planner *p, const user *u, const char *name, cn_error *err)
{
	bool array = cni_ends(u->type, "[]");
	const char *says =
		cni_printf(p->arena, "table %s: column %s follows its type", u->table, u->column);

	TRY(cni_pg_plan_drop_readers(p, u->table_name, u->column_name, err));
	if (u->default_sql)
		TRY(cni_pg_plan_run(p, says, err, "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT",
			u->table, u->column));
	return cni_pg_plan_run(p, says, err,
		"ALTER TABLE %s ALTER COLUMN %s TYPE %s%s USING CAST(CAST(%s AS text%s) AS %s%s)",
		u->table, u->column, name, array ? "[]" : "", u->column, array ? "[]" : "", name,
		array ? "[]" : "");
}

static cn_status swap_type(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	static const char aside[] = "cantil_old_type";
	const char *word = strcmp(now->ddl.opaque.word, "domain") == 0 ? "DOMAIN" : "TYPE";
	const char *says = cni_pg_plan_says(p, to, "changes");
	user *users = NULL;
	size_t count = 0;

	TRY(cni_pg_plan_run(p, says, err, "ALTER %s %s RENAME TO %s", word, now->name, aside));
	TRY(cni_pg_plan_run(p, says, err, "%s", to->sql));
	TRY(find_users(p, aside, &users, &count, err));
	for (size_t i = 0; i < count; i++)
		TRY(follow(p, &users[i], to->name, err));
	TRY(cni_pg_plan_run(p, says, err, "DROP %s %s", word, aside));
	return CNI_PUSH(p->arena, p->remade, p->remade_count, to) ? CN_OK : no_memory(err);
}

/* ---- sequences ---- */

/* Everything to what CREATE SEQUENCE takes by itself, then what is said. Its position stays. */
static cn_status alter_sequence(pg_planner *p, const cni_object *to, cn_error *err)
{
	const char *options = to->sql + strlen("CREATE SEQUENCE ") + strlen(to->name);
	const char *says = cni_pg_plan_says(p, to, "counts otherwise");

	TRY(cni_pg_plan_run(p, says, err,
		"ALTER SEQUENCE %s AS bigint INCREMENT BY 1 NO MINVALUE NO MAXVALUE START WITH 1 CACHE 1 "
		"NO CYCLE",
		to->name));
	return *options ? cni_pg_plan_run(p, says, err, "ALTER SEQUENCE %s%s", to->name, options)
			: CN_OK;
}

/* ---- the whole ---- */

static cn_status replace(
	pg_planner *p, const cni_object *now, const cni_object *to, const char *sql, cn_error *err)
{
	bool refused;
	cn_error why;

	TRY(cni_pg_plan_try(p, cni_pg_plan_says(p, to, "changes"), sql, &refused, &why, err));
	return refused ? make_anew(p, now, to, err) : CN_OK;
}

/* Is it only said otherwise beside the CREATE statement? Notes come late. */
static bool same_create(const cni_object *now, const cni_object *to)
{
	return strcmp(now->sql, to->sql) == 0;
}

static cn_status change_view(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	if (to->ddl.view.materialized || now->ddl.view.materialized ||
		!cni_equal(now->ddl.view.options_sql, to->ddl.view.options_sql))
		return make_anew(p, now, to, err);
	const char *sql = cni_printf(p->arena, "CREATE OR REPLACE %s", to->sql + strlen("CREATE "));
	return sql ? replace(p, now, to, sql, err) : no_memory(err);
}

cn_status cni_pg_plan_change(
	pg_planner *p, const cni_object *now, const cni_object *to, cn_error *err)
{
	const char *word = to->ddl.kind == CNI_DDL_OPAQUE ? to->ddl.opaque.word : "";
	bool done = false;

	if (same_create(now, to))
		return CN_OK;
	if (to->ddl.kind == CNI_DDL_VIEW)
		return change_view(p, now, to, err);
	if (to->ddl.kind != CNI_DDL_OPAQUE || strcmp(word, now->ddl.opaque.word) != 0)
		return make_anew(p, now, to, err);
	if (to->ddl.opaque.replaceable)
		return replace(p, now, to, to->sql, err);
	if (strcmp(word, "sequence") == 0)
		return alter_sequence(p, to, err);
	if (strcmp(word, "enum") == 0)
		TRY(add_labels(p, now, to, &done, err));
	if (done)
		return CN_OK;
	if (strcmp(word, "enum") == 0 || strcmp(word, "domain") == 0)
		return swap_type(p, now, to, err);
	return make_anew(p, now, to, err);
}
