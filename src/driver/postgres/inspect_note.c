/* inspect_note.c - what is said about objects beside their CREATE statements: comments, settings,
 * row security, who owns a sequence; and grants, which are kept but not compared. See inspect.h. */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/inspect.h"

/* catalog, oid, column, statement, what undoes it */
static cn_status add(pg_inspection *in, cni_stmt *row, bool kept, cn_error *err)
{
	pg_node *node = cni_pg_node(in, (pg_catalog)cni_stmt_int(row, 0), cni_stmt_int(row, 1));

	if (!node)
		return CN_OK;
	if (!cni_pg_note(in, &node->ddl, cni_pg_kept(in, row, 2), kept, cni_pg_kept(in, row, 3),
		    cni_pg_kept(in, row, 4)))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status take(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return add(in, row, false, err);
}

static cn_status take_kept(pg_inspection *in, cni_stmt *row, cn_error *err)
{
	return add(in, row, true, err);
}

/* E'\\1' and so on stand for names: see cni_ddl_note. */
static cn_status find_comments(pg_inspection *in, cn_error *err)
{
	TRY(cni_pg_look(in,
		"SELECT 1, d.objoid::int8, a.attname::text, 'COMMENT ON ' || s.what || ' IS ' || "
		"quote_literal(d.description), 'COMMENT ON ' || s.what || ' IS NULL' "
		"FROM pg_description d JOIN pg_class c ON c.oid = d.objoid "
		"LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid "
		"AND d.objsubid > 0 CROSS JOIN LATERAL (SELECT CASE WHEN a.attname IS NOT NULL "
		"THEN E'COLUMN \\1.\\2' ELSE CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN "
		"'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'i' THEN 'INDEX' WHEN 'I' THEN "
		"'INDEX' ELSE 'TABLE' END || E' \\1' END AS what) s "
		"WHERE d.classoid = 'pg_class'::regclass AND c.relnamespace = @s "
		"AND c.relkind <> 'c' ORDER BY d.objoid, d.objsubid",
		take, err));
	TRY(cni_pg_look(in,
		"SELECT s.catalog, s.oid::int8, NULL, 'COMMENT ON ' || s.what || ' IS ' || "
		"quote_literal(d.description), 'COMMENT ON ' || s.what || ' IS NULL' "
		"FROM (SELECT 1 AS catalog, conrelid AS oid, 'pg_constraint'::regclass AS class, "
		"oid AS part, 'CONSTRAINT ' || quote_ident(conname) || E' ON \\1' AS what "
		"FROM pg_constraint WHERE connamespace = @s AND conrelid <> 0 "
		"UNION ALL SELECT 2, oid, 'pg_type'::regclass, oid, CASE typtype WHEN 'd' THEN "
		"'DOMAIN' ELSE 'TYPE' END || E' \\1' FROM pg_type WHERE typnamespace = @s "
		"UNION ALL SELECT 3, oid, 'pg_proc'::regclass, oid, CASE prokind WHEN 'p' THEN "
		"'PROCEDURE' ELSE 'FUNCTION' END || E' \\1' FROM pg_proc WHERE pronamespace = @s "
		"UNION ALL SELECT 4, g.oid, 'pg_trigger'::regclass, g.oid, E'TRIGGER \\1 ON \\3' "
		"FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = @s "
		"UNION ALL SELECT 5, p.oid, 'pg_policy'::regclass, p.oid, 'POLICY ' || "
		"quote_ident(p.polname) || E' ON \\3' FROM pg_policy p JOIN pg_class c "
		"ON c.oid = p.polrelid WHERE c.relnamespace = @s) s "
		"JOIN pg_description d ON d.classoid = s.class AND d.objoid = s.part "
		"AND d.objsubid = 0 ORDER BY 1, 2, 4",
		take, err));
	return CN_OK;
}

static cn_status find_settings(pg_inspection *in, cn_error *err)
{
	TRY(cni_pg_look(in,
		"SELECT 1, c.oid::int8, NULL, s.up, s.down FROM pg_class c CROSS JOIN LATERAL ("
		"SELECT E'ALTER TABLE \\1 SET (' || array_to_string(c.reloptions, ', ') || ')' AS up, "
		"E'ALTER TABLE \\1 RESET (' || (SELECT string_agg(split_part(o, '=', 1), ', ') "
		"FROM unnest(c.reloptions) o) || ')' AS down WHERE c.reloptions IS NOT NULL "
		"UNION ALL SELECT E'ALTER TABLE \\1 SET UNLOGGED', E'ALTER TABLE \\1 SET LOGGED' "
		"WHERE c.relpersistence = 'u' "
		"UNION ALL SELECT E'ALTER TABLE \\1 ENABLE ROW LEVEL SECURITY', "
		"E'ALTER TABLE \\1 DISABLE ROW LEVEL SECURITY' WHERE c.relrowsecurity "
		"UNION ALL SELECT E'ALTER TABLE \\1 FORCE ROW LEVEL SECURITY', "
		"E'ALTER TABLE \\1 NO FORCE ROW LEVEL SECURITY' WHERE c.relforcerowsecurity "
		"UNION ALL SELECT E'ALTER TABLE \\1 REPLICA IDENTITY ' || CASE c.relreplident "
		"WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END, E'ALTER TABLE \\1 REPLICA IDENTITY DEFAULT' "
		"WHERE c.relreplident IN ('f', 'n')) s "
		"WHERE c.relnamespace = @s AND c.relkind IN ('r', 'p') ORDER BY 2, 4",
		take, err));
	TRY(cni_pg_look(in,
		"SELECT 1, c.oid::int8, a.attname::text, s.up, s.down FROM pg_class c "
		"JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
		"JOIN pg_type t ON t.oid = a.atttypid CROSS JOIN LATERAL ("
		"SELECT E'ALTER TABLE \\1 ALTER COLUMN \\2 SET STORAGE ' || CASE a.attstorage "
		"WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' "
		"END AS up, E'ALTER TABLE \\1 ALTER COLUMN \\2 SET STORAGE ' || CASE t.typstorage "
		"WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' "
		"END AS down WHERE a.attstorage <> t.typstorage "
		"UNION ALL SELECT E'ALTER TABLE \\1 ALTER COLUMN \\2 SET STATISTICS ' || a.attstattarget, "
		"E'ALTER TABLE \\1 ALTER COLUMN \\2 SET STATISTICS -1' WHERE a.attstattarget >= 0) s "
		"WHERE c.relnamespace = @s AND c.relkind IN ('r', 'p') ORDER BY 2, a.attnum, 4",
		take, err));
	return CN_OK;
}

static cn_status find_owned(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(
		in, /* the table is what must be there; both are, when notes are written */
		"SELECT 1, c.oid::int8, a.attname::text, 'ALTER SEQUENCE ' || quote_ident(q.relname) || "
		"E' OWNED BY \\1.\\2', 'ALTER SEQUENCE ' || quote_ident(q.relname) || ' OWNED BY NONE' "
		"FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S' "
		"JOIN pg_class c ON c.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = c.oid "
		"AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass "
		"AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' AND c.relnamespace = @s "
		"ORDER BY 2, 4",
		take, err);
}

static cn_status find_switched(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT 4, g.oid::int8, NULL, E'ALTER TABLE \\3 ' || CASE g.tgenabled WHEN 'D' THEN "
		"'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END || E' TRIGGER \\1', "
		"E'ALTER TABLE \\3 ENABLE TRIGGER \\1' FROM pg_trigger g "
		"JOIN pg_class c ON c.oid = g.tgrelid WHERE c.relnamespace = @s AND NOT g.tgisinternal "
		"AND g.tgenabled <> 'O' ORDER BY 2",
		take, err);
}

/* What an owner may is his by right, whatever stands in the list. */
static cn_status find_grants(pg_inspection *in, cn_error *err)
{
	return cni_pg_look(in,
		"SELECT s.catalog, s.oid::int8, s.col, 'GRANT ' || s.what || s.cols || ' ON ' || s.kind "
		"|| E' \\1 TO ' || s.who || CASE WHEN s.grantable THEN ' WITH GRANT OPTION' ELSE '' END, "
		"'REVOKE ' || s.what || s.cols || ' ON ' || s.kind || E' \\1 FROM ' || s.who FROM ("
		"SELECT 1 AS catalog, c.oid, NULL::text AS col, '' AS cols, string_agg(x.privilege_type, "
		"', ' ORDER BY x.privilege_type) AS what, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE "
		"'TABLE' END AS kind, x.is_grantable AS grantable, CASE x.grantee WHEN 0 THEN 'PUBLIC' "
		"ELSE quote_ident(r.rolname) END AS who "
		"FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x "
		"LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE c.relnamespace = @s "
		"AND x.grantee <> c.relowner AND (x.grantee = 0 OR r.oid IS NOT NULL) "
		"GROUP BY c.oid, c.relkind, x.is_grantable, x.grantee, r.rolname "
		"UNION ALL SELECT 1, c.oid, a.attname::text, E' (\\2)', x.privilege_type, 'TABLE', "
		"x.is_grantable, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END "
		"FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped "
		"CROSS JOIN LATERAL aclexplode(a.attacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee "
		"WHERE c.relnamespace = @s AND x.grantee <> c.relowner "
		"UNION ALL SELECT 3, p.oid, NULL, '', string_agg(x.privilege_type, ', '), "
		"CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, x.is_grantable, "
		"CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(r.rolname) END "
		"FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) x "
		"LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE p.pronamespace = @s "
		"AND x.grantee <> p.proowner GROUP BY p.oid, p.prokind, x.is_grantable, x.grantee, "
		"r.rolname) s ORDER BY 1, 2, 4",
		take_kept, err);
}

cn_status cni_pg_find_notes(pg_inspection *in, cn_error *err)
{
	if (in->any_comments)
		TRY(find_comments(in, err));
	TRY(find_settings(in, err));
	if (in->any_sequences)
		TRY(find_owned(in, err));
	if (in->any_triggers)
		TRY(find_switched(in, err));
	return in->any_grants ? find_grants(in, err) : CN_OK;
}
