/* write_c.h - what the files that write a schema as C models share. */
#ifndef CNI_SCHEMA_WRITE_C_H
#define CNI_SCHEMA_WRITE_C_H

#include "schema/schema.h"

/* ---- names: c_name.c ---- */

typedef struct cni_c_names { /* taken in one scope */
	const char **list;
	size_t count;
} cni_c_names;

/* Is it taken? C is exact about letters. */
bool cni_c_names_has(const cni_c_names *names, const char *name);
bool cni_c_names_add(cni_arena *arena, cni_c_names *names, const char *name);

/* A member for a column: the name itself if C can have it, else one made of its letters; taken in
 * `names`. */
const char *cni_c_member(cni_arena *arena, cni_c_names *names, const char *sql_name);
/* A type for a table: Product for product, OrderItem for order_item, Producer for Producer. */
const char *cni_c_type_name(cni_arena *arena, cni_c_names *names, const char *sql_name);
/* "producer" for the relation that a column `id_Producer`, `producer_id` or `producerId` stands
 * for; NULL: it does not look like one. */
const char *cni_c_relation(cni_arena *arena, const char *column);
/* "product" for Product, "order_items" for "order items". */
const char *cni_c_lower_name(cni_arena *arena, const char *name);
/* "products" for Product, "order_entries" for order_entry. */
const char *cni_c_plural(cni_arena *arena, const char *name);

/* A C string literal, over several lines where the text has them. */
void cni_c_string(cni_buffer *out, const char *text, const char *indent);

/* ---- types: c_type.c ---- */

typedef struct cni_c_type {
	const char *type;      /* "int64_t ", "const char *": the name follows at once */
	const char *null_type; /* the same, for a column that can be NULL; NULL: `type` can */
	const char *inferred;  /* the declared type that the model infers from it; NULL: from length
				  or precision */
	unsigned length;       /* VARCHAR(length) */
	unsigned precision, scale; /* NUMERIC(precision, scale) */
} cni_c_type;

cni_c_type cni_c_type_of(const char *declared);

/* ---- views: c_view.c ---- */

typedef struct cni_c_view_column {
	const char *name;
	const cni_ddl_column *column; /* the table's column that it shows; NULL: an expression */
	cni_c_type type;
} cni_c_view_column;

/* The columns that a view yields, as far as its text tells; 0 when it does not. */
size_t cni_c_view_columns(cni_arena *arena, const cni_schema *schema, const cni_ddl_view *view,
	cni_c_view_column **ret);

#endif
