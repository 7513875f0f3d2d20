/* hash.h - a fast 64-bit hash for comparing contents, SHA-256 for files, random bytes. */
#ifndef CNI_BASE_HASH_H
#define CNI_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Multiplies to 128 bits and folds: every bit of both words reaches every bit of the result. */
static inline uint64_t cni_hash_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 cni_wide;
	cni_wide product = (cni_wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Not cryptographic; the same on every machine; chain by passing the last result as seed. */
uint64_t cni_hash64(const void *data, size_t size, uint64_t seed);

typedef struct cni_sha256 {
	uint32_t state[8];
	uint64_t bytes;
	unsigned char block[64];
	bool asked, cpu; /* has the processor instructions for it? */
} cni_sha256;

void cni_sha256_init(cni_sha256 *sha);
void cni_sha256_add(cni_sha256 *sha, const void *data, size_t size);
void cni_sha256_hex(cni_sha256 *sha, char out[65]);                /* ends it */
void cni_sha256_text(const void *data, size_t size, char out[65]); /* all at once */

/* Random bytes from the system; never fails on a system that has started. */
void cni_random(void *out, size_t size);
void cni_random_hex(char *out, size_t digits); /* digits + NUL */

#endif
