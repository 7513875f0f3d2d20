/* get_many.c - rows by many keys at once: those that the session does not have are read together.
 */
#include "base/try.h"
#include "driver/words.h"
#include "orm/session_impl.h"

/* In one statement: as parameters, or as one that holds them all. */
enum { AS_PARAMETERS = 100, AS_ARRAY = 5000 };

typedef struct many {
	cn_session *s;
	const cni_layout *layout;
	int64_t *missing;
	size_t missing_count;
} many;

static int take(const cni_tuple *row, void *ctx, cn_error *err)
{
	many *m = ctx;
	cni_entry *entry;

	(void)err; /* it is the session's */
	return cni_session_take(m->s, m->layout, row, 0, &entry);
}

static void select_sql(cni_buffer *sql, const many *m, const char *any)
{
	const cni_layout *layout = m->layout;

	cni_buffer_printf(sql, "SELECT %s FROM %s WHERE %s", layout->columns_sql, layout->quoted,
		layout->fields[layout->key[0]].quoted);
	if (any) {
		cni_buffer_puts(sql, any);
		return;
	}
	for (size_t i = 0; i < AS_PARAMETERS; i++)
		cni_buffer_puts(sql, i ? ", ?" : " IN (?");
	cni_buffer_putc(sql, ')');
}

static char *put_number(char *out, int64_t number)
{
	char digits[20];
	int count = 0;
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do
		digits[count++] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		*out++ = '-';
	while (count)
		*out++ = digits[--count];
	return out;
}

enum { NUMBER_SIZE = 21 }; /* "-9223372036854775808", and a comma */

/* A text like "{1,2,3}"; printf would take longer than the server does to read it. */
static cn_status bind_array(many *m, cni_stmt *stmt, const int64_t *keys, size_t count)
{
	char *text = cni_alloc(&m->s->scratch, count * NUMBER_SIZE + 3), *at = text;

	if (!text)
		return cni_session_oom(m->s);
	for (size_t i = 0; i < count; i++) {
		*at++ = i ? ',' : '{';
		at = put_number(at, keys[i]);
	}
	*at++ = '}';
	const cn_value list = {.type = CN_TYPE_TEXT, .size = (size_t)(at - text), .as.p = text};
	return cni_stmt_bind(stmt, 1, list, &m->s->error);
}

/* What is left over in the last list is the last key again. */
static cn_status bind_list(many *m, cni_stmt *stmt, const int64_t *keys, size_t count)
{
	for (size_t i = 0; i < AS_PARAMETERS; i++)
		TRY(cni_stmt_bind(
			stmt, i + 1, cn_int(keys[i < count ? i : count - 1]), &m->s->error));
	return CN_OK;
}

static cn_status fetch(many *m)
{
	CLEANUP(cni_buffer_done) cni_buffer sql = {0};
	CLEANUP(cni_stmt_releasep) cni_stmt *stmt = NULL;
	cn_session *s = m->s;
	cni_conn *conn;

	TRY(cni_session_reader(s, &conn));
	const char *any = conn->driver->words->any_integer;
	size_t most = any ? AS_ARRAY : AS_PARAMETERS;
	select_sql(&sql, m, any);
	if (sql.failed)
		return cni_session_oom(s);
	TRY(cni_session_prepare(s, conn, sql.data, m->layout, &stmt));
	for (size_t at = 0; at < m->missing_count; at += most) {
		size_t left = m->missing_count - at, count = left < most ? left : most;
		TRY(any ? bind_array(m, stmt, m->missing + at, count)
			: bind_list(m, stmt, m->missing + at, count));
		TRY(cni_stmt_tuples(stmt, take, m, &s->error));
	}
	return CN_OK;
}

/* Puts what the session has into `rows`; notes the rest, if anybody asks. */
static cn_status look(many *m, const int64_t *keys, size_t count, void **rows, bool note)
{
	for (size_t i = 0; i < count; i++) {
		cni_entry *known = cni_session_known_int(m->s, m->layout, keys[i]);
		TRY(m->s->error.status);
		if (known && known->epoch == m->s->epoch)
			rows[i] = known->state == CNI_DELETED ? NULL : cni_row(known);
		else if (note)
			m->missing[m->missing_count++] = keys[i];
	}
	return CN_OK;
}

static cn_status get_many(many *m, const int64_t *keys, size_t count, void **rows)
{
	cn_session *s = m->s;

	if (!m->layout->int_key || !m->layout->kept) {
		cn_error_set(&s->error, CN_EARG, "model \"%s\" has no primary key of one integer",
			m->layout->name);
		cn_error_hint(&s->error, "get its rows one by one, or list them by a condition");
		return CN_EARG;
	}
	m->missing = cni_alloc(&s->scratch, (count + 1) * sizeof *m->missing);
	if (!m->missing)
		return cni_session_oom(s);
	TRY(look(m, keys, count, rows, true));
	if (!m->missing_count)
		return CN_OK;
	TRY(fetch(m));
	return look(m, keys, count, rows, false);
}

void **cn_session_get_many(cn_session *s, const cn_model *model, const int64_t *keys, size_t count)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_begin(s, model);
	many m = {.s = s, .layout = layout};

	if (!layout)
		return NULL;
	void **rows = cni_alloc(&s->rows, (count + 1) * sizeof *rows);
	if (!rows) {
		(void)!cni_session_oom(s);
		return NULL;
	}
	return get_many(&m, keys, count, rows) < 0 ? NULL : rows;
}
