/*
 * tuple.h - the row under a cursor, as the engine holds it: looked into, or put into a struct.
 *
 * The way of a list of rows is: the engine's value, straight into its member. What a member usually
 * holds (an integer in an int64_t, a text in a char pointer) the driver puts there itself; for the
 * rest it calls the shape's owner with a boxed value. A driver that has no way of its own is used
 * through boxed values for all.
 *
 *     static int take(const cni_tuple *row, void *ctx, cn_error *err)
 *     {
 *             struct author *a = next_author(ctx);
 *             return cni_tuple_fill(row, 0, &author_shape, a, &texts, err);
 *     }
 *     TRY(cni_stmt_tuples(stmt, take, ctx, err));
 *
 * Source: src/driver/tuple.c
 */
#ifndef CNI_DRIVER_TUPLE_H
#define CNI_DRIVER_TUPLE_H

#include "base/texts.h"
#include "driver/driver.h"

/* The value that goes into a member without more ado. */
typedef enum cni_slot_kind {
	CNI_SLOT_OTHER = 0,   /* none: the shape's owner is asked */
	CNI_SLOT_INT64,       /* an integer: int64_t */
	CNI_SLOT_INT32,       /* an integer that fits: int32_t */
	CNI_SLOT_BOOL,        /* 0 or 1: bool */
	CNI_SLOT_DOUBLE,      /* a double: double */
	CNI_SLOT_TEXT,        /* a text without a NUL inside, or NULL: char pointer */
	CNI_SLOT_NULL_INT64,  /* an integer or NULL: cn_null_int64 */
	CNI_SLOT_NULL_DOUBLE, /* a double or NULL: cn_null_double */
} cni_slot_kind;

typedef struct cni_slot {
	uint32_t offset; /* of the member */
	uint32_t kind;   /* cni_slot_kind */
} cni_slot;

typedef struct cni_shape { /* how a row's columns come into a struct */
	const cni_slot *slots;
	size_t count;
	/* a value that is not the usual one, of the column `index` of the shape */
	cn_status (*other)(const struct cni_shape *shape, size_t index, void *into,
		const cn_value *value, cni_texts *texts, cn_error *err);
	const void *owner; /* for `other` */
} cni_shape;

struct cni_tuple { /* good until the cursor moves, or the callback returns */
	const struct cni_tuple_ops *ops;
	void *native;
	size_t count; /* of columns */
};

typedef struct cni_tuple_ops {
	cn_value (*value)(const cni_tuple *row, size_t index); /* NONE: out of memory */
	bool (*integer)(const cni_tuple *row, size_t index, int64_t *ret);
	cn_status (*fill)(const cni_tuple *row, size_t first, const cni_shape *shape, void *into,
		cni_texts *texts, cn_error *err);
} cni_tuple_ops;

/* Sets the members that the shape names, from the columns `first` and those behind it; members are
 * set even where they were not zero before. Texts are copied into `texts`, or, if that says so,
 * borrowed for as long as the row is good. */
static inline cn_status cni_tuple_fill(const cni_tuple *row, size_t first, const cni_shape *shape,
	void *into, cni_texts *texts, cn_error *err)
{
	return row->ops->fill(row, first, shape, into, texts, err);
}

/* False: it is no integer. */
static inline bool cni_tuple_integer(const cni_tuple *row, size_t index, int64_t *ret)
{
	return row->ops->integer(row, index, ret);
}

/* Borrowed. CN_TYPE_NONE: out of memory while it was converted. */
static inline cn_value cni_tuple_value(const cni_tuple *row, size_t index)
{
	return row->ops->value(row, index);
}

/* The row that the last step has yielded. */
cni_tuple cni_stmt_here(cni_stmt *stmt);

/* A row of boxed values, which must live as long. */
cni_tuple cni_tuple_of(const cn_value *values, size_t count);

/* Calls fn for every row as cni_stmt_each does. */
cn_status cni_stmt_tuples(cni_stmt *stmt, cni_take_fn fn, void *ctx, cn_error *err) CN_MUST_CHECK;

/* Filling through boxed values: for drivers that have no better way. */
bool cni_tuple_integer_boxed(const cni_tuple *row, size_t index, int64_t *ret);
/* One column of it: the shape's slot i. */
cn_status cni_tuple_fill_slot(const cni_tuple *row, size_t first, const cni_shape *shape, size_t i,
	void *into, cni_texts *texts, cn_error *err);
cn_status cni_tuple_fill_boxed(const cni_tuple *row, size_t first, const cni_shape *shape,
	void *into, cni_texts *texts, cn_error *err);

#endif
