/*
 * layout.h - a model worked out once: its columns, keys, references and relations by index, and the
 * SQL that never changes. What the session runs on.
 *
 * Invariants: everything lives in the registry's arena and is constant once the registry is built,
 * so threads may share it. Models and their texts are borrowed from the program.
 */
#ifndef CNI_ORM_LAYOUT_H
#define CNI_ORM_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include <cantil/model.h>

#include "base/arena.h"
#include "driver/tuple.h"

typedef struct cni_layout cni_layout;
typedef struct cni_registry cni_registry;

enum { CNI_KEY_MAX = 8 }; /* columns of a primary key, or of a reference */

typedef struct cni_field {
	const cn_column *column;
	const char *name, *quoted;
	size_t offset;      /* the column's, where it is looked at for every row */
	cn_storage storage; /* the same */
	bool nullable;
	bool key;     /* one of the primary key's columns */
	bool written; /* not generated */
} cni_field;

typedef struct cni_foreign { /* a reference to another table */
	size_t fields[CNI_KEY_MAX], parent_fields[CNI_KEY_MAX], count;
	cni_layout *parent;
	bool to_key;      /* parent_fields are the parent's primary key, in its order */
	bool bare;        /* said without columns: REFERENCES parent */
	const char *name; /* NULL: by the convention */
	cn_action on_delete, on_update;
	bool deferrable;
	bool at_column; /* said at its one column */
} cni_foreign;

typedef struct cni_link { /* a relation, both ends known */
	const cn_relation *relation;
	cn_relation_kind kind; /* of each half of a many-to-many: has many, belongs to */
	cni_layout *owner, *target;
	size_t fields[CNI_KEY_MAX], target_fields[CNI_KEY_MAX], count;
	bool to_key;   /* target_fields are the target's primary key, in its order */
	bool int_join; /* one column, which is an int64_t or cn_null_int64 on both sides */
	const struct cni_link
		*back; /* the target's belongs-to over the same columns, of a has-many; or NULL */
	/* many to many: to the table between, and from there on */
	const struct cni_link *near, *far;
} cni_link;

struct cni_layout {
	const cn_model *model;
	const char *name, *quoted;       /* the struct's name; the table's name, quoted */
	const cn_table_options *options; /* never NULL */
	cni_field *fields;
	size_t field_count;
	size_t key[CNI_KEY_MAX], key_count;
	const char *key_name; /* of the constraint; NULL: by the convention */
	bool int_key;         /* the key is one int64_t, as of most tables, at key_offset */
	size_t key_offset;
	long row_number;   /* the field that is an INTEGER PRIMARY KEY, or -1 */
	long version;      /* the field that counts updates, or -1 */
	bool touched;      /* a column has .on_update_sql */
	bool has_defaults; /* a member that is left 0 may get a value from the program's side */
	bool has_chars;    /* a member is a text that the program may write into */
	bool kept;         /* rows are the session's: identity, changes written */
	cni_foreign *foreign;
	size_t foreign_count;
	cni_link *links;
	size_t link_count;
	unsigned rank;    /* parents have a lower one, cycles apart */
	bool cyclic;      /* references lead back to this table */
	size_t *fillable; /* fields that the database may fill in when a row is inserted */
	size_t fillable_count;
	cni_shape shape;         /* how its columns come into a struct */
	size_t align;            /* of the struct */
	const char *columns_sql; /* "id", "name" */
	const char *get_sql;     /* the row with this key; NULL without a key */
	const char *delete_sql;
};

static inline int64_t cni_int_key(const cni_layout *layout, const void *row)
{
	return *(const int64_t *)(const void *)((const char *)row + layout->key_offset);
}

struct cni_registry {
	cni_arena arena;
	const cn_model **models; /* NULL-terminated, as given */
	cni_layout **layouts;    /* of the models that have a struct, and of tables between */
	size_t layout_count;
	const cni_layout **slots; /* by the model's address */
	size_t slot_count;        /* a power of two */
};

/* Works the models out and checks them; models may be NULL. */
cn_status cni_registry_init(
	cni_registry *registry, const cn_model *const *models, cn_error *err) CN_MUST_CHECK;
void cni_registry_done(cni_registry *registry);

/* NULL when the model is not one of them. */
const cni_layout *cni_registry_find(const cni_registry *registry, const cn_model *model);

/* The struct's and the table's layout by name, NULL if there is none. Case of table names is
 * ignored. */
cni_layout *cni_registry_type(const cni_registry *registry, const char *type_name);
cni_layout *cni_registry_table(const cni_registry *registry, const char *table);

/* ---- the steps of cni_registry_init: a file each ---- */

/* One model by itself: fields, key, options. layout.c */
cn_status cni_layout_init(
	cni_layout *layout, const cn_model *model, cni_arena *arena, cn_error *err) CN_MUST_CHECK;
/* The indexes name columns that there are; after the keys are known. layout_check.c */
cn_status cni_layout_check(const cni_layout *layout, cni_arena *arena, cn_error *err) CN_MUST_CHECK;
/* Models of the tables between that no model declares; before the references. between.c */
cn_status cni_between_init(cni_registry *registry, cn_error *err) CN_MUST_CHECK;
/* Adds one of those. registry.c */
cn_status cni_registry_add(
	cni_registry *registry, const cn_model *model, cn_error *err) CN_MUST_CHECK;
/* References, ranks, cycles. references.c */
cn_status cni_references_init(cni_registry *registry, cn_error *err) CN_MUST_CHECK;
/* Are these columns the primary key, or unique together? references.c */
cn_status cni_fields_unique(const cni_layout *layout, const size_t *fields, size_t count, bool *ret,
	cni_arena *arena, cn_error *err) CN_MUST_CHECK;
/* Relations; after the references. relations.c */
cn_status cni_relations_init(cni_registry *registry, cn_error *err) CN_MUST_CHECK;

/* ---- helpers that they share ---- */

/* The table's name, not quoted. */
static inline const char *cni_layout_table(const cni_layout *layout)
{
	return layout->model->table ? layout->model->table : layout->name;
}

/* Index of the field with this SQL name (ASCII case ignored) or member name; -1. */
long cni_layout_field(const cni_layout *layout, const char *name);

/* Parses "a, b" into field indexes. `what` says whose list it is, for the message ("": the caller
 * says). */
cn_status cni_layout_fields(const cni_layout *layout, const char *columns, const char *what,
	size_t *ret_fields, size_t *ret_count, cni_arena *arena, cn_error *err) CN_MUST_CHECK;

/* Where a column's values go, and which of them without more ado. */
cni_slot cni_layout_slot(const cn_column *column);

/* Sets CN_ESCHEMA with `model "Product", member "price": ` before the message, and returns it. */
cn_status cni_member_fail(const cni_layout *layout, const char *member, cn_error *err,
	const char *fmt, ...) CN_PRINTF(4, 5);
cn_status cni_model_fail(const cn_model *model, cn_error *err, const char *fmt, ...)
	CN_PRINTF(3, 4);

/* Hint "did you mean …?" from the layout's columns, or else a list of them. */
void cni_hint_column(const cni_layout *layout, const char *name, cni_arena *arena, cn_error *err);

/* Kinds of values that a reference may join: 'i'nteger, 't'ext, 'r'eal, 'b'lob, 'T'ime, 'D'ate. */
char cni_type_class(cn_type type);

#endif
