/*
 * scratch.c - an empty private place on the server: a schema in a transaction that is never
 * committed.
 *
 * Nobody else ever sees it, nothing is left of it whatever happens to this process, it needs no
 * right but to create a schema in the database, and the extensions and roles of the database are
 * there. Its name differs from that of the schema it stands for (its home), so a script that names
 * that one, as those of pg_dump do, is read as if it named the scratch.
 *
 * Invariant: nothing that is run here touches the home. Its names are replaced before, and where it
 * must stay in the search path (an extension lives in it) its tables' locks are looked at
 * afterwards.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"
#include "sql/lexer.h"

/* ---- transactions inside of the one ---- */

#define SAVEPOINT "cantil_scratch"

static cn_status begin(cni_conn *base, cni_transaction kind, cn_error *err)
{
	pg_conn *conn = cni_pg_of(base);

	(void)kind;
	if (conn->scratch->saved)
		return cn_fail(err, CN_EARG, "a transaction is open already");
	TRY(cni_pg_exec(base, "SAVEPOINT " SAVEPOINT, strlen("SAVEPOINT " SAVEPOINT), err));
	conn->scratch->saved = true;
	return CN_OK;
}

static cn_status commit(cni_conn *base, cn_error *err)
{
	static const char sql[] = "RELEASE SAVEPOINT " SAVEPOINT;
	pg_conn *conn = cni_pg_of(base);

	if (!conn->scratch->saved)
		return cn_fail(err, CN_EARG, "no transaction is open");
	TRY(cni_pg_exec(base, sql, strlen(sql), err));
	conn->scratch->saved = false;
	return CN_OK;
}

static void rollback(cni_conn *base)
{
	static const char sql[] =
		"ROLLBACK TO SAVEPOINT " SAVEPOINT "; RELEASE SAVEPOINT " SAVEPOINT;
	pg_conn *conn = cni_pg_of(base);
	cn_error ignored; /* then the connection is gone, and the scratch with it */

	if (conn->scratch->saved && cni_pg_exec(base, sql, strlen(sql), &ignored) < 0)
		conn->scratch->saved = false;
	conn->scratch->saved = false;
}

static bool in_transaction(const cni_conn *base) { return cni_pg_of_const(base)->scratch->saved; }

/* ---- reading scripts ---- */

typedef struct rewriting {
	const pg_scratch *scratch;
	bool build; /* what only moves rows is passed over */
	cni_buffer *out;
} rewriting;

/* The next piece that is neither space nor comment; size 0: none. */
static const char *solid(const char *at, const char *end, pg_piece *ret, size_t *ret_size)
{
	*ret_size = 0;
	while (at < end) {
		size_t size = cni_pg_piece(at, (size_t)(end - at), ret);
		if (*ret != PG_PIECE_SPACE && *ret != PG_PIECE_COMMENT) {
			*ret_size = size;
			return at;
		}
		at += size;
	}
	return end;
}

static bool is_word(const char *at, size_t size, const char *word)
{
	return size == strlen(word) && cni_ncasecmp(at, word, size) == 0;
}

/* Statements about transactions, settings, rows and rights: a scratch has none of its own. */
static bool is_passed_over(const char *sql, size_t size)
{
	static const char *const words[] = {"BEGIN", "COMMIT", "START", "END", "ROLLBACK",
		"SAVEPOINT", "RELEASE", "SET", "RESET", "INSERT", "UPDATE", "DELETE", "MERGE",
		"SELECT", "WITH", "VALUES", "TABLE", "TRUNCATE", "VACUUM", "ANALYZE", "REINDEX",
		"CLUSTER", "LOCK", "NOTIFY", "LISTEN", "REFRESH", "EXPLAIN", "GRANT", "REVOKE",
		"SHOW", "CHECKPOINT", "DISCARD", "COPY"};
	const char *end = sql + size;
	pg_piece piece;
	size_t n;
	const char *first = solid(sql, end, &piece, &n);

	for (size_t i = 0; i < CNI_COUNT(words); i++)
		if (is_word(first, n, words[i]))
			return true;
	if (!is_word(first, n, "ALTER"))
		return false;
	const char *before = first;
	for (const char *at = first + n; n; at += n) { /* ALTER … OWNER TO, ALTER DEFAULT … */
		at = solid(at, end, &piece, &n);
		if (piece != PG_PIECE_WORD)
			continue;
		if (before == first && is_word(at, n, "DEFAULT"))
			return true;
		before = at;
		if (!is_word(at, n, "OWNER"))
			continue;
		const char *next = solid(at + n, end, &piece, &n);
		if (is_word(next, n, "TO"))
			return true;
		at = next;
	}
	return false;
}

/* Is it the home's name, as a bare or a quoted word? */
static bool names_home(const rewriting *w, const char *at, size_t size, pg_piece piece)
{
	const char *home = w->scratch->home;

	if (piece == PG_PIECE_WORD)
		return size == strlen(home) && cni_ncasecmp(at, home, size) == 0;
	return piece == PG_PIECE_NAME && size == strlen(home) + 2 && at[0] == '"' &&
	       strncmp(at + 1, home, size - 2) == 0;
}

/* Is what stands behind the dot an extension's? `at`: the dot. */
static bool names_member(const rewriting *w, const char *at, const char *end)
{
	pg_piece piece;
	size_t n;
	const char *name = at + 1 < end ? solid(at + 1, end, &piece, &n) : end;

	if (name == end)
		return false;
	bool quoted = piece == PG_PIECE_NAME && n > 2;
	for (size_t i = 0; i < w->scratch->member_count; i++) {
		const char *member = w->scratch->members[i];
		size_t size = strlen(member);
		if (quoted ? size == n - 2 && strncmp(name + 1, member, size) == 0
			   : size == n && cni_ncasecmp(name, member, size) == 0)
			return true;
	}
	return false;
}

/* 'public.t_id_seq'::regclass: a name inside of a text. */
static bool text_names_home(const rewriting *w, const char *at, size_t size, const char *end)
{
	size_t n = strlen(w->scratch->home);
	const char *behind = at + size;

	return size > n + 3 && at[0] == '\'' && strncmp(at + 1, w->scratch->home, n) == 0 &&
	       at[n + 1] == '.' && (size_t)(end - behind) > 10 &&
	       cni_ncasecmp(behind, "::regclass", 10) == 0;
}

static void rewrite_statement(const rewriting *w, const char *sql, size_t size)
{
	const char *end = sql + size;
	bool qualified = false; /* what stands before is a dot */
	bool creates = false, first = true;

	for (const char *at = sql; at < end;) {
		pg_piece piece;
		size_t n = cni_pg_piece(at, (size_t)(end - at), &piece);
		bool space = piece == PG_PIECE_SPACE || piece == PG_PIECE_COMMENT;
		if (first && !space) {
			creates = is_word(at, n, "CREATE") || is_word(at, n, "DROP");
			first = false;
		}
		if (creates && piece == PG_PIECE_WORD && is_word(at, n, "CONCURRENTLY")) {
			/* it cannot be in a transaction, and here nobody waits */
		} else if (!qualified && at + n < end && at[n] == '.' &&
			   names_home(w, at, n, piece) && !names_member(w, at + n, end)) {
			cni_quote_name(w->out, w->scratch->name);
		} else if (piece == PG_PIECE_STRING && text_names_home(w, at, n, end)) {
			cni_buffer_printf(w->out, "'%s", w->scratch->name);
			cni_buffer_add(w->out, at + 1 + strlen(w->scratch->home),
				n - 1 - strlen(w->scratch->home));
		} else {
			cni_buffer_add(w->out, at, n);
		}
		if (!space)
			qualified = n == 1 && *at == '.';
		at += n;
	}
}

static void keep_lines(cni_buffer *out, const char *from, const char *to)
{
	for (; from < to; from++)
		if (*from == '\n')
			cni_buffer_putc(out, '\n');
}

/* Lines of psql's own (\connect, \restrict), and the rows behind COPY … FROM stdin. */
static void blank_psql(char *script)
{
	bool rows = false;

	for (char *line = script; *line;) {
		size_t n = strcspn(line, "\n");
		bool ends = rows && n >= 2 && line[0] == '\\' && line[1] == '.';
		if (rows || line[0] == '\\')
			memset(line, ' ', n);
		else if (cni_ncasecmp(line, "COPY ", 5) == 0)
			rows = n > 11 && cni_ncasecmp(line + n - 11, "FROM stdin;", 11) == 0;
		rows = rows && !ends;
		line += n + (line[n] == '\n');
	}
}

/* The script without what a scratch passes over, every statement in its line. */
static cn_status rewrite(const rewriting *w, const char *script, size_t size, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	char *copy = cni_strndup(&arena, script, size);
	const char *sql;
	size_t n;

	if (!copy)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (w->build && (strncmp(copy, "\\", 1) == 0 || strstr(copy, "\n\\")))
		blank_psql(copy);
	const char *at = copy, *done = copy, *end = copy + strlen(copy);
	while (cni_pg_split(&at, end, &sql, &n)) {
		keep_lines(w->out, done, sql);
		done = sql + n;
		if (w->build && is_passed_over(sql, n)) {
			keep_lines(w->out, sql, sql + n);
			continue;
		}
		rewrite_statement(w, sql, n);
		cni_buffer_putc(w->out, ';');
	}
	return w->out->failed ? cn_fail(err, CN_ENOMEM, "out of memory") : CN_OK;
}

/* Where the home is in the search path, a name that is not in the scratch could be found there. */
static cn_status check_home(cni_conn *base, cn_error *err)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	const char *touched = NULL;

	if (!cni_pg_of(base)->scratch->home_visible)
		return CN_OK;
	TRY(cni_conn_text(base, &arena,
		"SELECT string_agg(DISTINCT quote_ident(c.relname), ', ') FROM pg_locks l "
		"JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace "
		"WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind <> 'i' "
		"AND n.nspname = current_setting('cantil.home')",
		&touched, err));
	if (!touched)
		return CN_OK;
	cn_error_set(err, CN_ESQL, "it speaks of what it does not make: %s", touched);
	cn_error_hint(err, "a schema must be whole: let it create these, too");
	return CN_ESQL;
}

static cn_status run_script(
	cni_conn *base, const char *script, size_t size, bool build, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const rewriting w = {cni_pg_of(base)->scratch, build, &out};

	if (memchr(script, '\0', size))
		return cn_fail(err, CN_EARG, "the SQL text has a NUL byte in it");
	TRY(rewrite(&w, script, size, err));
	TRY(cni_pg_exec(base, cni_buffer_text(&out), out.size, err));
	return check_home(base, err);
}

static cn_status exec(cni_conn *base, const char *script, size_t size, cn_error *err)
{
	return run_script(base, script, size, false, err);
}

cn_status cni_pg_build(cni_conn *base, const char *script, size_t size, cn_error *err)
{
	return run_script(base, script, size, true, err);
}

/* ---- making one ---- */

/* The first schema of the path is the one that it stands for; those behind it stay. The first stays
 * too, behind the scratch, where an extension's types and functions are in it. */
#define HAS_EXTENSION \
	"EXISTS (SELECT 1 FROM pg_extension WHERE extnamespace = current_schema()::regnamespace)"
#define MAKE                                                                                 \
	"SELECT set_config('cantil.home', current_schema(), true), " HAS_EXTENSION "::int, " \
	"set_config('search_path', concat_ws(', ', quote_ident(?1), (SELECT "                \
	"string_agg(quote_ident(p), ', ' ORDER BY n) FROM unnest(current_schemas(false)) "   \
	"WITH ORDINALITY s(p, n) WHERE n > 1 OR " HAS_EXTENSION ")), true)"

#define MEMBERS                                                                                    \
	"SELECT DISTINCT coalesce(t.typname, p.proname, c.relname, o.opcname)::text "              \
	"FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid "                              \
	"AND d.refclassid = 'pg_extension'::regclass "                                             \
	"LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid "              \
	"LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid "              \
	"LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid "            \
	"LEFT JOIN pg_opclass o ON d.classid = 'pg_opclass'::regclass AND o.oid = d.objid "        \
	"WHERE d.deptype = 'e' AND e.extnamespace = current_setting('cantil.home')::regnamespace " \
	"AND coalesce(t.typname, p.proname, c.relname, o.opcname) IS NOT NULL"

static cn_status find_members(pg_conn *conn, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	pg_scratch *scratch = conn->scratch;
	int got;

	TRY(cni_conn_prepare(&conn->base, MEMBERS, &stmt, err));
	while ((got = cni_stmt_step(stmt, err)) == CNI_ROW) {
		const char *name = cni_strdup(&conn->arena, cni_stmt_text(stmt, 0));
		if (!name || !CNI_PUSH(&conn->arena, scratch->members, scratch->member_count, name))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return (cn_status)got;
}

static cn_status make(pg_conn *conn, cn_error *err)
{
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	pg_scratch *scratch = conn->scratch;

	scratch->name = cni_printf(&conn->arena, "cantil_scratch_%d", PQbackendPID(conn->pq));
	if (!scratch->name)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	TRY(cni_pg_begin(&conn->base, CNI_TX_WRITE, err));
	TRY(cni_conn_execf(&conn->base, err,
		"SET TRANSACTION READ WRITE; CREATE SCHEMA %s; SET LOCAL check_function_bodies = off; "
		"SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL client_min_messages = "
		"error",
		scratch->name));
	TRY(cni_conn_prepare(&conn->base, "SELECT 1 WHERE current_schema() IS NULL", &stmt, err));
	int none = cni_stmt_step(stmt, err);
	if (none < 0)
		return (cn_status)none;
	if (none == CNI_ROW) /* an empty path: the scratch stands for nothing */
		return cni_conn_execf(
			&conn->base, err, "SET LOCAL search_path = %s", scratch->name);
	cni_stmt_release(stmt);
	stmt = NULL;
	TRY(cni_conn_prepare(&conn->base, MAKE, &stmt, err));
	TRY(cni_stmt_bind(stmt, 1, cn_text(scratch->name), err));
	int got = cni_stmt_step(stmt, err);
	if (got < 0)
		return (cn_status)got;
	scratch->home = cni_strdup(&conn->arena, cni_stmt_text(stmt, 0));
	scratch->home_visible = cni_stmt_int(stmt, 1) != 0;
	if (!scratch->home)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cni_stmt_release(stmt);
	stmt = NULL;
	return scratch->home_visible ? find_members(conn, err) : CN_OK;
}

static cn_status explain(cn_status status, const cni_uri *home, cn_error *err)
{
	if (status == CN_OK || status == CN_ENOMEM)
		return status;
	cn_error_wrap(err, "no scratch schema can be made in %s", home->text);
	if (err && !*err->hint)
		cn_error_hint(err,
			"the user needs the right to make one: GRANT CREATE ON DATABASE … TO …");
	return status;
}

cn_status cni_pg_scratch(const cni_uri *home, cni_conn **ret, cn_error *err)
{
	const cni_open_options options = {.mode = CNI_OPEN_WRITE, .foreign = true};
	CLEANUP(cni_conn_closep) cni_conn *base = NULL;

	if (!home || !home->text) {
		cn_error_set(err, CN_EARG, "a scratch schema of postgresql needs a server");
		cn_error_hint(err, "name the database: postgresql://user@host/database");
		return CN_EARG;
	}
	TRY(cni_pg_open(home, &options, &base, err));
	pg_conn *conn = cni_pg_of(base);
	cni_driver *driver = cni_memdup(&conn->arena, base->driver, sizeof *driver);
	conn->scratch = cni_alloc(&conn->arena, sizeof *conn->scratch);
	if (!driver || !conn->scratch)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	conn->pinned = true;
	TRY(explain(make(conn, err), home, err));
	driver->begin = begin;
	driver->commit = commit;
	driver->rollback = rollback;
	driver->in_transaction = in_transaction;
	driver->exec = exec;
	base->driver = driver;
	*ret = base;
	base = NULL;
	return CN_OK;
}
