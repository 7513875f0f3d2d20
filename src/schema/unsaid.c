/*
 * unsaid.c - what models cannot say stays as it is.
 *
 * Models speak of tables, columns, keys, checks, plain indexes, views and triggers. An engine has
 * more: types, functions, sequences, policies, exclusion constraints, comments, indexes of other
 * methods. What of that is there, by revisions that people wrote, belongs to what is wanted.
 */
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/kept.h"
#include "schema/schema.h"
#include "sql/lexer.h"

static cn_status no_memory(cn_error *err) { return cn_fail(err, CN_ENOMEM, "out of memory"); }

/* The table of the models that the old one becomes; NULL: it goes. */
static cni_object *becomes(cni_schema *wanted, const char *name)
{
	cni_object *found = NULL;

	for (size_t i = 0; i < wanted->object_count; i++) {
		cni_object *object = &wanted->objects[i];
		if (object->ddl.kind != CNI_DDL_TABLE)
			continue;
		if (cni_equal(object->ddl.table.renamed_from, name))
			return object;
		if (strcmp(object->name, name) == 0)
			found = object;
	}
	return found;
}

/* What stands on a table is not carried over to one of another name: its text names the old one. */
static bool stays(cni_schema *wanted, const cni_object *object)
{
	const cni_object *on = object->table ? becomes(wanted, object->table) : NULL;

	return !object->table || (on && strcmp(on->name, object->table) == 0);
}

static bool is_unsaid(const cni_schema *wanted, const cni_object *object)
{
	const cni_ddl *ddl = &object->ddl;

	if (cni_schema_find(wanted, ddl->kind, object->name))
		return false;
	switch (ddl->kind) {
	case CNI_DDL_OPAQUE: return true;
	case CNI_DDL_VIEW: return ddl->view.materialized;
	case CNI_DDL_INDEX: /* of a materialized view, or of a method that no model names */
		return !cni_schema_find(wanted, CNI_DDL_TABLE, ddl->index.table) ||
		       (ddl->index.definition_sql &&
			       (!cni_starts(ddl->index.definition_sql, "USING btree") ||
				       strstr(ddl->index.definition_sql, " INCLUDE (")));
	default: return false;
	}
}

static bool says_it(const cni_ddl *ddl, const cni_ddl_note *note)
{
	for (size_t i = 0; i < ddl->note_count; i++)
		if (strcmp(ddl->notes[i].undo_sql, note->undo_sql) == 0 &&
			cni_equal(ddl->notes[i].column, note->column))
			return true;
	return false;
}

/* A sequence that a column of the models does not own any longer goes with its default. */
static bool is_ownership(const cni_ddl_note *note)
{
	return cni_starts(note->sql, "ALTER SEQUENCE ");
}

static void keep_notes(cni_buffer *out, const cni_object *from, const cni_object *to)
{
	cni_ddl named = from->ddl;

	named.table.name = to->name;
	for (size_t i = 0; i < from->ddl.note_count; i++) {
		const cni_ddl_note *note = &from->ddl.notes[i];
		bool there = !note->column || cni_table_column(&to->ddl.table, note->column) >= 0;
		if (note->kept || is_ownership(note) || !there || says_it(&to->ddl, note) ||
			strstr(note->sql, "COMMENT ON CONSTRAINT"))
			continue;
		cni_ddl_write_note(out, &named, note, false);
		cni_buffer_puts(out, ";\n");
	}
}

static void keep_exclusions(cni_buffer *out, const cni_object *from, const cni_object *to)
{
	for (size_t i = 0; i < from->ddl.table.constraint_count; i++) {
		const cni_ddl_constraint *constraint = &from->ddl.table.constraints[i];
		if (constraint->kind != CNI_EXCLUDE)
			continue;
		cni_buffer_puts(out, "ALTER TABLE ");
		cni_quote_name_postgres(out, to->name);
		cni_buffer_puts(out, " ADD ");
		cni_ddl_write_postgres_constraint(out, constraint);
		cni_buffer_puts(out, ";\n");
	}
}

/* Comments, settings, exclusions: behind what the models say of the table. */
static cn_status keep_of_table(cni_schema *wanted, const cni_object *from, cn_error *err)
{
	CLEANUP(cni_buffer_done) cni_buffer late = {0};
	cni_object *to = becomes(wanted, from->name);

	if (!to)
		return CN_OK;
	cni_buffer_puts(&late, to->late_sql ? to->late_sql : "");
	keep_exclusions(&late, from, to);
	keep_notes(&late, from, to);
	to->late_sql = late.size ? cni_buffer_keep(&late, wanted->arena) : NULL;
	return wanted->arena->failed ? no_memory(err) : CN_OK;
}

/* An identity makes its sequence itself: one of a serial column that the models number otherwise
 * goes. */
static bool is_owned(const cni_schema *from, const cni_object *object)
{
	const char *sequence = object->name;

	if (object->ddl.kind != CNI_DDL_OPAQUE || strcmp(object->ddl.opaque.word, "sequence") != 0)
		return false;
	for (size_t i = 0; i < from->object_count; i++)
		for (size_t k = 0; k < from->objects[i].ddl.note_count; k++) {
			const cni_ddl_note *note = &from->objects[i].ddl.notes[k];
			size_t n = strlen(sequence);
			if (is_ownership(note) && strncmp(note->sql + 15, sequence, n) == 0 &&
				note->sql[15 + n] == ' ')
				return true;
		}
	return false;
}

static cn_status add_unsaid(cni_schema *whole, cni_schema *wanted, const cni_schema *from,
	bool on_something, cn_error *err)
{
	for (size_t i = 0; i < from->object_count; i++) {
		const cni_object *object = &from->objects[i];
		bool late = object->table || object->ddl.kind == CNI_DDL_VIEW;
		if (late == on_something && is_unsaid(wanted, object) && stays(wanted, object) &&
			!is_owned(from, object))
			TRY(cni_schema_add_object(whole, object, err));
	}
	return CN_OK;
}

cn_status cni_schema_keep_unsaid(
	cni_schema *wanted, const cni_schema *from, cni_schema **ret, cn_error *err)
{
	cni_schema *whole = cni_schema_new(wanted->arena, wanted->engine);

	if (cni_dialect_of(wanted->engine) == CNI_DIALECT_SQLITE) {
		*ret = wanted; /* models say all that it has */
		return CN_OK;
	}
	if (!whole)
		return no_memory(err);
	whole->home = wanted->home;
	for (size_t i = 0; i < from->object_count; i++)
		if (from->objects[i].ddl.kind == CNI_DDL_TABLE)
			TRY(keep_of_table(wanted, &from->objects[i], err));
	TRY(add_unsaid(whole, wanted, from, false, err));
	for (size_t i = 0; i < wanted->object_count; i++)
		TRY(cni_schema_add_object(whole, &wanted->objects[i], err));
	TRY(add_unsaid(whole, wanted, from, true, err));
	*ret = whole;
	return CN_OK;
}
