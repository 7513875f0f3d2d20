/* get.c - single rows by their primary key. */
#include "base/try.h"
#include "orm/session_impl.h"

/* So many rows of one table are looked up by a statement that is run again and again; then another
 * one is worth its making. */
enum { GETS_USUAL = 40 };

/* ---- statements: those of the last call, if it was for the same model. To look a text up in the
 * connection's cache would be a tenth of the whole ---- */

static bool has_rowid(const cni_layout *layout)
{
	return layout->int_key && layout->row_number >= 0;
}

/* If it cannot be had, the usual statement will do, or say why not. */
static void make_lookup(cn_session *s, const cni_layout *layout, cni_conn *conn)
{
	const cni_lookup what = {
		layout->columns_sql, layout->quoted, layout->fields[layout->key[0]].quoted};

	cni_stmt_release(s->get.stmt);
	s->get.stmt = NULL;
	s->get.looks = cni_conn_lookup(conn, &what, &s->get.stmt, NULL) == CN_OK && s->get.stmt;
}

static cn_status get_statement(cn_session *s, const cni_layout *layout)
{
	cni_conn *conn;

	TRY(cni_session_reader(s, &conn));
	if (s->get.layout != layout || s->get.conn != conn) {
		cni_session_drop_get(s);
		s->get.layout = layout;
		s->get.conn = conn;
	}
	if (++s->get.count == GETS_USUAL && has_rowid(layout) && !s->writing)
		make_lookup(s, layout, conn);
	if (!s->get.stmt)
		TRY(cni_session_prepare(s, conn, layout->get_sql, layout, &s->get.stmt));
	return CN_OK;
}

/* A rowid that is not known is that of an unknown row; of other keys, several that were asked for
 * may be the same to the database. */
static cn_status take_got(cn_session *s, const cni_layout *layout, bool known, void **ret)
{
	cni_tuple values = cni_stmt_here(s->get.stmt);
	cni_entry *entry;

	if (known || !has_rowid(layout))
		TRY(cni_session_take(s, layout, &values, 0, &entry));
	else
		TRY(cni_session_take_new(s, layout, &values, 0, &entry));
	*ret = cni_row(entry);
	return CN_OK;
}

static int run_once(cn_session *s, const cni_layout *layout, const cn_value *key)
{
	for (size_t i = 0; i < layout->key_count; i++)
		TRY(cni_stmt_bind(s->get.stmt, i + 1, key[i], &s->error));
	return cni_stmt_step(s->get.stmt, &s->error);
}

typedef enum cni_keeping { KEEP_NEW, KEEP_KNOWN, KEEP_NOT } cni_keeping;

static cn_status read_key(cn_session *s, const cni_layout *layout, const cn_value *key,
	cni_keeping keeping, void **ret)
{
	TRY(get_statement(s, layout));
	int step = s->get.looks ? cni_stmt_look(s->get.stmt, key->as.i, &s->error)
				: run_once(s, layout, key);
	cn_status status = step < 0 ? (cn_status)step : CN_OK;
	if (step < 0)
		cni_session_explain(s, layout);
	if (step == CNI_ROW && keeping == KEEP_NOT) {
		cni_tuple values = cni_stmt_here(s->get.stmt);
		status = cni_session_read(s, layout, &values, 0, ret);
	} else if (step == CNI_ROW) {
		status = take_got(s, layout, keeping == KEEP_KNOWN, ret);
	}
	if (!s->get.looks)
		cni_stmt_reset(s->get.stmt);
	return status;
}

/* ---- keys ---- */

static cn_status set_key(
	cn_session *s, const cni_layout *layout, void *row, size_t count, const cn_value *key)
{
	if (!layout->key_count)
		return cn_fail(&s->error, CN_EARG, "model \"%s\" has no primary key", layout->name);
	if (count != layout->key_count)
		return cn_fail(&s->error, CN_EARG, "the key of \"%s\" has %zu column%s, not %zu",
			layout->name, layout->key_count, layout->key_count == 1 ? "" : "s", count);
	for (size_t i = 0; i < count; i++) {
		const cn_column *column = layout->fields[layout->key[i]].column;
		if (key[i].type == CN_TYPE_NONE)
			return cn_fail(&s->error, CN_EARG,
				"argument %zu is no value that a database holds", i + 1);
		if (cni_decode(column, row, &key[i], NULL, &s->error) < 0)
			return cn_error_wrap(&s->error, "the key of \"%s\"", layout->name);
	}
	return CN_OK;
}

static bool is_null_key(const cn_value *key, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (key[i].type == CN_TYPE_NULL)
			return true;
	}
	return false;
}

/* The key as the key's members hold it. */
static cn_status store_key(cn_session *s, const cni_layout *layout, size_t count,
	const cn_value *key, cn_value *as_stored, void **ret_probe)
{
	if (layout->int_key && count == 1 && key->type == CN_TYPE_INT64) {
		*as_stored = *key;
		return CN_OK;
	}
	void *probe = cni_session_probe(s, layout);
	if (!probe)
		return s->error.status;
	TRY(set_key(s, layout, probe, count, key));
	for (size_t i = 0; i < layout->key_count; i++)
		as_stored[i] = cn_column_get(layout->fields[layout->key[i]].column, probe);
	*ret_probe = probe;
	return CN_OK;
}

/* The entry with this key, if the session has it. */
static cn_status known_key(cn_session *s, const cni_layout *layout, const cn_value *as_stored,
	const void *probe, cni_entry **ret)
{
	if (!layout->kept)
		return CN_OK;
	*ret = probe ? cni_session_known(s, layout, probe)
		     : cni_session_known_int(s, layout, as_stored->as.i);
	return s->error.status;
}

void *cn_session_get(cn_session *s, const cn_model *model, size_t count, const cn_value *key)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_begin(s, model);
	cn_value as_stored[CNI_KEY_MAX] = {{0}};
	cni_entry *known = NULL;
	void *row = NULL, *probe = NULL;

	if (!layout || is_null_key(key, count)) /* no row has a key of NULL */
		return NULL;
	if (store_key(s, layout, count, key, as_stored, &probe) < 0 ||
		known_key(s, layout, as_stored, probe, &known) < 0)
		return NULL;
	if (known && known->epoch == s->epoch)
		return known->state == CNI_DELETED ? NULL : cni_row(known);
	cni_keeping keeping = known ? KEEP_KNOWN : KEEP_NEW;
	return read_key(s, layout, as_stored, keeping, &row) < 0 ? NULL : row;
}

void *cn_session_get_plain(cn_session *s, const cn_model *model, size_t count, const cn_value *key)
{
	s = cni_session_for(s, model);
	const cni_layout *layout = cni_session_begin(s, model);
	cn_value as_stored[CNI_KEY_MAX] = {{0}};
	void *row = NULL, *probe = NULL;

	if (!layout || is_null_key(key, count))
		return NULL;
	if (store_key(s, layout, count, key, as_stored, &probe) < 0)
		return NULL;
	return read_key(s, layout, as_stored, KEEP_NOT, &row) < 0 ? NULL : row;
}
