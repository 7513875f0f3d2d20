/* drift.c - comparing a live database with what its revisions make. */
#include "migrate/change/drift.h"

#include "base/text.h"

static bool is_table(const cni_object *object)
{
	return object->ddl.kind == CNI_DDL_TABLE || object->ddl.kind == CNI_DDL_VIRTUAL;
}

static const char *kind_name(const cni_object *object)
{
	switch (object->ddl.kind) {
	case CNI_DDL_TABLE:
	case CNI_DDL_VIRTUAL: return "table";
	case CNI_DDL_INDEX: return "index";
	case CNI_DDL_VIEW: return "view";
	case CNI_DDL_TRIGGER: return "trigger";
	default: return "object";
	}
}

size_t cni_drift_tables(cni_buffer *out, const cni_schema *recorded, const cni_schema *actual)
{
	size_t count = 0;
	for (size_t i = 0; i < recorded->object_count; i++) {
		const cni_object *object = &recorded->objects[i];
		if (!is_table(object))
			continue;
		const cni_object *there = cni_schema_find(actual, object->ddl.kind, object->name);
		if (there && cni_object_equal(object, there))
			continue;
		cni_buffer_printf(out, "%stable \"%s\" %s", count++ ? "\n" : "", object->name,
			there ? "is not as its revisions make it" : "is not there");
	}
	return count;
}

/* Will rows of that table still be somewhere afterwards? Then what stands on it should be, too. */
static bool survives(const char *table, const cni_schema *after, const cni_plan *plan)
{
	if (!table)
		return true;
	for (size_t i = 0; i < plan->keep_count; i++)
		if (cni_same(plan->keeps[i].from_table, table))
			return true;
	return cni_schema_table(after, table) || cni_schema_find(after, CNI_DDL_VIEW, table);
}

size_t cni_drift_lost(cni_buffer *out, const cni_schema *recorded, const cni_schema *actual,
	const cni_schema *after, const cni_plan *plan)
{
	size_t count = 0;
	for (size_t i = 0; i < actual->object_count; i++) {
		const cni_object *object = &actual->objects[i];
		if (cni_schema_find(recorded, object->ddl.kind, object->name) ||
			cni_schema_find(after, object->ddl.kind, object->name) ||
			!survives(object->table, after, plan))
			continue;
		cni_buffer_printf(
			out, "%s%s \"%s\"", count++ ? "\n" : "", kind_name(object), object->name);
		if (object->table)
			cni_buffer_printf(out, " on \"%s\"", object->table);
	}
	return count;
}
