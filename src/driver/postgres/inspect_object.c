/* inspect_object.c - what is no table: types, sequences, functions, views, triggers, policies,
 * rules, statistics, extensions. See inspect.h. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/inspect.h"
#include "sql/lexer.h"

#define NOT_OF_EXTENSION(catalog, oid)                                           \
	" AND NOT EXISTS (SELECT 1 FROM pg_depend x WHERE x.classid = '" catalog \
	"'::regclass AND x.objid = " oid " AND x.deptype = 'e')"

/* oid, name as SQL, CREATE, DROP, table or NULL */
static cn_status take(
	pg_inspection *in, cni_stmt *row, pg_catalog catalog, const char *word, cn_error *err)
{
	pg_node *node = cni_pg_node_new(in, catalog, cni_stmt_int(row, 0), CNI_DDL_OPAQUE);

	if (!node)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	node->ddl.opaque = (cni_ddl_opaque){.name = cni_pg_kept(in, row, 1),
		.word = word,
		.create_sql = cni_pg_kept(in, row, 2),
		.drop_sql = cni_pg_kept(in, row, 3),
		.table = cni_pg_kept(in, row, 4)};
	return CN_OK;
}

/* ---- types ---- */

static cn_status take_enum(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_TYPE, "enum", err);
}

static cn_status take_label(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	for (size_t i = in->count; i > 0; i--) {
		pg_node *node = in->nodes[i - 1];
		if (node->catalog != PG_TYPE || node->oid != cni_stmt_int(row, 0))
			continue;
		const char *label = cni_pg_kept(in, row, 1);
		cni_ddl_opaque *opaque = &node->ddl.opaque;
		if (!CNI_PUSH(in->arena, opaque->labels, opaque->label_count, label))
			return cn_fail(err, CN_ENOMEM, "out of memory");
		break;
	}
	return CN_OK;
}

static cn_status take_type(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_TYPE, "type", err);
}

static cn_status take_domain(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_TYPE, "domain", err);
}

static cn_status find_types(pg_inspection *in, cn_error *err)
{
	if (!in->any_types)
		return CN_OK;
	TRY(cni_pg_look(in,
		"SELECT t.oid::int8, quote_ident(t.typname), 'CREATE TYPE ' || quote_ident(t.typname) "
		"|| ' AS ENUM (' || coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' "
		"ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid), '') || ')', "
		"'DROP TYPE ' || quote_ident(t.typname), NULL FROM pg_type t "
		"WHERE t.typnamespace = @s AND t.typtype = 'e'" NOT_OF_EXTENSION(
			"pg_type", "t.oid") " ORDER BY t.typname COLLATE \"C\"",
		take_enum, err));
	TRY(cni_pg_look(in,
		"SELECT e.enumtypid::int8, e.enumlabel::text FROM pg_enum e JOIN pg_type t "
		"ON t.oid = e.enumtypid WHERE t.typnamespace = @s ORDER BY 1, e.enumsortorder",
		take_label, err));
	return cni_pg_look(in,
		"SELECT t.oid::int8, quote_ident(t.typname), 'CREATE TYPE ' || quote_ident(t.typname) "
		"|| ' AS (' || coalesce((SELECT string_agg(quote_ident(a.attname) || ' ' || "
		"format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) FROM pg_attribute a "
		"WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '') || ')', "
		"'DROP TYPE ' || quote_ident(t.typname), NULL FROM pg_type t "
		"JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c' "
		"WHERE t.typnamespace = @s" NOT_OF_EXTENSION("pg_type",
			"t.oid") " UNION ALL "
				 "SELECT t.oid::int8, quote_ident(t.typname), 'CREATE TYPE ' || quote_ident(t.typname) "
				 "|| ' AS RANGE (subtype = ' || format_type(r.rngsubtype, NULL) || ')', "
				 "'DROP TYPE ' || quote_ident(t.typname), NULL FROM pg_type t "
				 "JOIN pg_range r ON r.rngtypid = t.oid "
				 "WHERE t.typnamespace = @s" NOT_OF_EXTENSION(
					 "pg_type", "t.oid") " ORDER BY 2",
		take_type, err);
}

static cn_status find_domains(pg_inspection *in, cn_error *err)
{
	if (!in->any_domains)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT t.oid::int8, quote_ident(t.typname), 'CREATE DOMAIN ' || quote_ident(t.typname) "
		"|| ' AS ' || format_type(t.typbasetype, t.typtypmod) || "
		"CASE WHEN t.typcollation <> b.typcollation THEN ' COLLATE ' || quote_ident(l.collname) "
		"ELSE '' END || coalesce(' DEFAULT ' || pg_get_expr(t.typdefaultbin, 0), '') || "
		"CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END || "
		"coalesce((SELECT string_agg(' CONSTRAINT ' || quote_ident(k.conname) || ' ' || "
		"pg_get_constraintdef(k.oid, true), '' ORDER BY k.conname COLLATE \"C\") "
		"FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), ''), "
		"'DROP DOMAIN ' || quote_ident(t.typname), NULL "
		"FROM pg_type t JOIN pg_type b ON b.oid = t.typbasetype "
		"LEFT JOIN pg_collation l ON l.oid = t.typcollation "
		"WHERE t.typnamespace = @s AND t.typtype = 'd'" NOT_OF_EXTENSION(
			"pg_type", "t.oid") " ORDER BY t.typname COLLATE \"C\"",
		take_domain, err);
}

/* ---- sequences, functions, extensions ---- */

static cn_status take_sequence(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_CLASS, "sequence", err);
}

static cn_status find_sequences(pg_inspection *in, cn_error *err)
{
	if (!in->any_sequences)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT c.oid::int8, quote_ident(c.relname), 'CREATE SEQUENCE ' || quote_ident(c.relname) "
		"|| CASE WHEN q.seqtypid <> 20 THEN ' AS ' || format_type(q.seqtypid, NULL) ELSE '' END "
		"|| CASE WHEN q.seqincrement <> 1 THEN ' INCREMENT BY ' || q.seqincrement ELSE '' END "
		"|| CASE WHEN q.seqmin <> 1 THEN ' MINVALUE ' || q.seqmin ELSE '' END "
		"|| CASE WHEN q.seqmax <> CASE q.seqtypid::int WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 "
		"ELSE 9223372036854775807 END THEN ' MAXVALUE ' || q.seqmax ELSE '' END "
		"|| CASE WHEN q.seqstart <> 1 THEN ' START WITH ' || q.seqstart ELSE '' END "
		"|| CASE WHEN q.seqcache <> 1 THEN ' CACHE ' || q.seqcache ELSE '' END "
		"|| CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END, "
		"'DROP SEQUENCE ' || quote_ident(c.relname), NULL "
		"FROM pg_class c JOIN pg_sequence q ON q.seqrelid = c.oid "
		"WHERE c.relnamespace = @s AND NOT EXISTS (SELECT 1 FROM pg_depend x "
		"WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype IN ('i', 'e')) "
		"ORDER BY c.relname COLLATE \"C\"",
		take_sequence, err);
}

static cn_status take_function(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	const char *kind = cni_stmt_text(row, 5);

	TRY(take(in, row, PG_PROC, *kind == 'p' ? "procedure" : "function", err));
	in->nodes[in->count - 1]->ddl.opaque.replaceable = true;
	return CN_OK;
}

/* pg_get_functiondef always writes the schema before the name. */
static cn_status find_functions(pg_inspection *in, cn_error *err)
{
	if (!in->any_functions)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT p.oid::int8, quote_ident(p.proname) || '(' || "
		"pg_get_function_identity_arguments(p.oid) || ')', "
		"rtrim(regexp_replace(pg_get_functiondef(p.oid), "
		"'^(CREATE OR REPLACE (?:FUNCTION|PROCEDURE) )(?:\"(?:[^\"]|\"\")*\"|[^\".]+)\\.', "
		"'\\1'), E'\\n'), 'DROP ' || CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' "
		"END || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || "
		"')', NULL, p.prokind::text FROM pg_proc p "
		"WHERE p.pronamespace = @s AND p.prokind IN ('f', 'p', 'w')" NOT_OF_EXTENSION(
			"pg_proc", "p.oid") " ORDER BY p.proname COLLATE \"C\", p.oid",
		take_function, err);
}

static cn_status take_extension(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_EXTENSION, "extension", err);
}

cn_status cni_pg_find_before(pg_inspection *in, cn_error *err)
{
	TRY(cni_pg_look(in,
		"SELECT e.oid::int8, quote_ident(e.extname), 'CREATE EXTENSION IF NOT EXISTS ' || "
		"quote_ident(e.extname), 'DROP EXTENSION ' || quote_ident(e.extname), NULL "
		"FROM pg_extension e WHERE e.extnamespace IN (@s, @h) ORDER BY e.extname COLLATE \"C\"",
		take_extension, err));
	TRY(find_types(in, err));
	TRY(find_domains(in, err));
	TRY(find_sequences(in, err));
	return find_functions(in, err);
}

/* ---- views, triggers and what else stands on tables ---- */

static const char *without_semicolon(pg_inspection *in, const char *text)
{
	text += strspn(text, " ");
	size_t size = strlen(text);

	while (size && (text[size - 1] == ';' || text[size - 1] == '\n' || text[size - 1] == ' '))
		size--;
	return cni_strndup(in->arena, text, size);
}

static cn_status take_view(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	pg_node *node = cni_pg_node_new(in, PG_CLASS, cni_stmt_int(row, 0), CNI_DDL_VIEW);

	if (!node)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_ddl_view *view = &node->ddl.view;
	view->name = cni_pg_kept(in, row, 1);
	view->materialized = cni_stmt_int(row, 2) != 0;
	view->options_sql = cni_pg_kept(in, row, 3);
	const char *text = cni_pg_kept(in, row, 4);
	view->select_sql = text ? without_semicolon(in, text) : NULL;
	return CN_OK;
}

static cn_status find_views(pg_inspection *in, cn_error *err)
{
	if (!in->any_views)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT c.oid::int8, c.relname::text, (c.relkind = 'm')::int, "
		"array_to_string(c.reloptions, ', '), pg_get_viewdef(c.oid, true) FROM pg_class c "
		"WHERE c.relnamespace = @s AND c.relkind IN ('v', 'm')" NOT_OF_EXTENSION(
			"pg_class", "c.oid") " ORDER BY c.relname COLLATE \"C\"",
		take_view, err);
}

/* Of "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW …" what stands between the names, and behind
 * them. */
static cn_status take_trigger(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	pg_node *node = cni_pg_node_new(in, PG_TRIGGER, cni_stmt_int(row, 0), CNI_DDL_TRIGGER);

	if (!node)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_ddl_trigger *trigger = &node->ddl.trigger;
	const char *text = cni_pg_kept(in, row, 3), *on = cni_pg_kept(in, row, 4);
	trigger->name = cni_pg_kept(in, row, 1);
	trigger->table = cni_pg_kept(in, row, 2);
	trigger->constraint = cni_stmt_int(row, 5) != 0;
	const char *head = text ? text + cni_stmt_int(row, 6) : NULL;
	const char *at = head && on ? strstr(head, on) : NULL;
	if (in->arena->failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (!at)
		return cn_fail(err, CN_ESCHEMA, "the definition of trigger \"%s\" cannot be read",
			trigger->name);
	trigger->head_sql = cni_strndup(in->arena, head, (size_t)(at - head));
	trigger->body_sql = at + strlen(on);
	return CN_OK;
}

static cn_status find_triggers(pg_inspection *in, cn_error *err)
{
	if (!in->any_triggers)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT g.oid::int8, g.tgname::text, c.relname::text, pg_get_triggerdef(g.oid, true), "
		"' ON ' || quote_ident(c.relname) || ' ', (g.tgconstraint <> 0)::int, "
		"length(CASE WHEN g.tgconstraint <> 0 THEN 'CREATE CONSTRAINT TRIGGER ' "
		"ELSE 'CREATE TRIGGER ' END || quote_ident(g.tgname) || ' ')::int "
		"FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid "
		"WHERE c.relnamespace = @s AND NOT g.tgisinternal "
		"AND coalesce((to_jsonb(g)->>'tgparentid')::int8, 0) = 0" NOT_OF_EXTENSION(
			"pg_trigger",
			"g.oid") " ORDER BY c.relname COLLATE \"C\", g.tgname COLLATE \"C\"",
		take_trigger, err);
}

static cn_status take_policy(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_POLICY, "policy", err);
}

static cn_status take_rule(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_REWRITE, "rule", err);
}

static cn_status take_statistic(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return take(in, row, PG_STATISTIC, "statistics", err);
}

static cn_status find_policies(pg_inspection *in, cn_error *err)
{
	if (!in->any_policies)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT p.oid::int8, quote_ident(p.polname) || ' on ' || quote_ident(c.relname), "
		"'CREATE POLICY ' || quote_ident(p.polname) || ' ON ' || quote_ident(c.relname) || "
		"CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END || ' FOR ' || "
		"CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' "
		"WHEN 'd' THEN 'DELETE' ELSE 'ALL' END || ' TO ' || "
		"coalesce((SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) "
		"FROM pg_roles r WHERE r.oid = ANY(p.polroles)), 'PUBLIC') || "
		"coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid, true) || ')', '') || "
		"coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid, true) || ')', ''), "
		"'DROP POLICY ' || quote_ident(p.polname) || ' ON ' || quote_ident(c.relname), "
		"c.relname::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
		"WHERE c.relnamespace = @s ORDER BY c.relname COLLATE \"C\", p.polname COLLATE \"C\"",
		take_policy, err);
}

static cn_status find_rules(pg_inspection *in, cn_error *err)
{
	if (!in->any_rules)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT r.oid::int8, quote_ident(r.rulename) || ' on ' || quote_ident(c.relname), "
		"rtrim(pg_get_ruledef(r.oid, true), ';'), "
		"'DROP RULE ' || quote_ident(r.rulename) || ' ON ' || quote_ident(c.relname), "
		"c.relname::text FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "
		"WHERE c.relnamespace = @s AND r.rulename <> '_RETURN'" NOT_OF_EXTENSION(
			"pg_rewrite",
			"r.oid") " ORDER BY c.relname COLLATE \"C\", r.rulename COLLATE \"C\"",
		take_rule, err);
}

static cn_status find_statistics(pg_inspection *in, cn_error *err)
{
	if (!in->any_statistics)
		return CN_OK;
	return cni_pg_look(in,
		"SELECT s.oid::int8, quote_ident(s.stxname), 'CREATE STATISTICS ' || "
		"quote_ident(s.stxname) || substring(pg_get_statisticsobjdef(s.oid) FROM "
		"'^CREATE STATISTICS (?:\"(?:[^\"]|\"\")*\"|[^\".]+)\\.(?:\"(?:[^\"]|\"\")*\"|[^\"( ]+)(.* FROM )') "
		"|| quote_ident(c.relname), 'DROP STATISTICS ' || quote_ident(s.stxname), "
		"c.relname::text FROM pg_statistic_ext s JOIN pg_class c ON c.oid = s.stxrelid "
		"WHERE s.stxnamespace = @s AND c.relnamespace = @s ORDER BY s.stxname COLLATE \"C\"",
		take_statistic, err);
}

cn_status cni_pg_find_after(pg_inspection *in, cn_error *err)
{
	TRY(cni_pg_find_indexes(in, err));
	TRY(find_views(in, err));
	TRY(find_triggers(in, err));
	TRY(find_policies(in, err));
	TRY(find_rules(in, err));
	return find_statistics(in, err);
}
