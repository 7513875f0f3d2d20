/* hash.c - the fast hash and random bytes; SHA-256 is in sha256.c. */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Multiply to 128 bits and fold: every bit of both words reaches every bit of the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static const uint64_t KEY_A = 0x9E3779B97F4A7C15u, KEY_B = 0xD1B54A32D192ED03u;

/* Bytes as a little-endian number, so that the hash is the same on every machine. */
static uint64_t load(const unsigned char *p, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

uint64_t cni_hash64(const void *data, size_t size, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t hash = mix(seed ^ KEY_A, (uint64_t)size ^ KEY_B);

	for (; size >= 16; p += 16, size -= 16)
		hash = mix(load(p, 8) ^ KEY_B ^ hash, load(p + 8, 8) ^ KEY_A);
	if (size > 8)
		hash = mix(load(p, 8) ^ KEY_B ^ hash, load(p + 8, size - 8) ^ KEY_A);
	else if (size)
		hash = mix(load(p, size) ^ KEY_B ^ hash, KEY_A);
	return mix(hash ^ KEY_A, KEY_B);
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
