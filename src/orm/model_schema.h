/* model_schema.h - compiled models as a schema: what migrations compare with the database. */
#ifndef CNI_ORM_MODEL_SCHEMA_H
#define CNI_ORM_MODEL_SCHEMA_H

#include <cantil/model.h>

#include "orm/layout.h"
#include "schema/schema.h"

/* The schema that the models (a NULL-terminated list, or NULL) declare: tables, parents before
 * children, each with its indexes, then virtual tables, views and triggers in the order of the
 * list. CN_ESCHEMA when the models contradict themselves, naming model and member. */
cn_status cni_models_schema(cni_arena *arena, const cn_model *const *models, const char *engine,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* One table of it, as data. model_table.c */
cn_status cni_model_table(cni_arena *arena, const cni_layout *layout, cni_ddl_table *ret,
	cn_error *err) CN_MUST_CHECK;

#endif
