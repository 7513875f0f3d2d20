/* c_type.c - the C type of a declared SQL type. See write_c.h; the other way round: cantil/model.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "schema/write_c.h"

static const cni_c_type boolean = {"bool ", "cn_null_bool ", "BOOLEAN", 0, 0, 0};
static const cni_c_type integer = {"int64_t ", "cn_null_int64 ", "INTEGER", 0, 0, 0};
static const cni_c_type real = {"double ", "cn_null_double ", "REAL", 0, 0, 0};
static const cni_c_type text = {"const char *", NULL, "TEXT", 0, 0, 0};
static const cni_c_type blob = {"cn_blob ", NULL, "BLOB", 0, 0, 0};
static const cni_c_type timestamp = {"cn_time ", "cn_null_time ", "TIMESTAMP", 0, 0, 0};
static const cni_c_type date = {"cn_date ", "cn_null_date ", "DATE", 0, 0, 0};

static bool starts_with(const char *declared, const char *word)
{
	return cni_ncasecmp(declared, word, strlen(word)) == 0;
}

/* Of "VARCHAR(100)" and "NUMERIC(10, 5)": the numbers; false when it is not that word with one or
 * two of them. */
static bool sizes(
	const char *declared, const char *word, unsigned long *ret_first, unsigned long *ret_second)
{
	const char *p = declared + strlen(word);
	char *end;

	if (!starts_with(declared, word) || p[strspn(p, " ")] != '(')
		return false;
	p += strspn(p, " ") + 1;
	*ret_first = strtoul(p, &end, 10);
	if (end == p || *ret_first > 1000000000)
		return false;
	end += strspn(end, " ");
	*ret_second = 0;
	if (*end == ',') {
		p = end + 1;
		*ret_second = strtoul(p, &end, 10);
		if (end == p || *ret_second > *ret_first)
			return false;
		end += strspn(end, " ");
	}
	return *end == ')' && !end[1];
}

/* Neither affinity nor name says how the values look: money is counted, the rest is read as text.
 */
static cni_c_type numeric_type(const char *declared)
{
	static const char *const counted[] = {
		"DEC", "NUM", "MONEY", "CURRENCY", "FIXED", "SMALLMONEY"};

	for (size_t i = 0; i < CNI_COUNT(counted); i++)
		if (starts_with(declared, counted[i]))
			return real;
	return text;
}

cni_c_type cni_c_type_of(const char *declared)
{
	unsigned long first, second;
	cni_c_type type;

	if (!declared || !*declared)
		return text;
	if (starts_with(declared, "BOOL"))
		return boolean;
	if (starts_with(declared, "TIMESTAMP") || starts_with(declared, "DATETIME"))
		return timestamp;
	if (cni_same(declared, "DATE"))
		return date;
	switch (cni_type_affinity(declared)) {
	case CNI_AFF_INTEGER: return integer;
	case CNI_AFF_REAL: return real;
	case CNI_AFF_BLOB: return blob;
	case CNI_AFF_TEXT:
		type = text;
		if (sizes(declared, "VARCHAR", &first, &second) && first && !second) {
			type.length = (unsigned)first;
			type.inferred = NULL;
		}
		return type;
	case CNI_AFF_NUMERIC: break;
	}
	type = numeric_type(declared);
	if (sizes(declared, "NUMERIC", &first, &second) && first) {
		type = real;
		type.precision = (unsigned)first;
		type.scale = (unsigned)second;
		type.inferred = NULL;
	}
	return type;
}
