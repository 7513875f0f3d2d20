/* inspect.c - a schema of a live database, in the order in which it can be created. See inspect.h.
 */
#include "driver/postgres/inspect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

cn_status cni_pg_look(pg_inspection *in, const char *query, pg_row_fn fn, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	int got;

	for (const char *p = query; *p; p++) {
		if (*p == '@')
			cni_buffer_printf(
				&sql, "%" PRId64, *++p == 's' ? in->space_oid : in->home_oid);
		else
			cni_buffer_putc(&sql, *p);
	}
	if (sql.failed)
		return no_memory(err);
	TRY(cni_conn_prepare(in->conn, sql.data, &stmt, err));
	while ((got = cni_stmt_step(stmt, err)) == CNI_ROW) {
		cn_status status = fn(in, stmt, err);
		if (status == CN_OK && in->arena->failed)
			status = no_memory(err);
		if (status < 0)
			return status;
	}
	return (cn_status)got;
}

const char *cni_pg_kept(pg_inspection *in, cni_stmt *row, size_t column)
{
	return cni_strdup(in->arena, cni_stmt_text(row, column));
}

pg_node *cni_pg_node_new(pg_inspection *in, pg_catalog catalog, int64_t oid, cni_ddl_kind kind)
{
	pg_node *node = cni_alloc(in->arena, sizeof *node);

	if (!node)
		return NULL;
	node->catalog = catalog;
	node->oid = oid;
	node->place = in->count;
	node->ddl.kind = kind;
	node->ddl.dialect = CNI_DIALECT_POSTGRESQL;
	if (kind == CNI_DDL_TABLE)
		node->ddl.table.dialect = CNI_DIALECT_POSTGRESQL;
	return CNI_PUSH(in->arena, in->nodes, in->count, node) ? node : NULL;
}

static int by_oid(const void *a, const void *b)
{
	const pg_node *x = *(pg_node *const *)a, *y = *(pg_node *const *)b;

	if (x->catalog != y->catalog)
		return x->catalog < y->catalog ? -1 : 1;
	return x->oid < y->oid ? -1 : x->oid > y->oid;
}

bool cni_pg_index(pg_inspection *in)
{
	in->by_oid = cni_memdup(in->arena, in->nodes, in->count * sizeof *in->by_oid);
	if (in->by_oid && in->count)
		qsort(in->by_oid, in->count, sizeof *in->by_oid, by_oid);
	return in->by_oid != NULL;
}

pg_node *cni_pg_node(const pg_inspection *in, pg_catalog catalog, int64_t oid)
{
	pg_node wanted = {.catalog = catalog, .oid = oid}, *key = &wanted;
	pg_node **found =
		in->count ? bsearch(&key, in->by_oid, in->count, sizeof *in->by_oid, by_oid) : NULL;

	return found ? *found : NULL;
}

bool cni_pg_note(pg_inspection *in, cni_ddl *ddl, const char *column, bool kept, const char *sql,
	const char *undo)
{
	cni_ddl_note note = {.column = column, .kept = kept, .sql = sql, .undo_sql = undo};

	return sql && undo && CNI_PUSH(in->arena, ddl->notes, ddl->note_count, note);
}

/* ---- order ---- */

/* The parts of a thing count as the thing: a default and a constraint as their table, a rule as its
 * view, a row type as its table, an array as its element. */
#define USERS "oid >= 16384" /* below are the server's own */
#define DEPENDS                                                                                   \
	"WITH part AS ("                                                                          \
	" SELECT 'pg_attrdef'::regclass AS c, oid AS o, 1 AS n, adrelid AS t FROM pg_attrdef"     \
	" WHERE " USERS                                                                           \
	" UNION ALL SELECT 'pg_constraint'::regclass, oid, CASE WHEN conrelid = 0 THEN 2 ELSE 1"  \
	" END, CASE WHEN conrelid = 0 THEN contypid ELSE conrelid END FROM pg_constraint"         \
	" WHERE contype NOT IN ('f', 't') AND " USERS                                             \
	" UNION ALL SELECT 'pg_rewrite'::regclass, oid, CASE rulename WHEN '_RETURN' THEN 1"      \
	" ELSE 6 END, CASE rulename WHEN '_RETURN' THEN ev_class ELSE oid END FROM pg_rewrite"    \
	" WHERE " USERS " UNION ALL SELECT 'pg_type'::regclass, t.oid,"                           \
	" CASE WHEN coalesce(k.relkind, k2.relkind, 'c') = 'c' THEN 2 ELSE 1 END,"                \
	" CASE WHEN coalesce(k.relkind, k2.relkind, 'c') <> 'c' THEN coalesce(k.oid, k2.oid)"     \
	" WHEN e.oid IS NOT NULL THEN e.oid ELSE t.oid END"                                       \
	" FROM pg_type t LEFT JOIN pg_class k ON k.oid = t.typrelid"                              \
	" LEFT JOIN pg_type e ON e.typarray = t.oid LEFT JOIN pg_class k2 ON k2.oid = e.typrelid" \
	" WHERE t." USERS                                                                         \
	" UNION ALL SELECT 'pg_class'::regclass, k.oid, CASE WHEN k.relkind = 'c' THEN 2 ELSE 1"  \
	" END, CASE WHEN k.relkind = 'c' THEN k.reltype ELSE k.oid END FROM pg_class k"           \
	" WHERE k." USERS                                                                         \
	" UNION ALL SELECT 'pg_proc'::regclass, oid, 3, oid FROM pg_proc WHERE " USERS            \
	" UNION ALL SELECT 'pg_trigger'::regclass, oid, 4, oid FROM pg_trigger WHERE " USERS      \
	" UNION ALL SELECT 'pg_policy'::regclass, oid, 5, oid FROM pg_policy"                     \
	" UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, 8, oid FROM pg_statistic_ext)"      \
	" SELECT DISTINCT a.n, a.t::int8, b.n, b.t::int8 FROM pg_depend d"                        \
	" JOIN part a ON a.c = d.classid AND a.o = d.objid"                                       \
	" JOIN part b ON b.c = d.refclassid AND b.o = d.refobjid"                                 \
	" WHERE d.refobjid >= 16384 AND d.deptype IN ('n', 'a', 'i', 'P', 'S')"                   \
	" AND (a.n, a.t) IS DISTINCT FROM (b.n, b.t)"

static cn_status take_dependency(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	pg_node *a = cni_pg_node(in, (pg_catalog)cni_stmt_int(row, 0), cni_stmt_int(row, 1));
	pg_node *b = cni_pg_node(in, (pg_catalog)cni_stmt_int(row, 2), cni_stmt_int(row, 3));

	if (!a || !b || a == b)
		return CN_OK;
	/* a sequence that belongs to a column is made before it all the same */
	bool owned = a->ddl.kind == CNI_DDL_OPAQUE && b->ddl.kind == CNI_DDL_TABLE &&
		     strcmp(a->ddl.opaque.word, "sequence") == 0;
	if (owned || CNI_PUSH(in->arena, a->needs, a->need_count, b))
		return CN_OK;
	return no_memory(err);
}

static int by_place(const void *a, const void *b)
{
	const pg_node *x = *(pg_node *const *)a, *y = *(pg_node *const *)b;

	return x->place < y->place ? -1 : x->place > y->place;
}

enum { DEPTH_MAX = 10000 };

/* Depth first; a ring is cut where it closes. */
static cn_status place(pg_inspection *in, pg_node *node, size_t depth, cn_error *err)
{
	if (node->mark)
		return CN_OK;
	if (depth > DEPTH_MAX)
		return cn_fail(err, CN_ESCHEMA, "objects stand on each other more than %d deep",
			DEPTH_MAX);
	node->mark = 1;
	if (node->need_count)
		qsort(node->needs, node->need_count, sizeof *node->needs, by_place);
	for (size_t i = 0; i < node->need_count; i++)
		TRY(place(in, node->needs[i], depth + 1, err));
	node->mark = 2;
	return cni_schema_take(in->schema, &node->ddl, err);
}

/* ---- the whole ---- */

static cn_status take_space(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	(void)err;
	in->space = cni_pg_kept(in, row, 0);
	in->space_oid = cni_stmt_int(row, 1);
	in->home_oid = cni_stmt_int(row, 2);
	return CN_OK;
}

#define ANY                                                                                        \
	"SELECT EXISTS (SELECT 1 FROM pg_type WHERE typnamespace = @s AND (typtype IN ('e', 'r')"  \
	" OR typrelid IN (SELECT oid FROM pg_class WHERE relnamespace = @s AND relkind = 'c')))"   \
	"::int, EXISTS (SELECT 1 FROM pg_type WHERE typnamespace = @s AND typtype = 'd')::int, "   \
	"EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = @s AND relkind = 'S')::int, "         \
	"EXISTS (SELECT 1 FROM pg_proc WHERE pronamespace = @s)::int, "                            \
	"EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = @s AND relkind IN ('v', 'm'))::int, " \
	"EXISTS (SELECT 1 FROM pg_trigger WHERE NOT tgisinternal)::int, "                          \
	"EXISTS (SELECT 1 FROM pg_policy)::int, "                                                  \
	"EXISTS (SELECT 1 FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384)::int, "    \
	"EXISTS (SELECT 1 FROM pg_statistic_ext)::int, "                                           \
	"EXISTS (SELECT 1 FROM pg_description WHERE objoid >= 16384)::int, "                       \
	"(EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = @s AND relacl IS NOT NULL)"          \
	" OR EXISTS (SELECT 1 FROM pg_proc WHERE pronamespace = @s AND proacl IS NOT NULL)"        \
	" OR EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid >= 16384 AND attacl IS NOT NULL))"  \
	"::int"

static cn_status take_any(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	bool *const flags[] = {&in->any_types, &in->any_domains, &in->any_sequences,
		&in->any_functions, &in->any_views, &in->any_triggers, &in->any_policies,
		&in->any_rules, &in->any_statistics, &in->any_comments, &in->any_grants};

	(void)err;
	for (size_t i = 0; i < CNI_COUNT(flags); i++)
		*flags[i] = cni_stmt_int(row, i) != 0;
	return CN_OK;
}

static cn_status read_all(pg_inspection *in, cn_error *err)
{
	TRY(cni_pg_look(in,
		"SELECT quote_ident(n.nspname), n.oid::int8, coalesce(h.oid, n.oid)::int8 "
		"FROM pg_namespace n LEFT JOIN pg_namespace h "
		"ON h.nspname = current_setting('cantil.home', true) "
		"WHERE n.nspname = current_schema()",
		take_space, err));
	if (!in->space) {
		cn_error_set(err, CN_ESCHEMA, "no schema of the search path is there");
		cn_error_hint(
			err, "create one, or name it in the URI: ?options=-csearch_path%%3Dapp");
		return CN_ESCHEMA;
	}
	TRY(cni_pg_look(in, ANY, take_any, err));
	TRY(cni_pg_find_before(in, err));
	TRY(cni_pg_find_tables(in, err));
	TRY(cni_pg_find_after(in, err));
	if (!cni_pg_index(in))
		return no_memory(err);
	TRY(cni_pg_fill_tables(in, err));
	TRY(cni_pg_find_notes(in, err));
	TRY(cni_pg_look(in, DEPENDS, take_dependency, err));
	for (size_t i = 0; i < in->count; i++)
		TRY(place(in, in->nodes[i], 0, err));
	return CN_OK;
}

cn_status cni_pg_inspect(cni_conn *base, cni_schema *schema, cn_error *err)
{
	pg_inspection in = {.conn = base, .schema = schema, .arena = schema->arena};
	/* so that all queries see one state; a scratch is in its transaction for life */
	bool own = !cni_conn_in_transaction(base) && !cni_pg_of(base)->scratch;

	if (own)
		TRY(cni_conn_begin(base, CNI_TX_READ, err));
	cn_status status =
		own ? cni_conn_exec(base, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", err)
		    : CN_OK;
	if (status == CN_OK)
		status = read_all(&in, err);
	if (own)
		cni_conn_rollback(base);
	return status;
}
