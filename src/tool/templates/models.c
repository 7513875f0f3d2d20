/* models.c - what the database knows of each struct. After a change: ./@NAME@ db migrate -m "what
 * changed" */
#include "models.h"

CN_MODEL(Note, "note",
	CN_COLUMN(Note, id, .primary_key = true),
	CN_COLUMN(Note, text, .length = 1000, .not_null = true),
	CN_COLUMN(Note, created_at, .default_sql = "CURRENT_TIMESTAMP", .index = true));

const cn_model *const *const models = CN_MODELS(Note);
