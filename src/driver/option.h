/*
 * option.h - reading the options of a database URI: the same values and the same errors for every
 * engine.
 *
 * Source: src/driver/option.c
 */
#ifndef CNI_DRIVER_OPTION_H
#define CNI_DRIVER_OPTION_H

#include <stdint.h>

#include <cantil/error.h>

#include "base/uri.h"

/* CN_EARG; `expected`: "a number from 0 to 9". */
cn_status cni_option_wrong(const cni_uri_option *option, const char *expected, cn_error *err);
/* Its place in the list, which ends with NULL; letter case does not count. */
cn_status cni_option_one_of(const cni_uri_option *option, const char *const *list,
	const char *expected, int *ret, cn_error *err) CN_MUST_CHECK;
cn_status cni_option_number(const cni_uri_option *option, int64_t min, int64_t max,
	const char *expected, int64_t *ret, cn_error *err) CN_MUST_CHECK;

#endif
