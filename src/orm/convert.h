/*
 * convert.h - between a struct's member and a boxed value.
 *
 * Nothing is lost on the way: what does not fit its member, or its column, is an error that names
 * the member, and the member stays as it was.
 */
#ifndef CNI_ORM_CONVERT_H
#define CNI_ORM_CONVERT_H

#include <string.h>

#include <cantil/model.h>

#include "base/texts.h"

/* Sets the member. Texts and blobs are copied into `texts`, or borrowed when that is NULL; or when
 * it says so, and the member is nothing that the program may write into. */
cn_status cni_decode(const cn_column *column, void *row, const cn_value *value, cni_texts *texts,
	cn_error *err) CN_MUST_CHECK;

/* The member as it is bound to a statement, after checking that the column can hold it: UTF-8,
 * length, range. Borrowed from the row. */
cn_status cni_encode(
	const cn_column *column, const void *row, cn_value *ret, cn_error *err) CN_MUST_CHECK;

/* Is the member 0, NULL, or an empty char[N]: what a program that says nothing leaves there? */
bool cni_member_is_zero(const cn_column *column, const void *row);

/* Do the two rows hold the same in this member? */
bool cni_member_equal(const cn_column *column, const void *a, const void *b);

/* Copies the member from one row to another, its text or blob into `texts`. False: out of memory.
 */
bool cni_member_copy(const cn_column *column, void *to, const void *from, cni_texts *texts);

/* ---- convert_exact.c: members whose values are held to more than their C type ---- */

cn_status cni_clock_set(
	const cn_column *column, void *member, const cn_value *value, cn_error *err) CN_MUST_CHECK;
cn_status cni_decimal_set(
	const cn_column *column, void *member, const cn_value *value, cn_error *err) CN_MUST_CHECK;
cn_status cni_uuid_set(
	const cn_column *column, void *member, const cn_value *value, cn_error *err) CN_MUST_CHECK;
cn_status cni_enum_set(
	const cn_column *column, void *member, const cn_value *value, cn_error *err) CN_MUST_CHECK;
cn_value cni_enum_get(const cn_column *column, const void *member); /* NONE: it has no name */
int64_t cni_enum_index(const cn_column *column, const void *member);
size_t cni_enum_count(const cn_column *column);
/* Before a text is written: a decimal, uuid or document that is one. */
cn_status cni_exact_check(
	const cn_column *column, const cn_value *value, cn_error *err) CN_MUST_CHECK;
/* `member "price": the integer 7 does not fit WHAT` */
cn_status cni_misfit(
	const cn_column *column, const cn_value *value, const char *what, cn_error *err);
/* An integer member of any size that has room for it. convert.c */
cn_status cni_integer_set(
	const cn_column *column, void *member, const cn_value *value, cn_error *err) CN_MUST_CHECK;

bool cni_storage_nullable(cn_storage storage);
bool cni_storage_text(cn_storage storage);
bool cni_storage_integer(cn_storage storage); /* not bool */
bool cni_storage_pointer(cn_storage storage); /* text or bytes that lie elsewhere */

static inline const void *cni_member(const cn_column *column, const void *row)
{
	return (const char *)row + column->offset;
}

static inline void *cni_member_at(const cn_column *column, void *row)
{
	return (char *)row + column->offset;
}

/* The same bytes, which is quickly seen; what differs may be equal all the same. */
static inline bool cni_member_same(const cn_column *column, const void *a, const void *b)
{
	const void *x = cni_member(column, a), *y = cni_member(column, b);

	if (column->size == sizeof(uint64_t)) {
		uint64_t u, v;
		memcpy(&u, x, sizeof u);
		memcpy(&v, y, sizeof v);
		return u == v;
	}
	return !memcmp(x, y, column->size);
}

#endif
