/* exact.h - decimals and uuids as text, in memory that knows its size; and whether a text is JSON.
 */
#ifndef CNI_BASE_EXACT_H
#define CNI_BASE_EXACT_H

#include <stddef.h>

#include <cantil/types.h>

/* As cn_decimal_parse and cn_uuid_parse; the text needs no NUL. */
bool cni_decimal_read(const char *text, size_t size, cn_decimal *ret);
bool cni_uuid_read(const char *text, size_t size, cn_uuid *ret);

size_t cni_decimal_scale(const cn_decimal *value);  /* digits behind the point */
size_t cni_decimal_digits(const cn_decimal *value); /* in all */
/* Adds or takes zeros behind the point; false: a digit would be lost, or there is no room. */
bool cni_decimal_rescale(cn_decimal *value, size_t scale);

/* RFC 8259; at most 200 levels deep. UTF-8 is not checked. */
bool cni_json_valid(const char *text, size_t size);

#endif
