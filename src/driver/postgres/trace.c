/* trace.c - a statement with its values, for who wants to see what is run. */
#include <string.h>

#include "base/clock.h"
#include "base/try.h"
#include "driver/postgres/postgres.h"
#include "sql/lexer.h"

static void add_bytes(cni_buffer *out, const cn_value *value)
{
	const unsigned char *bytes = value->as.p;

	cni_buffer_puts(out, "'\\x");
	for (size_t i = 0; i < value->size; i++)
		cni_buffer_printf(out, "%02x", bytes[i]);
	cni_buffer_putc(out, '\'');
}

/* Text that need not end in a NUL. */
static void add_text(cni_buffer *out, const char *text, size_t size)
{
	cni_buffer_putc(out, '\'');
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\'')
			cni_buffer_putc(out, '\'');
		cni_buffer_putc(out, text[i]);
	}
	cni_buffer_putc(out, '\'');
}

static void add_value(cni_buffer *out, const cn_value *value)
{
	char text[CNI_TIME_TEXT] = "";

	switch (value->type) {
	case CN_TYPE_BOOL: cni_buffer_puts(out, value->as.b ? "true" : "false"); return;
	case CN_TYPE_INT64: cni_buffer_printf(out, "%lld", (long long)value->as.i); return;
	case CN_TYPE_DOUBLE: cni_buffer_printf(out, "%.17g", value->as.d); return;
	case CN_TYPE_TEXT: add_text(out, value->as.p, value->size); return;
	case CN_TYPE_BLOB: add_bytes(out, value); return;
	case CN_TYPE_TIME:
	case CN_TYPE_CLOCK: cni_time_text(value->as.i, true, text); break;
	case CN_TYPE_DATE: cni_date_text((int32_t)value->as.i, text); break;
	default: cni_buffer_puts(out, "NULL"); return;
	}
	cni_quote_text(out, value->type == CN_TYPE_CLOCK ? text + 11 : text);
}

/* `$1` at p: its number; 0: it is none. */
static size_t number_at(const char *p, const char *end, size_t *ret_size)
{
	size_t n = 1, number = 0;

	while (p + n < end && p[n] >= '0' && p[n] <= '9' && number <= CNI_PG_PARAMETERS)
		number = number * 10 + (size_t)(p[n++] - '0');
	*ret_size = n;
	return n > 1 ? number : 0;
}

void cni_pg_told(const pg_stmt *stmt, int64_t began_us)
{
	pg_conn *conn = cni_pg_of(stmt->base.conn);
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	const char *p = stmt->wire, *end;

	if (!conn->trace)
		return;
	int64_t took_us = cni_clock_mono_us() - began_us;
	end = p + strlen(p);
	while (p < end) {
		pg_piece piece;
		size_t n = cni_pg_piece(p, (size_t)(end - p), &piece), number = 0;
		if (piece == PG_PIECE_OTHER && *p == '$')
			number = number_at(p, end, &n);
		if (number >= 1 && number <= stmt->param_count)
			add_value(&out, &stmt->params[number - 1].value);
		else
			cni_buffer_add(&out, p, n);
		p += n;
	}
	conn->trace(out.failed ? stmt->sql : cni_buffer_text(&out), took_us, conn->trace_ctx);
}
