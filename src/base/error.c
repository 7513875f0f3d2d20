/* error.c - filling the plain error value of cantil/error.h. */
#include <cantil/error.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"

/* vsnprintf that never ends in the middle of a UTF-8 character: what is cut off here is shown to
 * people. */
CN_PRINTF(3, 0)
static void fill(char *out, size_t cap, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, cap, fmt, ap);

	if (n >= 0 && (size_t)n >= cap)
		out[cni_utf8_cut(out, cap - 1)] = '\0';
}

void cn_error_set(cn_error *err, cn_status status, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	/* the arguments may point into the error itself, so it is built beside it */
	cn_error made = {.status = status};
	va_start(ap, fmt);
	fill(made.message, sizeof made.message, fmt, ap);
	va_end(ap);
	*err = made;
}

/* The same into one of an error's fields, beside it first: the arguments may point into it. */
CN_PRINTF(3, 0)
static void refill(char *field, size_t cap, const char *fmt, va_list ap)
{
	char text[sizeof((cn_error *)0)->detail];
	_Static_assert(sizeof text >= sizeof((cn_error *)0)->hint, "both fields fit");

	fill(text, cap, fmt, ap);
	memcpy(field, text, strlen(text) + 1);
}

void cn_error_detail(cn_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	refill(err->detail, sizeof err->detail, fmt, ap);
	va_end(ap);
}

void cn_error_hint(cn_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	refill(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
}

void cni_error_more(cn_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return;
	size_t used = strlen(err->detail);
	if (used && used + 1 < sizeof err->detail)
		err->detail[used++] = '\n';
	va_start(ap, fmt);
	fill(err->detail + used, sizeof err->detail - used, fmt, ap);
	va_end(ap);
}

cn_status cn_error_wrap(cn_error *err, const char *fmt, ...)
{
	char text[sizeof err->message];
	va_list ap;

	if (!err)
		return CN_EARG;
	va_start(ap, fmt);
	fill(text, sizeof text, fmt, ap);
	va_end(ap);
	size_t used = strlen(text);
	size_t more = strnlen(err->message, sizeof err->message - 1);
	if (used + 2 < sizeof text) {
		memcpy(text + used, ": ", 2);
		used += 2;
	}
	if (more > sizeof text - 1 - used)
		more = cni_utf8_cut(err->message, sizeof text - 1 - used);
	memcpy(text + used, err->message, more);
	text[used + more] = '\0';
	memcpy(err->message, text, sizeof text);
	return err->status;
}

const char *cn_status_name(cn_status status)
{
	switch (status) {
	case CN_OK: return "ok";
	case CN_ENOMEM: return "out of memory";
	case CN_EARG: return "argument";
	case CN_ENOTFOUND: return "not found";
	case CN_ECONNECT: return "connection";
	case CN_ESQL: return "sql";
	case CN_ECONSTRAINT: return "constraint";
	case CN_ECONFLICT: return "conflict";
	case CN_ESCHEMA: return "schema";
	case CN_EIO: return "input/output";
	case CN_EUNSUPPORTED: return "unsupported";
	case CN_ECANCELED: return "cancelled";
	case CN_EDECISION: return "decision";
	}
	return "unknown";
}
