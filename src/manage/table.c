/* table.c - see table.h. */
#include "manage/table.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "base/try.h"
#include "manage/call.h"

typedef struct cell {
	const char *text;
	size_t width; /* characters */
	bool null, number;
} cell;

typedef struct table {
	cn_call *call;
	cni_stmt *stmt;
	cni_arena rows; /* what is held back until the widths are known */
	cell *cells;    /* row after row */
	size_t cell_count;
	size_t columns;
	size_t *widths;
	cni_buffer out;
} table;

static void table_done(table *t)
{
	cni_buffer_done(&t->out);
	cni_arena_done(&t->rows);
}

/* Characters, as far as one code point is one character. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xC0) != 0x80;
	return width;
}

/* Shown on one line, cut, with control characters and bytes that are no UTF-8 made visible. */
static void add_safe(cni_buffer *out, const char *text, size_t size)
{
	bool valid = cni_utf8_valid(text, size);
	size_t shown = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c & 0xC0) != 0x80 || !valid)
			shown++;
		if (shown > CNI_TABLE_CELL) {
			cni_buffer_puts(out, "...");
			return;
		}
		if (c == '\n')
			cni_buffer_puts(out, "\\n");
		else if (c == '\t')
			cni_buffer_puts(out, "\\t");
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !valid))
			cni_buffer_printf(out, "\\x%02x", c);
		else
			cni_buffer_putc(out, (char)c);
	}
}

static void add_blob(cni_buffer *out, const unsigned char *data, size_t size, size_t most)
{
	cni_buffer_puts(out, "x'");
	for (size_t i = 0; i < size && i < most; i++)
		cni_buffer_printf(out, "%02x", data[i]);
	cni_buffer_puts(out, size > most ? "...'" : "'");
}

/* A number that looks like one and reads back the same. */
static void add_double(cni_buffer *out, double value)
{
	char text[40];

	snprintf(text, sizeof text, "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof text, "%.17g", value);
	cni_buffer_puts(out, text);
	if (!strpbrk(text, ".eni"))
		cni_buffer_puts(out, ".0");
}

static bool make_cell(table *t, cn_value value, cell *ret)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};

	*ret = (cell){.null = value.type == CN_TYPE_NULL,
		.number = value.type == CN_TYPE_INT64 || value.type == CN_TYPE_DOUBLE};
	if (value.type == CN_TYPE_INT64)
		cni_buffer_printf(&text, "%" PRId64, value.as.i);
	else if (value.type == CN_TYPE_DOUBLE)
		add_double(&text, value.as.d);
	else if (value.type == CN_TYPE_TEXT)
		add_safe(&text, value.as.p, value.size);
	else if (value.type == CN_TYPE_BLOB)
		add_blob(&text, value.as.p, value.size, CNI_TABLE_CELL / 2);
	else
		cni_buffer_puts(&text, "NULL");
	ret->text = cni_buffer_dup(&text, &t->rows);
	if (!ret->text)
		return false;
	ret->width = text_width(ret->text);
	return true;
}

static cn_status keep_row(table *t, cn_error *err)
{
	for (size_t i = 0; i < t->columns; i++) {
		cell made;
		if (!make_cell(t, cni_stmt_value(t->stmt, i), &made) ||
			!CNI_PUSH(&t->rows, t->cells, t->cell_count, made))
			return cn_fail(err, CN_ENOMEM, "out of memory");
	}
	return CN_OK;
}

static void pad(table *t, size_t count)
{
	while (count--)
		cni_buffer_putc(&t->out, ' ');
}

static void write_cell(table *t, const cell *c, size_t column)
{
	size_t width = t->widths[column], fill = c->width < width ? width - c->width : 0;

	if (column)
		cni_buffer_puts(&t->out, "  ");
	if (c->number)
		pad(t, fill);
	if (c->null)
		cni_buffer_printf(&t->out, "%s%s%s", cn_color(t->call, CN_STYLE_DIM), c->text,
			cn_color(t->call, CN_STYLE_NONE));
	else
		cni_buffer_puts(&t->out, c->text);
	if (!c->number && column + 1 < t->columns) /* nothing behind the last one */
		pad(t, fill);
}

static cn_status flush(table *t, cn_error *err)
{
	if (t->out.failed)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	cn_write(t->call, cni_buffer_text(&t->out), t->out.size);
	cni_buffer_clear(&t->out);
	return CN_OK;
}

static cn_status write_rows(table *t, cn_error *err)
{
	for (size_t i = 0; t->columns && i < t->cell_count; i++) {
		write_cell(t, &t->cells[i], i % t->columns);
		if (i % t->columns == t->columns - 1)
			cni_buffer_putc(&t->out, '\n');
	}
	cni_arena_reset(&t->rows);
	t->cells = NULL;
	t->cell_count = 0;
	return flush(t, err);
}

/* Widths from the names and the rows kept so far, then the heading. */
static cn_status write_heading(table *t, cn_error *err)
{
	for (size_t i = 0; i < t->columns; i++)
		t->widths[i] = text_width(cni_stmt_name(t->stmt, i));
	for (size_t i = 0; i < t->cell_count; i++)
		if (t->cells[i].width > t->widths[i % t->columns])
			t->widths[i % t->columns] = t->cells[i].width;
	cni_buffer_puts(&t->out, cn_color(t->call, CN_STYLE_BOLD));
	for (size_t i = 0; i < t->columns; i++) {
		cell name;
		cn_value text = {.type = CN_TYPE_TEXT,
			.size = strlen(cni_stmt_name(t->stmt, i)),
			.as.p = cni_stmt_name(t->stmt, i)};
		if (!make_cell(t, text, &name))
			return cn_fail(err, CN_ENOMEM, "out of memory");
		write_cell(t, &name, i);
	}
	cni_buffer_puts(&t->out, cn_color(t->call, CN_STYLE_NONE));
	cni_buffer_putc(&t->out, '\n');
	for (size_t i = 0; i < t->columns; i++) {
		cni_buffer_puts(&t->out, i ? "  " : "");
		for (size_t k = 0; k < t->widths[i]; k++)
			cni_buffer_putc(&t->out, '-');
	}
	cni_buffer_putc(&t->out, '\n');
	return flush(t, err);
}

cn_status cni_table_print(cn_call *call, cni_stmt *stmt, int64_t *ret_rows, cn_error *err)
{
	CLEANUP(table_done)
	table t = {.call = call, .stmt = stmt, .columns = cni_stmt_columns(stmt)};
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	bool heading = false;
	int64_t rows = 0;
	int step;

	t.widths = cni_alloc(&arena, (t.columns + 1) * sizeof *t.widths);
	if (!t.widths)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		rows++;
		if (t.columns)
			TRY(keep_row(&t, err));
		if (rows < CNI_TABLE_AHEAD)
			continue;
		if (!heading)
			TRY(write_heading(&t, err));
		heading = true;
		TRY(write_rows(&t, err));
	}
	if (rows && t.columns && !heading)
		TRY(write_heading(&t, err));
	if (t.cell_count)
		TRY(write_rows(&t, err));
	*ret_rows = rows;
	return (cn_status)step;
}

static void json_value(cni_json *json, const char *name, cn_value value)
{
	CLEANUP(cni_buffer_done) cni_buffer text = {0};

	switch (value.type) {
	case CN_TYPE_INT64: cni_json_int(json, name, value.as.i); break;
	case CN_TYPE_DOUBLE: cni_json_double(json, name, value.as.d); break;
	case CN_TYPE_TEXT: cni_json_text_size(json, name, value.as.p, value.size); break;
	case CN_TYPE_BLOB:
		add_blob(&text, value.as.p, value.size, SIZE_MAX);
		cni_json_text(json, name, cni_buffer_text(&text));
		break;
	default: cni_json_null(json, name); break;
	}
}

cn_status cni_table_json(cn_call *call, cni_stmt *stmt, int64_t *ret_rows, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer out = {0};
	cni_json json = {.out = &out, .pretty = true};
	int64_t rows = 0;
	int step;

	cni_json_array(&json, NULL);
	while ((step = cni_stmt_step(stmt, err)) == CNI_ROW) {
		rows++;
		cni_json_object(&json, NULL);
		for (size_t i = 0; i < cni_stmt_columns(stmt); i++)
			json_value(&json, cni_stmt_name(stmt, i), cni_stmt_value(stmt, i));
		cni_json_end(&json);
		if (out.failed)
			return cn_fail(err, CN_ENOMEM, "out of memory");
		cn_write(call, out.data, out.size);
		cni_buffer_clear(&out);
	}
	cni_json_end(&json);
	cni_buffer_putc(&out, '\n');
	cn_write(call, cni_buffer_text(&out), out.size);
	*ret_rows = rows;
	return (cn_status)step;
}
