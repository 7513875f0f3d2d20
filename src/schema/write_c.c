/*
 * write_c.c - a schema as C: structs, and model tables that make the same schema again.
 *
 * For people: a struct and its model side by side, what is usual left unsaid. What a model cannot
 * hold is said in a comment above it, never silently dropped. Options and types: cantil/model.h.
 */
#include "schema/write_c.h"

#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/write_c_model.h"

/* ---- names and what belongs together ---- */

static cni_c_model *find_model(cni_c_writer *w, const char *table)
{
	const cni_object *object = table ? cni_schema_table(w->schema, table) : NULL;
	cni_c_model *model = object ? &w->models[object - w->schema->objects] : NULL;

	return model && !model->reason ? model : NULL;
}

static bool name_objects(cni_c_writer *w)
{
	static const cni_ddl_kind order[] = {
		CNI_DDL_TABLE, CNI_DDL_VIEW, CNI_DDL_VIRTUAL, CNI_DDL_TRIGGER};

	if (!cni_c_names_add(w->arena, &w->names, "all_models"))
		return false;
	for (size_t pass = 0; pass < CNI_COUNT(order); pass++) {
		for (size_t i = 0; i < w->schema->object_count; i++) {
			const cni_object *object = &w->schema->objects[i];
			cni_c_model *model = &w->models[i];
			if (object->ddl.kind != order[pass])
				continue;
			bool type = object->ddl.kind == CNI_DDL_TABLE ||
				    object->ddl.kind == CNI_DDL_VIEW;
			model->object = object;
			model->type = type ? cni_c_type_name(w->arena, &w->names, object->name)
					   : cni_c_member(w->arena, &w->names, object->name);
			if (!model->type)
				return false;
		}
	}
	return true;
}

static bool name_members(cni_c_writer *w, cni_c_model *model)
{
	const cni_ddl_table *table = &model->object->ddl.table;

	model->table = table;
	model->members = cni_alloc(w->arena, (table->column_count + 1) * sizeof *model->members);
	if (!model->members)
		return false;
	for (size_t i = 0; i < table->column_count; i++)
		if (!(model->members[i] =
				    cni_c_member(w->arena, &model->names, table->columns[i].name)))
			return false;
	model->alias = cni_table_rowid_alias(table);
	model->key = cni_table_primary_key(table);
	model->reason = cni_c_table_reason(model);
	for (size_t i = 0; i < table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &table->constraints[i];
		bool row_number = constraint->kind == CNI_PRIMARY_KEY && model->alias >= 0;
		model->unnamed = model->unnamed || (!constraint->name && !row_number);
	}
	return true;
}

static bool find_foreign(cni_c_writer *w, cni_c_model *model)
{
	for (size_t i = 0; i < model->table->constraint_count; i++) {
		const cni_ddl_constraint *constraint = &model->table->constraints[i];
		if (constraint->kind != CNI_FOREIGN_KEY)
			continue;
		cni_c_foreign foreign = {
			.constraint = constraint, .parent = find_model(w, constraint->parent)};
		foreign.reason = cni_c_foreign_reason(w, model, foreign.parent, constraint);
		if (!CNI_PUSH(w->arena, model->foreign, model->foreign_count, foreign))
			return false;
	}
	return true;
}

static bool find_indexes(cni_c_writer *w)
{
	for (size_t i = 0; i < w->schema->object_count; i++) {
		const cni_object *object = &w->schema->objects[i];
		cni_c_model *model =
			object->ddl.kind == CNI_DDL_INDEX ? find_model(w, object->table) : NULL;
		if (model &&
			!CNI_PUSH(w->arena, model->indexes, model->index_count, &object->ddl.index))
			return false;
	}
	return true;
}

static bool is_table_model(const cni_c_model *model) { return model->table && !model->reason; }

/* A trigger can only be made on what is made. */
static void check_trigger(cni_c_writer *w, cni_c_model *model)
{
	static const cni_ddl_kind kinds[] = {CNI_DDL_TABLE, CNI_DDL_VIEW, CNI_DDL_VIRTUAL};

	for (size_t i = 0; i < CNI_COUNT(kinds); i++) {
		const cni_object *on = cni_schema_find(w->schema, kinds[i], model->object->table);
		if (on && !w->models[on - w->schema->objects].reason)
			return;
	}
	model->reason = "stands on what has no model";
}

static bool prepare_view(cni_c_writer *w, cni_c_model *model)
{
	size_t count = cni_c_view_columns(
		w->arena, w->schema, &model->object->ddl.view, &model->view_columns);

	if (!count)
		model->reason = "does not tell the names of its columns";
	model->view_column_count = count;
	model->members = cni_alloc(w->arena, (count + 1) * sizeof *model->members);
	for (size_t i = 0; model->members && i < count; i++) {
		model->members[i] =
			cni_c_member(w->arena, &model->names, model->view_columns[i].name);
		if (!model->members[i])
			return false;
	}
	return model->members != NULL;
}

bool cni_c_prepare(cni_c_writer *w)
{
	size_t count = w->schema->object_count;

	w->models = cni_alloc(w->arena, (count + 1) * sizeof *w->models);
	if (!w->models || !name_objects(w))
		return false;
	for (size_t i = 0; i < count; i++)
		if (w->schema->objects[i].ddl.kind == CNI_DDL_TABLE &&
			!name_members(w, &w->models[i]))
			return false;
	if (!find_indexes(w))
		return false;
	for (size_t i = 0; i < count; i++)
		if (is_table_model(&w->models[i]) && !find_foreign(w, &w->models[i]))
			return false;
	for (size_t i = 0; i < count; i++)
		if (is_table_model(&w->models[i]) && !cni_c_find_relations(w, &w->models[i]))
			return false;
	for (size_t i = 0; i < count; i++) {
		if (w->schema->objects[i].ddl.kind == CNI_DDL_VIEW &&
			!prepare_view(w, &w->models[i]))
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (w->schema->objects[i].ddl.kind == CNI_DDL_TRIGGER)
			check_trigger(w, &w->models[i]);
	return true;
}

/* ---- output ---- */

static void write_left_out(cni_c_writer *w, const cni_c_model *model)
{
	const cni_object *object = model->object;

	cni_buffer_printf(w->out, "\n/* Without a model: ");
	cni_c_comment(w->out, object->name, " ");
	cni_buffer_printf(w->out, " %s.\n * ", model->reason);
	cni_c_comment(w->out, object->sql, " * ");
	cni_buffer_puts(w->out, " */\n");
}

static void write_table(cni_c_writer *w, const cni_c_model *model)
{
	if (model->reason) {
		write_left_out(w, model);
		return;
	}
	cni_c_write_losses(w, model);
	cni_c_write_struct(w, model);
	cni_c_write_model(w, model);
}

static void write_view(cni_c_writer *w, const cni_c_model *model)
{
	if (model->reason) {
		write_left_out(w, model);
		return;
	}
	cni_buffer_printf(w->out, "\nstruct %s {\n", model->type);
	for (size_t i = 0; i < model->view_column_count; i++) {
		const cni_c_view_column *column = &model->view_columns[i];
		bool null = !column->column || !column->column->not_null;
		cni_buffer_printf(w->out, "\t%s%s;\n",
			null && column->type.null_type ? column->type.null_type : column->type.type,
			model->members[i]);
	}
	cni_buffer_printf(w->out, "};\nCN_VIEW(%s, ", model->type);
	cni_c_string(w->out, model->object->name, "\t");
	cni_buffer_puts(w->out, ",\n\t");
	cni_c_string(w->out, model->object->sql, "\t");
	for (size_t i = 0; i < model->view_column_count; i++) {
		cni_buffer_printf(w->out, ",\n\tCN_COLUMN(%s, %s", model->type, model->members[i]);
		if (strcmp(model->members[i], model->view_columns[i].name) != 0) {
			cni_buffer_puts(w->out, ", .name = ");
			cni_c_string(w->out, model->view_columns[i].name, "\t\t");
		}
		cni_buffer_putc(w->out, ')');
	}
	cni_buffer_puts(w->out, ");\n");
}

static void write_text_model(cni_c_writer *w, const cni_c_model *model, const char *macro)
{
	if (model->reason) {
		write_left_out(w, model);
		return;
	}
	cni_buffer_printf(w->out, "\n%s(%s,\n\t", macro, model->type);
	cni_c_string(w->out, model->object->sql, "\t");
	cni_buffer_puts(w->out, ");\n");
}

static bool is_listed(const cni_c_model *model)
{
	const cni_object *object = model->object;

	return object && !model->reason;
}

typedef void object_fn(cni_c_writer *w, const cni_c_model *model);

static void each(cni_c_writer *w, cni_ddl_kind kind, object_fn *fn)
{
	for (size_t i = 0; i < w->schema->object_count; i++)
		if (w->schema->objects[i].ddl.kind == kind)
			fn(w, &w->models[i]);
}

static void write_forward(cni_c_writer *w, const cni_c_model *model)
{
	if (is_listed(model))
		cni_buffer_printf(w->out, "typedef struct %s %s;\n", model->type, model->type);
}

static void write_declaration(cni_c_writer *w, const cni_c_model *model)
{
	if (is_listed(model))
		cni_buffer_printf(w->out, "CN_MODEL_DECL(%s);\n", model->type);
}

static void write_reference(cni_c_writer *w, const cni_c_model *model)
{
	if (is_listed(model))
		cni_buffer_printf(w->out, "\t&%s_model,\n", model->type);
}

static void write_virtual(cni_c_writer *w, const cni_c_model *model)
{
	write_text_model(w, model, "CN_VIRTUAL");
}

static void write_trigger(cni_c_writer *w, const cni_c_model *model)
{
	write_text_model(w, model, "CN_TRIGGER");
}

void cni_schema_write_c(cni_buffer *out, const cni_schema *schema)
{
	CLEANUP(cni_arena_done) cni_arena arena = {0};
	static const cni_ddl_kind kinds[] = {
		CNI_DDL_TABLE, CNI_DDL_VIRTUAL, CNI_DDL_VIEW, CNI_DDL_TRIGGER};
	cni_c_writer w = {.arena = &arena, .schema = schema, .out = out};

	if (!cni_c_prepare(&w)) {
		out->failed = true;
		return;
	}
	cni_buffer_puts(out, "#include <cantil/cantil.h>\n\n");
	each(&w, CNI_DDL_TABLE, write_forward);
	each(&w, CNI_DDL_VIEW, write_forward);
	cni_buffer_putc(out, '\n');
	for (size_t i = 0; i < CNI_COUNT(kinds); i++)
		each(&w, kinds[i], write_declaration);
	each(&w, CNI_DDL_TABLE, write_table);
	each(&w, CNI_DDL_VIRTUAL, write_virtual);
	each(&w, CNI_DDL_VIEW, write_view);
	each(&w, CNI_DDL_TRIGGER, write_trigger);
	cni_buffer_puts(out, "\n/* all of them: what cn_app_new and cn_db_open take as .models */\n"
			     "extern const cn_model *const all_models[];\n"
			     "const cn_model *const all_models[] = {\n");
	for (size_t i = 0; i < CNI_COUNT(kinds); i++)
		each(&w, kinds[i], write_reference);
	cni_buffer_puts(out, "\tNULL,\n};\n");
	if (arena.failed)
		out->failed = true;
}
