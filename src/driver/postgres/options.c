/*
 * options.c - from a URI to what libpq is given. Whatever libpq knows is passed on as it is (hosts,
 * sockets, service files, sslmode, keepalives …); what the URI leaves out libpq takes from its
 * environment, as every program of PostgreSQL's does. A few options are the driver's own.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "driver/option.h"
#include "driver/postgres/postgres.h"

static const char *const own[] = {
	"mode", "lock_timeout_ms", "statement_timeout_ms", "isolation", "busy_timeout_ms", NULL};
static const char *const modes[] = {"ro", "rw", "rwc", NULL}; /* in the order of cni_open_mode */
static const char *const levels[] = {
	"read committed", "repeatable read", "serializable", "read uncommitted", NULL};

static cn_status add(pg_conn *conn, const char *keyword, const char *value, cn_error *err)
{
	if (!value)
		return CN_OK;
	size_t count = conn->keyword_count;
	if (!CNI_PUSH(&conn->arena, conn->keywords, count, cni_strdup(&conn->arena, keyword)) ||
		!CNI_PUSH(&conn->arena, conn->values, conn->keyword_count,
			cni_strdup(&conn->arena, value)) ||
		conn->arena.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	return CN_OK;
}

static cn_status milliseconds(const cni_uri_option *option, unsigned *ret, cn_error *err)
{
	int64_t value;

	TRY(cni_option_number(
		option, 0, 86400000, "a number of milliseconds, at most 86400000", &value, err));
	*ret = (unsigned)value;
	return CN_OK;
}

static cn_status read_own(pg_conn *conn, const cni_uri_option *option, cn_error *err)
{
	int at = 0;

	if (cni_same(option->name, "mode")) {
		TRY(cni_option_one_of(option, modes, "ro, rw or rwc", &at, err));
		if ((cni_open_mode)at < conn->mode)
			conn->mode = (cni_open_mode)at;
		return CN_OK;
	}
	if (cni_same(option->name, "isolation")) {
		TRY(cni_option_one_of(option, levels,
			"read committed, repeatable read or serializable (a blank is %20)", &at,
			err));
		conn->isolation = levels[at];
		return CN_OK;
	}
	if (cni_same(option->name, "statement_timeout_ms"))
		return milliseconds(option, &conn->statement_timeout_ms, err);
	return milliseconds(option, &conn->lock_timeout_ms, err);
}

static bool is_listed(const char *const *list, const char *name)
{
	while (*list && !cni_same(*list, name))
		list++;
	return *list != NULL;
}

static bool is_keyword(const PQconninfoOption *known, const char *name)
{
	while (known->keyword && strcmp(known->keyword, name) != 0)
		known++;
	return known->keyword != NULL;
}

static cn_status unknown(
	cni_arena *arena, const PQconninfoOption *known, const char *name, cn_error *err)
{
	const char **all = NULL;
	size_t count = 0;

	for (; known->keyword; known++)
		if (!CNI_PUSH(arena, all, count, known->keyword))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	for (size_t i = 0; i < CNI_COUNT(own); i++) /* with the NULL at its end */
		if (!CNI_PUSH(arena, all, count, own[i]))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_error_set(err, CN_EARG, "database URI: unknown option \"%s\"", name);
	const char *meant = cni_nearest(name, all);
	if (meant)
		cn_error_hint(err, "did you mean %s?", meant);
	else
		cn_error_hint(err,
			"the options are mode, isolation, lock_timeout_ms, statement_timeout_ms, and those of "
			"libpq: sslmode, connect_timeout, application_name, target_session_attrs …");
	return CN_EARG;
}

static cn_status read_options(
	pg_conn *conn, const cni_uri *uri, const PQconninfoOption *known, cn_error *err)
{
	for (size_t i = 0; i < uri->option_count; i++) {
		const cni_uri_option *option = &uri->options[i];
		if (is_listed(own, option->name))
			TRY(read_own(conn, option, err));
		else if (is_keyword(known, option->name))
			TRY(add(conn, option->name, option->value, err));
		else
			return unknown(&conn->arena, known, option->name, err);
	}
	return CN_OK;
}

cn_status cni_pg_options_read(
	pg_conn *conn, const cni_uri *uri, const cni_open_options *options, cn_error *err)
{
	PQconninfoOption *known = PQconndefaults();

	if (!known)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	conn->mode = options->mode;
	conn->lock_timeout_ms =
		options->busy_timeout_ms ? options->busy_timeout_ms : CNI_PG_LOCK_MS;
	cn_status status = add(conn, "fallback_application_name", "cantil", err);
	if (status == CN_OK)
		status = add(conn, "host", uri->host, err);
	if (status == CN_OK)
		status = add(conn, "port", uri->port, err);
	if (status == CN_OK)
		status = add(conn, "user", uri->user, err);
	if (status == CN_OK)
		status = add(conn, "password", uri->password, err);
	if (status == CN_OK)
		status = add(conn, "dbname", uri->database, err);
	if (status == CN_OK)
		status = read_options(conn, uri, known, err);
	PQconninfoFree(known);
	/* the last of a keyword counts: texts are UTF-8 here, whatever the environment says */
	TRY(status);
	TRY(add(conn, "client_encoding", "UTF8", err));
	size_t count = conn->keyword_count;
	if (!CNI_PUSH(&conn->arena, conn->keywords, count, NULL) ||
		!CNI_PUSH(&conn->arena, conn->values, conn->keyword_count, NULL))
		return cn_fail(err, CN_ENOMEM, "out of memory");
	conn->keyword_count--;
	return CN_OK;
}
