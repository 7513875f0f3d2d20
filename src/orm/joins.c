/*
 * joins.c - relations to one row, read by the same statement: SELECT … FROM (the query) LEFT JOIN
 * the targets. The query stands in a table of its own, so that its condition and order know no
 * other names than without a join.
 */
#include "base/try.h"
#include "orm/load_impl.h"

enum { SINK_COLUMNS = 100 };

cn_status cni_joins_parse(cn_session *s, const cni_layout *layout, const char *text, cni_joins *ret)
{
	cni_path *paths;

	TRY(cni_path_parse(s, layout, text, &paths));
	for (const cni_path *path = paths; path; path = path->next) {
		bool one = path->link->kind == CN_RELATION_BELONGS_TO ||
			   path->link->kind == CN_RELATION_HAS_ONE;
		if (one && !path->first)
			continue;
		cn_error_set(&s->error, CN_EARG, "\"%s\".\"%s\" cannot be joined: %s", layout->name,
			path->link->relation->member,
			one ? "a join goes one level deep" : "it is a list");
		cn_error_hint(&s->error, "load it with .load");
		return CN_EARG;
	}
	ret->first = paths;
	return CN_OK;
}

static void columns(cni_buffer *sql, const cni_layout *layout, size_t alias, const char *before)
{
	for (size_t i = 0; i < layout->field_count; i++, before = ", ")
		cni_buffer_printf(sql, "%scantil_%zu.%s", before, alias, layout->fields[i].quoted);
}

void cni_joins_sql(
	cni_buffer *sql, const cni_layout *layout, const cn_query *query, const cni_joins *joins)
{
	size_t alias = 0, count = layout->field_count;

	for (const cni_path *path = joins->first; path; path = path->next)
		count += path->link->target->field_count;
	cni_buffer_puts(sql, count <= SINK_COLUMNS ? "SELECT " CNI_ROW_FUNCTION "(" : "SELECT ");
	columns(sql, layout, alias, "");
	for (const cni_path *path = joins->first; path; path = path->next)
		columns(sql, path->link->target, ++alias, ", ");
	cni_buffer_puts(sql, count <= SINK_COLUMNS ? ") FROM (" : " FROM (");
	cni_query_select(sql, layout, query, false);
	cni_buffer_puts(sql, ") AS cantil_0");
	alias = 0;
	for (const cni_path *path = joins->first; path; path = path->next) {
		const cni_link *link = path->link;
		alias++;
		cni_buffer_printf(
			sql, " LEFT JOIN %s AS cantil_%zu ON ", link->target->quoted, alias);
		for (size_t i = 0; i < link->count; i++)
			cni_buffer_printf(sql, "%scantil_%zu.%s = cantil_0.%s", i ? " AND " : "",
				alias, link->target->fields[link->target_fields[i]].quoted,
				layout->fields[link->fields[i]].quoted);
	}
}

/* Nothing was found for the owner: the columns that were compared are NULL. */
static bool is_missing(const cni_link *link, const cni_tuple *values, size_t first)
{
	return cni_tuple_value(values, first + link->target_fields[0]).type == CN_TYPE_NULL;
}

cn_status cni_joins_take(cn_session *s, const cni_joins *joins, const cni_tuple *values,
	size_t first, const cni_node *owner, bool read_only)
{
	for (const cni_path *path = joins->first; path; path = path->next) {
		const cni_link *link = path->link;
		cni_node target = {0};
		if (is_missing(link, values, first)) {
			target.row = NULL;
		} else if (read_only) {
			TRY(cni_session_read(s, link->target, values, first, &target.row));
		} else {
			TRY(cni_session_take(s, link->target, values, first, &target.entry));
			target.row = cni_row(target.entry);
		}
		cni_member_load(link, owner, target.row);
		if (target.row && link->back)
			cni_member_load(link->back, &target, owner->row);
		first += link->target->field_count;
	}
	return CN_OK;
}
