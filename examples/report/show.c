/*
 * show.c - rows of any model as a table, CSV or JSON.
 *
 * A model tells its columns and their values (cn_model_columns, cn_column_get), so that no report
 * prints anything itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "report.h"

enum { WIDTH = 20, COLUMNS_MAX = 64, TEXT = 64 };

int failed(const cn_session *s, cn_error *err)
{
	*err = *cn_session_error(s);
	return err->status;
}

show show_begin(cn_call *call, const cn_model *model)
{
	show out = {.call = call, .model = model};
	const char *format = cn_call_text(call, "format");

	if (cn_call_json(call) || strcmp(format, "json") == 0)
		out.as = AS_JSON;
	else if (strcmp(format, "csv") == 0)
		out.as = AS_CSV;
	return out;
}

/* ---- one value ---- */

static char *time_text(int64_t us, char room[TEXT])
{
	time_t seconds = (time_t)(us / 1000000 - (us % 1000000 < 0));
	struct tm tm;

	strftime(room, TEXT, "%Y-%m-%d %H:%M:%S", gmtime_r(&seconds, &tm));
	return room;
}

/* Texts as they are, everything else in `room`. */
static const char *value_text(const cn_value *v, char room[TEXT])
{
	switch (v->type) {
	case CN_TYPE_BOOL: return v->as.b ? "true" : "false";
	case CN_TYPE_INT32:
	case CN_TYPE_INT64: snprintf(room, TEXT, "%" PRId64, v->as.i); return room;
	case CN_TYPE_DOUBLE: snprintf(room, TEXT, "%.15g", v->as.d); return room;
	case CN_TYPE_TEXT: return v->as.p;
	case CN_TYPE_BLOB: snprintf(room, TEXT, "(%zu bytes)", v->size); return room;
	case CN_TYPE_TIME: return time_text(v->as.i, room);
	case CN_TYPE_DATE: time_text(v->as.i * 86400000000, room)[10] = 0; return room;
	case CN_TYPE_CLOCK: return time_text(v->as.i, room) + 11;
	default: return "";
	}
}

/* For people: two digits after the point are enough. */
static const char *cell_text(const cn_value *v, char room[TEXT])
{
	if (v->type != CN_TYPE_DOUBLE)
		return value_text(v, room);
	snprintf(room, TEXT, "%.2f", v->as.d);
	return room;
}

static void write_text(cn_call *call, const char *text) { cn_write(call, text, strlen(text)); }

static void write_csv(cn_call *call, const char *text)
{
	if (!text[strcspn(text, "\",\r\n")]) {
		write_text(call, text);
		return;
	}
	write_text(call, "\"");
	for (const char *end; (end = strchr(text, '"')); text = end + 1) { /* doubled */
		cn_write(call, text, (size_t)(end - text) + 1);
		write_text(call, "\"");
	}
	write_text(call, text);
	write_text(call, "\"");
}

static void write_json_text(cn_call *call, const char *text)
{
	char escaped[8];

	write_text(call, "\"");
	for (; *text; text++) {
		size_t plain = 0;
		while ((unsigned char)text[plain] >= ' ' && text[plain] != '"' &&
			text[plain] != '\\')
			plain++;
		cn_write(call, text, plain);
		text += plain;
		if (!*text)
			break;
		snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned char)*text);
		write_text(call, escaped);
	}
	write_text(call, "\"");
}

static void write_json(cn_call *call, const cn_value *v)
{
	char room[TEXT];
	const char *text = value_text(v, room);
	bool number =
		v->type == CN_TYPE_INT64 || v->type == CN_TYPE_BOOL ||
		(v->type == CN_TYPE_DOUBLE && v->as.d - v->as.d == 0); /* JSON has no infinity */

	if (v->type == CN_TYPE_NULL)
		write_text(call, "null");
	else if (number)
		write_text(call, text);
	else
		write_json_text(call, text);
}

static int pad(const cn_value *v, int width) /* numbers to the right */
{
	return v->type == CN_TYPE_INT64 || v->type == CN_TYPE_DOUBLE ? width : -width;
}

/* ---- rows ---- */

static void write_names(show *out, const int *widths)
{
	size_t at = 0, n = 0;

	for (const cn_column *c; (c = cn_model_columns(out->model, &at)); n++) {
		if (out->as == AS_CSV) {
			write_text(out->call, n ? "," : "");
			write_csv(out->call, cn_column_name(c));
			continue;
		}
		char cell[256];
		snprintf(cell, sizeof cell, "%s%-*.*s%s", cn_color(out->call, CN_STYLE_BOLD),
			widths ? widths[n] : WIDTH, WIDTH * 4, cn_column_name(c),
			cn_color(out->call, CN_STYLE_NONE));
		write_text(out->call, n ? "  " : "");
		write_text(out->call, cell);
	}
	write_text(out->call, "\n");
}

static void write_row(show *out, const void *row, const int *widths)
{
	size_t at = 0, n = 0;
	char room[TEXT], cell[WIDTH * 16];

	if (out->as == AS_JSON)
		write_text(out->call, out->rows ? ",\n {" : "[{");
	else if (!out->rows)
		write_names(out, widths);
	for (const cn_column *c; (c = cn_model_columns(out->model, &at)); n++) {
		cn_value v = cn_column_get(c, row);
		if (out->as == AS_JSON) {
			write_text(out->call, n ? ", " : "");
			write_json_text(out->call, cn_column_name(c));
			write_text(out->call, ": ");
			write_json(out->call, &v);
		} else if (out->as == AS_CSV) {
			write_text(out->call, n ? "," : "");
			write_csv(out->call, value_text(&v, room));
		} else {
			snprintf(cell, sizeof cell, "%s%*.*s", n ? "  " : "",
				pad(&v, widths ? widths[n] : WIDTH), WIDTH * 4,
				cell_text(&v, room));
			write_text(out->call, cell);
		}
	}
	write_text(out->call, out->as == AS_JSON ? "}" : "\n");
	out->rows++;
}

void show_row(show *out, const void *row) { write_row(out, row, NULL); }

void show_end(show *out)
{
	if (out->as == AS_JSON)
		write_text(out->call, out->rows ? "]\n" : "[]\n");
	else if (!out->rows)
		write_names(out, NULL);
}

/* As wide as the widest value, in bytes. */
static void measure(const cn_model *model, void *const *rows, int widths[COLUMNS_MAX])
{
	char room[TEXT];
	size_t at = 0, n = 0;

	for (const cn_column *c; n < COLUMNS_MAX && (c = cn_model_columns(model, &at)); n++) {
		size_t widest = strlen(cn_column_name(c));
		for (size_t i = 0; rows[i]; i++) {
			cn_value v = cn_column_get(c, rows[i]);
			size_t width = strnlen(cell_text(&v, room), (size_t)WIDTH * 4);
			widest = width > widest ? width : widest;
		}
		widths[n] = (int)widest;
	}
}

int show_rows(cn_call *call, cn_session *s, const cn_model *model, void *list, cn_error *err)
{
	show out = show_begin(call, model);
	void *const *rows = list;
	int widths[COLUMNS_MAX] = {0};

	if (cn_session_error(s)->status < 0)
		return failed(s, err);
	measure(model, rows, widths);
	for (size_t i = 0; rows[i]; i++)
		write_row(&out, rows[i], widths);
	show_end(&out);
	return CN_OK;
}
