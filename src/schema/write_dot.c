/*
 * write_dot.c - a schema as a Graphviz diagram: a box each table, a line each foreign key.
 *
 * Labels are HTML-like, so every name is escaped; nodes and ports are numbered, so no name can be a
 * wrong one. `dot -Tsvg` draws it.
 */
#include "base/text.h"
#include "schema/schema.h"

static void write_text(cni_buffer *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': cni_buffer_puts(out, "&amp;"); break;
		case '<': cni_buffer_puts(out, "&lt;"); break;
		case '>': cni_buffer_puts(out, "&gt;"); break;
		case '"': cni_buffer_puts(out, "&quot;"); break;
		default:
			/* control characters are not allowed in the label's XML */
			cni_buffer_putc(out, (unsigned char)*text < ' ' ? ' ' : *text);
		}
	}
}

static bool is_in(const cni_ddl_table *table, cni_constraint_kind kind, size_t column)
{
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &table->constraints[i];
		for (size_t k = 0; constraint->kind == kind && k < constraint->part_count; k++)
			if (cni_same(constraint->parts[k].name, table->columns[column].name))
				return true;
	}
	return false;
}

static void write_column(cni_buffer *out, const cni_ddl_table *table, size_t at)
{
	const cni_ddl_column *column = &table->columns[at];
	bool key = is_in(table, CNI_PRIMARY_KEY, at);

	cni_buffer_printf(out, "\t\t<tr><td port=\"c%zu\" align=\"left\">%s", at, key ? "<u>" : "");
	write_text(out, column->name);
	cni_buffer_printf(out, "%s%s</td><td align=\"left\"><font color=\"#555555\">",
		key ? "</u>" : "", is_in(table, CNI_FOREIGN_KEY, at) ? " &#8594;" : "");
	if (column->type)
		write_text(out, column->type);
	/* an empty font element is a syntax error to Graphviz */
	cni_buffer_printf(out, "%s</font></td></tr>\n",
		column->not_null                ? " NOT NULL"
		: column->type && *column->type ? ""
						: " ");
}

static void write_table(cni_buffer *out, size_t number, const cni_ddl_table *table)
{
	cni_buffer_printf(out,
		"\tt%zu [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\">\n"
		"\t\t<tr><td colspan=\"2\" bgcolor=\"#dde6f0\"><b>",
		number);
	write_text(out, *table->name ? table->name : " ");
	cni_buffer_puts(out, "</b></td></tr>\n");
	for (size_t i = 0; i < table->column_count; i++)
		write_column(out, table, i);
	cni_buffer_puts(out, "\t</table>>];\n");
}

static void write_box(cni_buffer *out, size_t number, const cni_object *object, const char *what)
{
	cni_buffer_printf(out, "\tt%zu [shape=box, style=\"rounded,dashed\", label=<<b>", number);
	write_text(out, *object->name ? object->name : " ");
	cni_buffer_printf(out, "</b><br/>%s>];\n", what);
}

/* The end of an edge: at the column when it is known, else at the table. */
static void write_end(cni_buffer *out, size_t number, long column)
{
	cni_buffer_printf(out, "t%zu", number);
	if (column >= 0)
		cni_buffer_printf(out, ":c%ld", column);
}

static void write_edge(
	cni_buffer *out, const cni_schema *schema, size_t number, const cni_ddl_constraint *key)
{
	const cni_ddl_table *table = &schema->objects[number].ddl.table;
	const cni_object *parent = cni_schema_table(schema, key->parent);
	static const char *const labels[] = {
		[CNI_NO_ACTION] = "",
		[CNI_RESTRICT] = "restrict",
		[CNI_SET_NULL] = "set null",
		[CNI_SET_DEFAULT] = "set default",
		[CNI_CASCADE] = "cascade",
	};

	if (!parent || !key->part_count)
		return;
	long from = key->parts[0].name ? cni_table_column(table, key->parts[0].name) : -1;
	const cni_ddl_constraint *primary = cni_table_primary_key(&parent->ddl.table);
	const char *target = key->parent_column_count         ? key->parent_columns[0]
			     : primary && primary->part_count ? primary->parts[0].name
							      : NULL;
	long to = target ? cni_table_column(&parent->ddl.table, target) : -1;
	cni_buffer_putc(out, '\t');
	write_end(out, number, from);
	cni_buffer_puts(out, " -> ");
	write_end(out, (size_t)(parent - schema->objects), to);
	if (key->on_delete)
		cni_buffer_printf(out, " [label=\"%s\"]", labels[key->on_delete]);
	cni_buffer_puts(out, ";\n");
}

void cni_schema_write_dot(cni_buffer *out, const cni_schema *schema)
{
	cni_buffer_puts(out,
		"digraph schema {\n"
		"\tgraph [rankdir=LR, nodesep=0.4, ranksep=1.2];\n"
		"\tnode [shape=plain, fontname=\"Helvetica\", fontsize=11];\n"
		"\tedge [fontname=\"Helvetica\", fontsize=9, arrowhead=normal, arrowtail=crow, dir=both];\n");
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		switch (object->ddl.kind) {
		case CNI_DDL_TABLE: write_table(out, i, &object->ddl.table); break;
		case CNI_DDL_VIEW: write_box(out, i, object, "view"); break;
		case CNI_DDL_VIRTUAL: write_box(out, i, object, "virtual table"); break;
		default: break;
		}
	}
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		if (object->ddl.kind != CNI_DDL_TABLE)
			continue;
		for (size_t k = 0; k < object->ddl.table.constraint_count; k++)
			if (object->ddl.table.constraints[k].kind == CNI_FOREIGN_KEY)
				write_edge(out, schema, i, &object->ddl.table.constraints[k]);
	}
	cni_buffer_puts(out, "}\n");
}
