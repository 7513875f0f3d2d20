/* feed_copy.c - structs as rows that an engine copies into its table (see feed.h). */
#include <stdint.h>

#include "base/try.h"
#include "orm/feed.h"

typedef struct cni_feed_source {
	cni_feed *feed;
	const cni_layout *layout;
	const bool *given;
	const void *const *rows;
	size_t count, at;
} cni_feed_source;

static int next_row(cn_value *row, void *ctx, cn_error *err)
{
	cni_feed_source *source = ctx;
	const cni_layout *layout = source->layout;
	size_t to = 0;

	if (source->at == source->count)
		return CNI_DONE;
	source->feed->failed = source->at; /* until it is known to be good */
	for (size_t i = 0; i < layout->field_count; i++) {
		if (source->given[i])
			TRY(cni_encode(layout->fields[i].column, source->rows[source->at],
				&row[to++], err));
	}
	source->feed->failed = SIZE_MAX;
	source->at++;
	return CNI_ROW;
}

cn_status cni_feed_copy(cni_feed *feed, const cni_layout *layout, const bool *given,
	const void *const *rows, size_t count)
{
	cn_session *s = feed->s;
	const char **columns = cni_alloc(&s->scratch, layout->field_count * sizeof *columns);
	cni_feed_source source = {feed, layout, given, rows, count, 0};
	cni_copy_rows job = {.table = cni_layout_table(layout),
		.columns = columns,
		.next = next_row,
		.ctx = &source};

	if (!columns)
		return cni_session_oom(s);
	feed->failed = SIZE_MAX;
	for (size_t i = 0; i < layout->field_count; i++)
		if (given[i])
			columns[job.column_count++] = layout->fields[i].name;
	return cni_conn_copy_rows(feed->conn, &job, &s->error);
}
