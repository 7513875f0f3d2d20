/* write_c_model.h - a table on its way to a C model: what write_c.c prepares and write_c_model.c
 * writes. */
#ifndef CNI_SCHEMA_WRITE_C_MODEL_H
#define CNI_SCHEMA_WRITE_C_MODEL_H

#include "schema/write_c.h"

enum { CNI_C_KEY_MAX = 8 }; /* columns of a key or a reference that the session can handle */

typedef struct cni_c_foreign {
	const cni_ddl_constraint *constraint;
	struct cni_c_model *parent;
	const char *reason; /* why a model cannot hold it; NULL: it can */
} cni_c_foreign;

typedef enum cni_c_relation_kind {
	CNI_C_BELONGS_TO,
	CNI_C_HAS_MANY,
	CNI_C_HAS_ONE,
	CNI_C_MANY_TO_MANY,
} cni_c_relation_kind;

typedef struct cni_c_relation_part {
	const char *member;
	cni_c_relation_kind kind;
	const struct cni_c_model *target;
	const cni_ddl_constraint
		*key; /* of the child; many to many: of the table between, to here … */
	const cni_ddl_constraint *to;      /* … and to the target */
	const struct cni_c_model *through; /* the table between */
} cni_c_relation_part;

typedef struct cni_c_model {
	const cni_object *object;
	const cni_ddl_table *table;    /* NULL: not a table */
	const char *type;              /* the struct, or the handle of a trigger or virtual table */
	const char *reason;            /* why there is no model of it; NULL: there is one */
	bool seen;                     /* by a search that is going on */
	bool unnamed;                  /* some constraint has no name */
	const char **members;          /* of the columns, or of the view's */
	cni_c_names names;             /* taken in the struct */
	const cni_ddl_constraint *key; /* PRIMARY KEY */
	long alias;                    /* the column that is the rowid, or -1 */
	cni_c_foreign *foreign;
	size_t foreign_count;
	const cni_ddl_index **indexes; /* that stand on it */
	size_t index_count;
	cni_c_relation_part *relations;
	size_t relation_count;
	cni_c_view_column *view_columns;
	size_t view_column_count;
} cni_c_model;

typedef struct cni_c_writer {
	cni_arena *arena;
	const cni_schema *schema;
	cni_buffer *out;
	cni_c_model *models; /* one for each object */
	cni_c_names names;   /* of types and handles */
} cni_c_writer;

/* Names, keys, relations and what cannot be held, for all objects; w has its arena and schema.
 * False: out of memory. write_c.c */
bool cni_c_prepare(cni_c_writer *w);

/* What follows from the child's foreign keys: relations of both ends. False: out of memory.
 * write_c_relate.c */
bool cni_c_find_relations(cni_c_writer *w, cni_c_model *child);

/* ---- write_c_loss.c ---- */

/* Has the table, and has each column, a name that a model can have? */
bool cni_c_names_fit(const cni_ddl_table *table);
/* Why there can be no model of the table; NULL: there can. */
const char *cni_c_table_reason(const cni_c_model *model);
/* Why a model would be refused with this foreign key; NULL: it would not. Those of the model that
 * were asked before are in its list already. */
const char *cni_c_foreign_reason(cni_c_writer *w, const cni_c_model *child,
	const cni_c_model *parent, const cni_ddl_constraint *key);
void cni_c_comment(
	cni_buffer *out, const char *text, const char *indent); /* text inside a C comment */

void cni_c_write_losses(
	cni_c_writer *w, const cni_c_model *model); /* the comment above it, if there is any */
void cni_c_write_struct(cni_c_writer *w, const cni_c_model *model);
void cni_c_write_model(cni_c_writer *w, const cni_c_model *model);

#endif
