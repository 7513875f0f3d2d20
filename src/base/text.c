/* text.c - see text.h. */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

size_t cni_utf8_cut(const char *text, size_t size)
{
	size_t start = size;

	/* step back over continuation bytes to the lead byte, and see whether its character is
	 * whole */
	while (start > 0 && size - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return size;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	return size - (start - 1) < need ? start - 1 : size;
}

bool cni_utf8_valid(const char *text, size_t size)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + size;

	while (p < end) {
		uint64_t eight;
		while (end - p >= 8 &&
			(memcpy(&eight, p, 8), !(eight & UINT64_C(0x8080808080808080))))
			p += 8;
		if (p < end && *p < 0x80) {
			p++;
			continue;
		}
		if (p == end)
			break;
		size_t more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : 1;
		uint32_t point = *p & (0x3Fu >> more);
		static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
		if (*p < 0xC2 || *p > 0xF4 || (size_t)(end - p) <= more)
			return false;
		for (size_t i = 1; i <= more; i++) {
			if ((p[i] & 0xC0) != 0x80)
				return false;
			point = point << 6 | (p[i] & 0x3Fu);
		}
		if (point < least[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
			return false;
		p += more + 1;
	}
	return true;
}

char cni_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

int cni_casecmp(const char *a, const char *b) { return cni_ncasecmp(a, b, SIZE_MAX); }

int cni_ncasecmp(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int d = (unsigned char)cni_lower(a[i]) - (unsigned char)cni_lower(b[i]);
		if (d || !a[i])
			return d;
	}
	return 0;
}

bool cni_same(const char *a, const char *b) { return a && b ? cni_casecmp(a, b) == 0 : a == b; }

bool cni_equal(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

bool cni_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool cni_ends(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

/* Levenshtein over one row; names longer than the row are never "near". */
size_t cni_distance(const char *a, const char *b)
{
	size_t row[65], n = strlen(a), m = strlen(b);

	if (n > 64 || m > 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t replace = diagonal + (cni_lower(a[i - 1]) != cni_lower(b[j - 1]));
			size_t remove = row[j] + 1, insert = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = replace < remove ? replace : remove;
			if (insert < row[j])
				row[j] = insert;
		}
	}
	return row[m];
}

const char *cni_nearest(const char *text, const char *const *candidates)
{
	const char *best = NULL;
	size_t best_distance = strlen(text) / 3 + 2; /* a third of the letters may be wrong */

	for (; *candidates; candidates++) {
		size_t d = cni_distance(text, *candidates);
		if (d < best_distance) {
			best = *candidates;
			best_distance = d;
		}
	}
	return best;
}
