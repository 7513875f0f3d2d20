/* normalise.c - a schema of any source, as the engine itself understands it: built and inspected.
 */
#include <string.h>

#include "base/try.h"
#include "driver/driver.h"

cn_status cni_normalise_sql(
	const char *engine, const char *script, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *scratch = NULL;

	if (!script)
		return cn_fail(err, CN_EARG, "cni_normalise_sql: no text");
	TRY(cni_conn_scratch(engine, &scratch, err));
	TRY(scratch->driver->build(scratch, script, strlen(script), err));
	return cni_conn_inspect(scratch, arena, ret, err);
}

static const char *kind_name(cni_ddl_kind kind)
{
	switch (kind) {
	case CNI_DDL_TABLE: return "table";
	case CNI_DDL_INDEX: return "index";
	case CNI_DDL_VIEW: return "view";
	case CNI_DDL_TRIGGER: return "trigger";
	case CNI_DDL_VIRTUAL: return "virtual table";
	default: return "object";
	}
}

static cn_status build(cni_conn *scratch, const cni_schema *schema, cn_error *err)
{
	/* one transaction: SQLite would look at its list of objects anew for each */
	TRY(cni_conn_begin(scratch, CNI_TX_WRITE, err));
	for (size_t i = 0; i < schema->object_count; i++) {
		const cni_object *object = &schema->objects[i];
		cn_status status =
			scratch->driver->build(scratch, object->sql, strlen(object->sql), err);

		if (status == CN_OK)
			continue;
		cn_error_wrap(err, "%s \"%s\" cannot be built", kind_name(object->ddl.kind),
			object->name);
		return status;
	}
	return cni_conn_commit(scratch, err);
}

cn_status cni_normalise(const cni_schema *schema, cni_arena *arena, cni_schema **ret, cn_error *err)
{
	CLEANUP(cni_conn_closep) cni_conn *scratch = NULL;

	TRY(cni_conn_scratch(schema->engine, &scratch, err));
	TRY(build(scratch, schema, err));
	return cni_conn_inspect(scratch, arena, ret, err);
}
