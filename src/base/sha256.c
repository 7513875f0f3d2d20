/* sha256.c - SHA-256 as FIPS 180-4 has it: for checksums of revision files and backups. */
#include <string.h>

#include "base/hash.h"
#include "base/sha256.h"

const uint32_t cni_sha256_roots[64] = {
	/* clang-format off */
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
	/* clang-format on */
};

static inline uint32_t turn(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static inline uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* One round. Instead of moving the eight words along, the next round calls them by other names. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                      \
	do {                                                                                  \
		uint32_t t = (h) + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +                 \
			     ((g) ^ ((e) & ((f) ^ (g)))) + cni_sha256_roots[i] + w[(i) % 16]; \
		(d) += t;                                                                     \
		(h) = t + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +                          \
		      (((a) & (b)) | ((c) & ((a) | (b))));                                    \
	} while (0)

/* Word i of the message from the sixteen before it, which are all that is kept. */
static inline void extend(uint32_t w[16], int i)
{
	uint32_t near = w[(i + 1) % 16], far = w[(i + 14) % 16];

	w[i % 16] += (turn(near, 7) ^ turn(near, 18) ^ near >> 3) + w[(i + 9) % 16] +
		     (turn(far, 17) ^ turn(far, 19) ^ far >> 10);
}

/* NOLINTNEXTLINE(readability-function-size): a ROUND is one statement to a reader */
static void block(uint32_t state[8], const unsigned char *p)
{
	uint32_t w[16], s[8];

	memcpy(s, state, sizeof s);
	for (size_t i = 0; i < 16; i++)
		w[i] = big_endian(p + 4 * i);
#pragma GCC unroll 8
	for (int i = 0; i < 64; i += 8) {
		for (int k = i; i >= 16 && k < i + 8; k++)
			extend(w, k);
		ROUND(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], i);
		ROUND(s[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], i + 1);
		ROUND(s[6], s[7], s[0], s[1], s[2], s[3], s[4], s[5], i + 2);
		ROUND(s[5], s[6], s[7], s[0], s[1], s[2], s[3], s[4], i + 3);
		ROUND(s[4], s[5], s[6], s[7], s[0], s[1], s[2], s[3], i + 4);
		ROUND(s[3], s[4], s[5], s[6], s[7], s[0], s[1], s[2], i + 5);
		ROUND(s[2], s[3], s[4], s[5], s[6], s[7], s[0], s[1], i + 6);
		ROUND(s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[0], i + 7);
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

void cni_sha256_blocks(uint32_t state[8], const unsigned char *data, size_t count)
{
	for (; count; count--, data += 64)
		block(state, data);
}

/* Asking the processor takes as long as some KB do (on a virtual machine 30 µs): what is short is
 * hashed before it has answered. */
static void blocks(cni_sha256 *sha, const unsigned char *data, size_t count)
{
	enum { WORTH_ASKING = 64 << 10 }; /* bytes */

	if (!sha->asked && sha->bytes >= WORTH_ASKING) {
		sha->asked = true;
		sha->cpu = cni_sha256_has_cpu();
	}
	if (sha->cpu)
		cni_sha256_blocks_cpu(sha->state, data, count);
	else
		cni_sha256_blocks(sha->state, data, count);
}

void cni_sha256_init(cni_sha256 *sha)
{
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	*sha = (cni_sha256){0};
	memcpy(sha->state, start, sizeof start);
}

void cni_sha256_add(cni_sha256 *sha, const void *data, size_t size)
{
	const unsigned char *p = data;
	size_t have = sha->bytes % 64;

	sha->bytes += size;
	if (have && have + size >= 64) {
		memcpy(sha->block + have, p, 64 - have);
		blocks(sha, sha->block, 1);
		p += 64 - have;
		size -= 64 - have;
		have = 0;
	}
	if (size >= 64) {
		blocks(sha, p, size / 64);
		p += size / 64 * 64;
		size %= 64;
	}
	if (size)
		memcpy(sha->block + have, p, size);
}

void cni_sha256_hex(cni_sha256 *sha, char out[65])
{
	uint64_t bits = sha->bytes * 8;
	unsigned char tail[72] = {0x80};
	size_t pad = 64 - (sha->bytes + 8) % 64; /* 1 to 64 bytes, then the length */

	for (int i = 0; i < 8; i++)
		tail[pad + (size_t)i] = (unsigned char)(bits >> (56 - 8 * i));
	cni_sha256_add(sha, tail, pad + 8);
	for (size_t i = 0; i < 32; i++) {
		unsigned byte = sha->state[i / 4] >> (24 - 8 * (i % 4)) & 0xFF;
		out[2 * i] = "0123456789abcdef"[byte >> 4];
		out[2 * i + 1] = "0123456789abcdef"[byte & 15];
	}
	out[64] = '\0';
}

void cni_sha256_text(const void *data, size_t size, char out[65])
{
	cni_sha256 sha;

	cni_sha256_init(&sha);
	cni_sha256_add(&sha, data, size);
	cni_sha256_hex(&sha, out);
}
