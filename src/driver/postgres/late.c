/*
 * late.c - libpq, loaded when a server is first spoken to: for the program `cantil` only.
 *
 * Nearly every call of `cantil` is about a SQLite file. Being linked with libpq would have each of
 * them load twenty libraries first (TLS, Kerberos, LDAP …): 4 ms and 6 MB, half of what `db
 * current` takes. And the program runs where no libpq is installed. So it is linked with this file,
 * which has the names of libpq that the driver calls (tests/tool/test_linked.sh fails when one is
 * missing here), and calls on. Programs that are linked with libcantil-postgres are linked with
 * libpq itself.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "base/try.h"
#include "driver/postgres/late.h"

#include <libpq-fe.h>

#define LIBRARY "libpq.so.5"

/* result, name, parameters, arguments; V: without a result */
#define FUNCTIONS(F, V)                                                                        \
	F(int, PQbackendPID, (const PGconn *a), (a))                                           \
	F(int, PQcancel, (PGcancel * a, char *b, int c), (a, b, c))                            \
	V(PQclear, (PGresult * a), (a))                                                        \
	F(char *, PQcmdStatus, (PGresult * a), (a))                                            \
	F(char *, PQcmdTuples, (PGresult * a), (a))                                            \
	F(PQconninfoOption *, PQconndefaults, (void), ())                                      \
	F(PostgresPollingStatusType, PQconnectPoll, (PGconn * a), (a))                         \
	F(PGconn *, PQconnectStartParams, (const char *const *a, const char *const *b, int c), \
		(a, b, c))                                                                     \
	F(PGconn *, PQconnectdbParams, (const char *const *a, const char *const *b, int c),    \
		(a, b, c))                                                                     \
	F(int, PQconnectionNeedsPassword, (const PGconn *a), (a))                              \
	F(PQconninfoOption *, PQconninfo, (PGconn * a), (a))                                   \
	V(PQconninfoFree, (PQconninfoOption * a), (a))                                         \
	F(int, PQconsumeInput, (PGconn * a), (a))                                              \
	F(char *, PQdb, (const PGconn *a), (a))                                                \
	F(int, PQenterPipelineMode, (PGconn * a), (a))                                         \
	F(char *, PQerrorMessage, (const PGconn *a), (a))                                      \
	F(PGresult *, PQexec, (PGconn * a, const char *b), (a, b))                             \
	F(int, PQexitPipelineMode, (PGconn * a), (a))                                          \
	V(PQfinish, (PGconn * a), (a))                                                         \
	F(int, PQflush, (PGconn * a), (a))                                                     \
	F(char *, PQfname, (const PGresult *a, int b), (a, b))                                 \
	V(PQfreeCancel, (PGcancel * a), (a))                                                   \
	V(PQfreemem, (void *a), (a))                                                           \
	F(Oid, PQftype, (const PGresult *a, int b), (a, b))                                    \
	F(PGcancel *, PQgetCancel, (PGconn * a), (a))                                          \
	F(int, PQgetCopyData, (PGconn * a, char **b, int c), (a, b, c))                        \
	F(PGresult *, PQgetResult, (PGconn * a), (a))                                          \
	F(int, PQgetisnull, (const PGresult *a, int b, int c), (a, b, c))                      \
	F(int, PQgetlength, (const PGresult *a, int b, int c), (a, b, c))                      \
	F(char *, PQgetvalue, (const PGresult *a, int b, int c), (a, b, c))                    \
	F(int, PQisBusy, (PGconn * a), (a))                                                    \
	F(int, PQnfields, (const PGresult *a), (a))                                            \
	F(int, PQnparams, (const PGresult *a), (a))                                            \
	F(int, PQntuples, (const PGresult *a), (a))                                            \
	F(Oid, PQparamtype, (const PGresult *a, int b), (a, b))                                \
	F(PGpipelineStatus, PQpipelineStatus, (const PGconn *a), (a))                          \
	F(int, PQpipelineSync, (PGconn * a), (a))                                              \
	F(int, PQputCopyData, (PGconn * a, const char *b, int c), (a, b, c))                   \
	F(int, PQputCopyEnd, (PGconn * a, const char *b), (a, b))                              \
	F(char *, PQresultErrorField, (const PGresult *a, int b), (a, b))                      \
	F(ExecStatusType, PQresultStatus, (const PGresult *a), (a))                            \
	F(int, PQsendDescribePrepared, (PGconn * a, const char *b), (a, b))                    \
	F(int, PQsendPrepare, (PGconn * a, const char *b, const char *c, int d, const Oid *e), \
		(a, b, c, d, e))                                                               \
	F(int, PQsendQuery, (PGconn * a, const char *b), (a, b))                               \
	F(int, PQsendQueryPrepared,                                                            \
		(PGconn * a, const char *b, int c, const char *const *d, const int *e,         \
			const int *f, int g),                                                  \
		(a, b, c, d, e, f, g))                                                         \
	F(int, PQserverVersion, (const PGconn *a), (a))                                        \
	F(PGVerbosity, PQsetErrorVerbosity, (PGconn * a, PGVerbosity b), (a, b))               \
	F(PQnoticeReceiver, PQsetNoticeReceiver, (PGconn * a, PQnoticeReceiver b, void *c),    \
		(a, b, c))                                                                     \
	F(int, PQsetSingleRowMode, (PGconn * a), (a))                                          \
	F(int, PQsetnonblocking, (PGconn * a, int b), (a, b))                                  \
	F(int, PQsocket, (const PGconn *a), (a))                                               \
	F(ConnStatusType, PQstatus, (const PGconn *a), (a))                                    \
	F(PGTransactionStatusType, PQtransactionStatus, (const PGconn *a), (a))

#define FIELD(type, name, params, args) type(*name) params;
#define FIELD_VOID(name, params, args)  void(*name) params;

typedef struct libpq { /* written once, before anything is called */
	FUNCTIONS(FIELD, FIELD_VOID)
	pthread_once_t once;
	const char *missing; /* NULL: everything is there */
} libpq;

/* One for the process, like the library that it stands for. */
static libpq *late(void)
{
	static libpq all = {.once = PTHREAD_ONCE_INIT};

	return &all;
}

#define FIND(type, name, params, args) find(library, #name, &all->name);
#define FIND_VOID(name, params, args)  find(library, #name, &all->name);

/* `ret` is a pointer to a function; POSIX has it of the size of a pointer to data. */
static void find(void *library, const char *name, void *ret)
{
	void *symbol = library ? dlsym(library, name) : NULL;

	memcpy(ret, &symbol, sizeof symbol);
	if (!symbol && !late()->missing)
		late()->missing = name;
}

static void load(void)
{
	libpq *all = late();
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	FUNCTIONS(FIND, FIND_VOID)
}

cn_status cni_libpq_load(cn_error *err)
{
	libpq *all = late();

	if (pthread_once(&all->once, load) == 0 && !all->missing)
		return CN_OK;
	cn_error_set(err, CN_EUNSUPPORTED, "PostgreSQL needs " LIBRARY ", which cannot be loaded");
	const char *why = dlerror();
	cn_error_detail(err, "%s", why ? why : all->missing ? all->missing : "");
	cn_error_hint(err, "install libpq 14 or later (Debian: libpq5)");
	return CN_EUNSUPPORTED;
}

#define CALL(type, name, params, args) \
	type name params { return late()->name args; }
#define CALL_VOID(name, params, args) \
	void name params { late()->name args; }

FUNCTIONS(CALL, CALL_VOID)
