/* error.c - what the server answers as statuses, with what was violated and where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"

enum { EXCERPT = 240, EXCERPT_BEFORE = 100 };

typedef struct state_status {
	const char *state; /* the whole, or the first two letters: its class */
	cn_status status;
} state_status;

/* The first that fits. Named by what the caller does next (cantil/error.h). */
static const state_status table[] = {
	{"08", CN_ECONNECT},
	{"0A000", CN_EUNSUPPORTED},
	{"22", CN_ESQL}, /* values that do not fit into their type */
	{"23", CN_ECONSTRAINT},
	{"25006", CN_EIO}, /* read only */
	{"25001", CN_EARG},
	{"25P02", CN_ECONFLICT}, /* the transaction failed before: undo it, try again */
	{"25P03", CN_ECONNECT},
	{"28", CN_ECONNECT},
	{"3D000", CN_ENOTFOUND},
	{"40", CN_ECONFLICT},   /* serialization, dead-lock, unknown completion */
	{"42501", CN_EIO},      /* not allowed to */
	{"44", CN_ECONSTRAINT}, /* WITH CHECK OPTION */
	{"53100", CN_EIO},
	{"53200", CN_ENOMEM},
	{"53300", CN_ECONFLICT},
	{"53", CN_EIO},
	{"54", CN_EARG}, /* too large, too many, too deep */
	{"55006", CN_ECONFLICT},
	{"55P03", CN_ECONFLICT},
	{"57014", CN_ECANCELED},
	{"57", CN_ECONNECT}, /* shut down, or starting */
	{"58", CN_EIO},
	{"XX001", CN_EIO},
	{"XX002", CN_EIO},
};

cn_status cni_pg_status(const char *state)
{
	for (size_t i = 0; i < CNI_COUNT(table); i++)
		if (cni_starts(state, table[i].state))
			return table[i].status;
	return CN_ESQL;
}

static void set_state(cn_error *err, const char *state)
{
	snprintf(err->sqlstate, sizeof err->sqlstate, "%s", state);
}

/* libpq's texts may have several lines, and end in one. */
static void one_line(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text && used + 1 < size; text++) {
		char c = *text == '\n' || *text == '\t' ? ' ' : *text;
		if (c != ' ' || (used && out[used - 1] != ' '))
			out[used++] = c;
	}
	while (used && out[used - 1] == ' ')
		used--;
	out[cni_utf8_cut(out, used)] = '\0';
}

/* Its byte in the text: the server counts characters, from 1. */
static size_t offset_of(const pg_place *place, size_t character)
{
	size_t at = 0;

	while (at < place->size && character > 1) {
		at++;
		while (at < place->size && ((unsigned char)place->sql[at] & 0xC0) == 0x80)
			at++;
		character--;
	}
	return at;
}

/* "line 3, column 7: …SELECT nam FROM…": the statement on one line, shortened around the place. */
static void add_place(const pg_place *place, const char *position, cn_error *err)
{
	char text[EXCERPT + 1];
	unsigned line = place->line ? place->line : 1, column = 1;
	size_t offset = position ? offset_of(place, strtoul(position, NULL, 10)) : 0, from = 0;

	for (size_t i = 0; i < offset; i++) {
		column = place->sql[i] == '\n'
				 ? 1
				 : column + (((unsigned char)place->sql[i] & 0xC0) != 0x80);
		line += place->sql[i] == '\n';
	}
	if (offset > EXCERPT_BEFORE)
		from = offset - EXCERPT_BEFORE;
	while (from < place->size && ((unsigned char)place->sql[from] & 0xC0) == 0x80)
		from++;
	size_t size = place->size - from < EXCERPT ? place->size - from : EXCERPT;
	size = cni_utf8_cut(place->sql + from, size);
	char raw[EXCERPT + 1];
	memcpy(raw, place->sql + from, size);
	raw[size] = '\0';
	one_line(raw, text, sizeof text);
	const char *before = from ? "…" : "", *after = from + size < place->size ? "…" : "";
	if (position)
		cni_error_more(
			err, "line %u, column %u: %s%s%s", line, column, before, text, after);
	else if (place->line)
		cni_error_more(err, "line %u: %s%s%s", line, before, text, after);
	else
		cni_error_more(err, "in: %s%s%s", before, text, after);
}

/* "constraint "x"", or the text alone when it has no label. */
static void add_field(const PGresult *result, int field, const char *label, cn_error *err)
{
	const char *text = PQresultErrorField(result, field);

	if (!text || !*text)
		return;
	if (label)
		cni_error_more(err, "%s \"%s\"", label, text);
	else
		cni_error_more(err, "%s", text);
}

static const struct {
	const char *state, *hint;
} hints[] = {
	{"25P02", "roll the transaction back: its first failure spoiled it"},
	{"25006", "the connection, or the server, only reads"},
	{"40001", "run the transaction again"},
	{"40P01", "run the transaction again"},
	{"55P03", "somebody else holds the lock: try again, or raise lock_timeout_ms in the URI"},
	{"53300", "give connections back sooner, or raise max_connections of the server"},
};

static void add_hint(const PGresult *result, const char *state, cn_error *err)
{
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);

	for (size_t i = 0; i < CNI_COUNT(hints) && !hint; i++)
		if (strcmp(hints[i].state, state) == 0)
			hint = hints[i].hint;
	if (hint)
		cn_error_hint(err, "%s", hint);
}

/* A connection that is gone. In a transaction nothing is lost: the server has undone it. */
static cn_status connection_failed(pg_conn *conn, cn_error *err)
{
	char why[512];

	one_line(PQerrorMessage(conn->pq), why, sizeof why);
	if (!conn->ended && PQstatus(conn->pq) == CONNECTION_OK) { /* libpq itself failed */
		cn_error_set(err, CN_ESQL, "%s", why[0] ? why : "the statement could not be sent");
		return CN_ESQL;
	}
	cn_status status = conn->in_tx && !conn->committing ? CN_ECONFLICT : CN_ECONNECT;
	cn_error_set(err, status, "the connection to the database was lost");
	if (err)
		set_state(err, conn->committing ? "08007" : "08006");
	cn_error_detail(err, "%s", why);
	if (conn->committing)
		cni_error_more(err, "whether the transaction was committed is not known");
	else if (conn->in_tx)
		cn_error_hint(err, "nothing of the transaction was kept: run it again");
	else
		cn_error_hint(err, "look whether the last change was made, and try again");
	return status;
}

cn_status cni_pg_fail(pg_conn *conn, const PGresult *result, const pg_place *place, cn_error *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	if (!state || !message)
		return connection_failed(conn, err);
	cn_status status = cni_pg_status(state);
	/* what ends the session ends its transaction, too: nothing is half done */
	if (status == CN_ECONNECT && conn->in_tx && !conn->committing)
		status = CN_ECONFLICT;
	cn_error_set(err, status, "%s", message);
	if (err)
		set_state(err, state);
	add_field(result, PG_DIAG_MESSAGE_DETAIL, NULL, err);
	if (status == CN_ECONSTRAINT) {
		add_field(result, PG_DIAG_CONSTRAINT_NAME, "constraint", err);
		add_field(result, PG_DIAG_TABLE_NAME, "table", err);
		add_field(result, PG_DIAG_COLUMN_NAME, "column", err);
	}
	add_field(result, PG_DIAG_CONTEXT, NULL, err);
	if (place)
		add_place(place, PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION), err);
	add_hint(result, state, err);
	return status;
}

/* "…FATAL:  3D000: database "x" does not exist\nLOCATION: …": the way in which libpq tells of a
 * failed start when it is asked to be verbose. */
static const char *find_state(const char *text, char state[6])
{
	for (const char *p = strstr(text, ":  "); p; p = strstr(p + 1, ":  ")) {
		size_t n = strspn(p + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (n == 5 && p[8] == ':' && p[9] == ' ') {
			memcpy(state, p + 3, 5);
			state[5] = '\0';
			return p + 10;
		}
	}
	return NULL;
}

cn_status cni_pg_connect_failed(const pg_conn *conn, PGconn *pq, cn_error *err)
{
	const char *text = PQerrorMessage(pq);
	char state[6] = "", why[1024], message[400] = "";
	const char *said = find_state(text, state);

	if (said) {
		const char *end = strchr(said, '\n');
		size_t n = end ? (size_t)(end - said) : strlen(said);
		snprintf(message, sizeof message, "%.*s", (int)(n < 380 ? n : 380), said);
	}
	cn_status status = state[0] ? cni_pg_status(state) : CN_ECONNECT;
	if (status != CN_ENOTFOUND && status != CN_ECONFLICT)
		status = CN_ECONNECT;
	cn_error_set(err, status, "cannot connect to %s%s%s", conn->base.uri,
		message[0] ? ": " : "", message);
	if (err)
		set_state(err, state);
	if (!message[0]) {
		one_line(text, why, sizeof why);
		cn_error_detail(err, "%s", why);
	}
	if (PQconnectionNeedsPassword(pq))
		cn_error_hint(err, "give a password: in ~/.pgpass, in PGPASSWORD or in the URI");
	else if (strcmp(state, "3D000") == 0)
		cn_error_hint(err, "make it with: createdb %s", PQdb(pq) ? PQdb(pq) : "NAME");
	else if (cni_starts(state, "28"))
		cn_error_hint(err, "look at the user, the password and the server's pg_hba.conf");
	else if (!state[0])
		cn_error_hint(err, "is the server running, and are host and port right?");
	return status;
}
