/*
 * error.h - how a Cantil function says that it failed, and why.
 *
 * Every function that can fail returns a cn_status: 0 is success, < 0 is one of the codes below,
 * named by what the caller does next. Where there is no handle that could keep the error, the last
 * parameter is a `cn_error *`: a plain value that needs no allocation, so it can report
 * out-of-memory, can be copied, and needs no free. It may be NULL when nobody wants the text.
 *
 * A message has PostgreSQL's three parts: message (what went wrong: one line, lower case, no full
 * stop), detail (the facts: names, counts, rows), hint (what to do about it).
 *
 * Source: src/base/error.c
 */
#ifndef CANTIL_ERROR_H
#define CANTIL_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define CN_MUST_CHECK        __attribute__((warn_unused_result))
#define CN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CN_API               __attribute__((visibility("default")))
#else
#define CN_MUST_CHECK
#define CN_PRINTF(fmt, args)
#define CN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cn_status {
	CN_OK = 0,
	CN_ENOMEM = -1, /* out of memory */
	CN_EARG = -2,   /* the caller broke the contract, or wrote something wrong: mend the call */
	CN_ENOTFOUND = -3,     /* no such row, file, revision, command */
	CN_ECONNECT = -4,      /* the database cannot be opened or reached */
	CN_ESQL = -5,          /* the database refused the statement */
	CN_ECONSTRAINT = -6,   /* unique, foreign key, check, not null */
	CN_ECONFLICT = -7,     /* busy, serialization failure, stale row: retry */
	CN_ESCHEMA = -8,       /* models, migrations and database disagree */
	CN_EIO = -9,           /* the file system failed: disk full, read-only, permission */
	CN_EUNSUPPORTED = -10, /* this engine or build cannot do it */
	CN_ECANCELED = -11,    /* interrupted by the user or a deadline */
	CN_EDECISION = -12,    /* a person must decide first; nothing was changed */
} cn_status;

typedef struct cn_error {
	cn_status status;
	char sqlstate[6]; /* "23505"; "" when it does not come from a database */
	char message[512];
	char detail[2048];
	char hint[1024];
} cn_error;

/* Sets *err (NULL is allowed) to a status and a message, clearing detail and hint. */
CN_API void cn_error_set(cn_error *err, cn_status status, const char *fmt, ...) CN_PRINTF(3, 4);

/* Adds the facts, or the advice, to an error that is already set. NULL is allowed. */
CN_API void cn_error_detail(cn_error *err, const char *fmt, ...) CN_PRINTF(2, 3);
CN_API void cn_error_hint(cn_error *err, const char *fmt, ...) CN_PRINTF(2, 3);

/* Puts what the outer level knows in front: "migration 3f2a: no such table". Returns err's status
 * (CN_EARG if err is NULL). */
CN_API cn_status cn_error_wrap(cn_error *err, const char *fmt, ...) CN_PRINTF(2, 3);

/* The status as a word, for logs and JSON: "not found", "constraint". Never NULL. */
CN_API const char *cn_status_name(cn_status status);

/* Fails in one line: `return cn_fail(err, CN_EARG, "invalid port \"%s\"", text);`
 * A macro, so that compilers and analysers see which status is returned. */
#define cn_fail(err, status, ...) (cn_error_set((err), (status), __VA_ARGS__), (status))

#ifdef __cplusplus
}
#endif
#endif
