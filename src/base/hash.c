/* hash.c - the fast hash and random bytes; SHA-256 is in sha256.c. */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const uint64_t KEY_A = 0x9E3779B97F4A7C15u, KEY_B = 0xD1B54A32D192ED03u;

/* Bytes as a little-endian number, so that the hash is the same on every machine. The size is a
 * constant wherever it is called: one instruction. */
static inline uint64_t load(const unsigned char *p, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

/* Up to 16 bytes as two words that overlap where they are fewer: no loop, no branch by byte. */
static inline void load_short(const unsigned char *p, size_t size, uint64_t *a, uint64_t *b)
{
	if (size >= 8) {
		*a = load(p, 8);
		*b = load(p + size - 8, 8);
	} else if (size >= 4) {
		*a = load(p, 4);
		*b = load(p + size - 4, 4);
	} else if (size) {
		*a = (uint64_t)p[0] << 16 | (uint64_t)p[size / 2] << 8 | p[size - 1];
		*b = 0;
	} else {
		*a = *b = 0;
	}
}

uint64_t cni_hash64(const void *data, size_t size, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t a, b, hash = seed ^ KEY_A;

	/* the last 1 to 16 bytes are what is left over */
	for (size_t left = size; left > 16; p += 16, left -= 16)
		hash = cni_hash_mix(load(p, 8) ^ KEY_B, load(p + 8, 8) ^ hash);
	load_short(p, size > 16 ? (size - 1) % 16 + 1 : size, &a, &b);
	hash = cni_hash_mix(a ^ KEY_B, b ^ hash);
	return cni_hash_mix(hash ^ KEY_A, (uint64_t)size ^ KEY_B);
}

void cni_random(void *out, size_t size)
{
	unsigned char *at = out;

	while (size) {
		ssize_t n = getrandom(at, size > 256 ? 256 : size, 0);
		if (n < 0)
			continue; /* EINTR; nothing else can happen for 256 bytes from a started
				     system */
		at += n;
		size -= (size_t)n;
	}
}

void cni_random_hex(char *out, size_t digits)
{
	for (size_t i = 0; i < digits; i++) {
		unsigned char byte;
		cni_random(&byte, 1);
		out[i] = "0123456789abcdef"[byte & 15];
	}
	out[digits] = '\0';
}
