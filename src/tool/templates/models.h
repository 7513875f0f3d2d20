/* models.h - the data of @NAME@, as C structs. */
#ifndef MODELS_H
#define MODELS_H

#include <cantil/cantil.h>

typedef struct Note {
	int64_t id;
	const char *text;
	cn_time created_at;
} Note;
CN_MODEL_DECL(Note);

/* every model, for the app and for the tests */
extern const cn_model *const *const models;

#endif
