/* error.c - SQLite's result codes as statuses, with what was violated and where. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "driver/sqlite/sqlite.h"
#include "sql/lexer.h"

enum { EXCERPT = 240, EXCERPT_BEFORE = 100 };

static cn_status status_of(int rc)
{
	if (rc == SQLITE_IOERR_NOMEM)
		return CN_ENOMEM;
	switch (rc & 0xff) {
	case SQLITE_NOMEM: return CN_ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
	case SQLITE_SCHEMA: return CN_ECONFLICT;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH: return CN_ECONSTRAINT;
	case SQLITE_INTERRUPT: return CN_ECANCELED;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_NOLFS:
	case SQLITE_CORRUPT: return CN_EIO;
	case SQLITE_NOTADB: return CN_ECONNECT;
	case SQLITE_TOOBIG:
	case SQLITE_RANGE:
	case SQLITE_MISUSE: return CN_EARG;
	case SQLITE_AUTH: return CN_EUNSUPPORTED;
	default: return CN_ESQL;
	}
}

/* SQLite has one code for every mistake in a statement; callers ask which it was. */
static const char *sqlstate_of_text(const char *message)
{
	return cni_starts(message, "no such column: ")  ? "42703"
	       : cni_starts(message, "no such table: ") ? "42P01"
							: "";
}

static const char *sqlstate_of(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID: return "23505";
	case SQLITE_CONSTRAINT_FOREIGNKEY: return "23503";
	case SQLITE_CONSTRAINT_NOTNULL: return "23502";
	case SQLITE_CONSTRAINT_CHECK: return "23514";
	case SQLITE_CONSTRAINT_DATATYPE:
	case SQLITE_MISMATCH: return "22018";
	case SQLITE_BUSY_SNAPSHOT: return "40001";
	default: break;
	}
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT: return "23000";
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return "55P03";
	case SQLITE_FULL: return "53100";
	case SQLITE_NOMEM: return "53200";
	case SQLITE_INTERRUPT: return "57014";
	default: return "";
	}
}

static const char *constraint_of(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE: return "unique constraint";
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID: return "primary key";
	case SQLITE_CONSTRAINT_FOREIGNKEY: return "foreign key";
	case SQLITE_CONSTRAINT_NOTNULL: return "not null constraint";
	case SQLITE_CONSTRAINT_CHECK: return "check constraint";
	case SQLITE_CONSTRAINT_DATATYPE: return "type of a STRICT table";
	case SQLITE_CONSTRAINT_TRIGGER: return "trigger";
	default: return "constraint";
	}
}

unsigned cni_sqlite_line(const char *script, const char *at)
{
	unsigned line = 1;

	for (const char *p = script; p < at; p++)
		line += *p == '\n';
	return line;
}

/* Where the statement begins, after comments: an error that has no place of its own is shown there.
 */
static size_t first_token(const cni_sqlite_place *place)
{
	cni_lexer lexer;

	cni_lexer_init(&lexer, place->sql, place->size);
	cni_token token = cni_lexer_next_solid(&lexer);
	return token.kind == CNI_TOKEN_END ? 0 : (size_t)(token.text - place->sql);
}

/* The statement on one line, shortened around `offset`. */
static void excerpt(const cni_sqlite_place *place, size_t offset, char *out, size_t cap)
{
	size_t start = first_token(place), used = 0, size;
	size_t from = offset > start + EXCERPT_BEFORE ? offset - EXCERPT_BEFORE : start;

	if (from >= place->size)
		from = 0;
	/* not in the middle of a character, not in the middle of a run of blanks */
	while (from > 0 && from < place->size && ((unsigned char)place->sql[from] & 0xC0) == 0x80)
		from++;
	size = place->size - from;
	bool cut = size > EXCERPT;
	if (cut)
		size = cni_utf8_cut(place->sql + from, EXCERPT);
	const char *text = place->sql + from;
	if (from > start)
		used = (size_t)snprintf(out, cap, "…");
	for (size_t i = 0; i < size && used + 8 < cap; i++) {
		bool blank = strchr(" \t\r\n\f", text[i]) != NULL; /* NUL too */
		if (blank && (used == 0 || out[used - 1] == ' '))
			continue;
		out[used++] = (char)(blank ? ' ' : text[i]);
	}
	while (used && out[used - 1] == ' ')
		used--;
	snprintf(out + used, cap - used, "%s", cut ? "…" : "");
}

static size_t error_offset(cni_sqlite *conn, const cni_sqlite_place *place)
{
	int offset = -1;

#if SQLITE_VERSION_NUMBER >= 3038000
	offset = sqlite3_error_offset(conn->db);
#endif
	return offset >= 0 && (size_t)offset < place->size ? (size_t)offset : first_token(place);
}

static void add_detail(cni_sqlite *conn, int rc, const cni_sqlite_place *place, cn_error *err)
{
	char facts[512] = "", text[EXCERPT + 32] = "", line[32] = "";
	if ((rc & 0xff) == SQLITE_CONSTRAINT) {
		const char *what = strstr(err->message, "failed: ");
		snprintf(facts, sizeof facts, "%s%s%.300s", constraint_of(rc), what ? " on " : "",
			what ? what + strlen("failed: ") : "");
	} else if ((rc & 0xff) == SQLITE_BUSY) {
		snprintf(facts, sizeof facts, "%s",
			rc == SQLITE_BUSY_SNAPSHOT
				? "another connection has written since this transaction began to read"
				: "another connection holds its lock");
	} else if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) {
		int number = sqlite3_system_errno(conn->db);
		if (number)
			snprintf(facts, sizeof facts, "%s", strerror(number));
	}
	if (place && place->size) {
		size_t offset = error_offset(conn, place);
		excerpt(place, offset, text, sizeof text);
		if (place->line)
			snprintf(line, sizeof line, "line %u: ",
				place->line + cni_sqlite_line(place->sql, place->sql + offset) - 1);
	}
	if (facts[0] || text[0])
		cn_error_detail(
			err, "%s%s%s%s", facts, facts[0] && text[0] ? "; " : "", line, text);
}

static void add_hint(cni_sqlite *conn, int rc, cn_error *err)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
		if (rc == SQLITE_BUSY_SNAPSHOT)
			cn_error_hint(err, "roll back and run the transaction again");
		else
			cn_error_hint(err,
				"try again when the other one has finished; a connection waits up to %u ms",
				conn->busy_timeout_ms);
		break;
	case SQLITE_LOCKED:
		cn_error_hint(
			err, "a statement of this connection is still reading: let it end first");
		break;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		cn_error_hint(err, "check the permissions of the file and of its folder");
		break;
	case SQLITE_FULL: cn_error_hint(err, "make room on the disk, then try again"); break;
	case SQLITE_READONLY:
		if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY)
			cn_error_hint(err,
				"an interrupted transaction has to be rolled back first: open it "
				"once for writing");
		else if (conn->mode == CNI_OPEN_READ)
			cn_error_hint(err, "the database was opened for reading only");
		else
			cn_error_hint(err,
				"check the permissions of the file and of its folder, where the journal must go");
		break;
	case SQLITE_CORRUPT:
		cn_error_hint(err,
			"the file is damaged: keep a copy of it, restore the last backup, or "
			"save what can be read with the sqlite3 shell's .recover");
		break;
	case SQLITE_NOTADB:
		cn_error_hint(err, "is it the right file? one that is encrypted cannot be read");
		break;
	default: break;
	}
}

cn_status cni_sqlite_fail(cni_sqlite *conn, int rc, const cni_sqlite_place *place, cn_error *err)
{
	int extended = sqlite3_extended_errcode(conn->db);
	bool current =
		(extended & 0xff) == (rc & 0xff); /* else the handle knows of another failure */
	cn_status status;

	if (current)
		rc = extended;
	status = status_of(rc);
	bool interrupted = atomic_exchange(&conn->interrupted, false);
	if (conn->timed_out) {
		conn->timed_out = false;
		cn_error_set(
			err, CN_ECANCELED, "the statement ran longer than %u ms", conn->guard_ms);
		status = CN_ECANCELED;
	} else if (interrupted && ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_ERROR)) {
		/* no lock was had; or a statement of SQLite's own, within ALTER TABLE, was ended */
		status = cn_fail(err, CN_ECANCELED, "interrupted");
	} else if (conn->denied[0]) {
		status = CN_EUNSUPPORTED;
		cn_error_set(err, status, "%s is not allowed here", conn->denied);
	} else {
		cn_error_set(
			err, status, "%s", current ? sqlite3_errmsg(conn->db) : sqlite3_errstr(rc));
	}
	conn->denied[0] = '\0';
	if (!err)
		return status;
	if (cni_starts(err->message, "malformed database schema"))
		err->status = status = CN_ESCHEMA;
	snprintf(err->sqlstate, sizeof err->sqlstate, "%s",
		rc == SQLITE_ERROR ? sqlstate_of_text(err->message) : sqlstate_of(rc));
	add_detail(conn, rc, place, err);
	if (status != CN_ECANCELED)
		add_hint(conn, rc, err);
	return status;
}
