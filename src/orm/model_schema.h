/* model_schema.h - compiled models as a schema: what migrations compare with the database. */
#ifndef CNI_ORM_MODEL_SCHEMA_H
#define CNI_ORM_MODEL_SCHEMA_H

#include <cantil/model.h>

#include "driver/words.h"
#include "orm/layout.h"
#include "schema/schema.h"

/* The schema that the models (a NULL-terminated list, or NULL) declare: tables, parents before
 * children, each with its indexes, then virtual tables, views and triggers in the order of the
 * list. CN_ESCHEMA when the models contradict themselves, naming model and member. */
cn_status cni_models_schema(cni_arena *arena, const cn_model *const *models, const char *engine,
	cni_schema **ret, cn_error *err) CN_MUST_CHECK;

/* The models of a list (NULL, or ended by NULL) that live in this one of several databases; those
 * that say no other live in the first. part.c */
cn_status cni_models_of(cni_arena *arena, const cn_model *const *models, const char *name,
	bool first, const cn_model *const **ret, cn_error *err) CN_MUST_CHECK;
/* Two lists as one. */
cn_status cni_models_join(cni_arena *arena, const cn_model *const *a, const cn_model *const *b,
	const cn_model *const **ret, cn_error *err) CN_MUST_CHECK;
/* What its CN_TABLE_OPTIONS say: .database; or NULL. */
const char *cni_model_database(const cn_model *model);

/* One table of it, as data, in the types of an engine. model_table.c */
cn_status cni_model_table(cni_arena *arena, const cni_words *words, const cni_layout *layout,
	cni_ddl_table *ret, cn_error *err) CN_MUST_CHECK;

#endif
