/* option.c - see option.h. */
#include "driver/option.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/try.h"

cn_status cni_option_wrong(const cni_uri_option *option, const char *expected, cn_error *err)
{
	cn_error_set(
		err, CN_EARG, "database URI: %s=%s is not possible", option->name, option->value);
	cn_error_hint(err, "%s is %s", option->name, expected);
	return CN_EARG;
}

cn_status cni_option_one_of(const cni_uri_option *option, const char *const *list,
	const char *expected, int *ret, cn_error *err)
{
	for (int i = 0; list[i]; i++)
		if (cni_same(option->value, list[i])) {
			*ret = i;
			return CN_OK;
		}
	return cni_option_wrong(option, expected, err);
}

cn_status cni_option_number(const cni_uri_option *option, int64_t min, int64_t max,
	const char *expected, int64_t *ret, cn_error *err)
{
	char *end = NULL;

	errno = 0;
	long long value = strtoll(option->value, &end, 10);
	if (errno || end == option->value || *end || value < min || value > max)
		return cni_option_wrong(option, expected, err);
	*ret = value;
	return CN_OK;
}
