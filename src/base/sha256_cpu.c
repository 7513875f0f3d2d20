/* sha256_cpu.c - SHA-256 with the instructions that x86 processors have for it since 2016. */
#include "base/sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

bool cni_sha256_has_cpu(void)
{
	enum { SSSE3 = 1 << 9, SSE41 = 1 << 19, SHA = 1 << 29 };
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (SSSE3 | SSE41)) != (SSSE3 | SSE41))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & SHA);
}

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

typedef struct halves { /* of the state, in the order in which the instructions want it */
	__m128i abef, cdgh;
} halves;

WITH_SHA static inline __m128i load(const void *at) { return _mm_loadu_si128(at); }

WITH_SHA static inline halves take_state(const uint32_t state[8])
{
	__m128i cdab = _mm_shuffle_epi32(load(state), 0xB1);
	__m128i efgh = _mm_shuffle_epi32(load(state + 4), 0x1B);

	return (halves){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

WITH_SHA static inline void put_state(uint32_t state[8], halves h)
{
	__m128i feba = _mm_shuffle_epi32(h.abef, 0x1B);
	__m128i dchg = _mm_shuffle_epi32(h.cdgh, 0xB1);

	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Rounds 4n to 4n + 3 with their four words. */
WITH_SHA static inline void four(halves *h, __m128i words, size_t n)
{
	__m128i sum = _mm_add_epi32(words, load(cni_sha256_roots + 4 * n));

	h->cdgh = _mm_sha256rnds2_epu32(h->cdgh, h->abef, sum);
	h->abef = _mm_sha256rnds2_epu32(h->abef, h->cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

WITH_SHA void cni_sha256_blocks_cpu(uint32_t state[8], const unsigned char *data, size_t count)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	halves h = take_state(state);

	for (; count; count--, data += 64) {
		const halves before = h;
		__m128i w[4]; /* the last sixteen words; a ring */
		for (size_t n = 0; n < 4; n++) {
			w[n] = _mm_shuffle_epi8(load(data + 16 * n), swap);
			four(&h, w[n], n);
		}
#pragma GCC unroll 12
		for (size_t n = 4; n < 16; n++) {
			__m128i next = _mm_sha256msg1_epu32(w[n % 4], w[(n + 1) % 4]);
			next = _mm_add_epi32(
				next, _mm_alignr_epi8(w[(n + 3) % 4], w[(n + 2) % 4], 4));
			w[n % 4] = _mm_sha256msg2_epu32(next, w[(n + 3) % 4]);
			four(&h, w[n % 4], n);
		}
		h.abef = _mm_add_epi32(h.abef, before.abef);
		h.cdgh = _mm_add_epi32(h.cdgh, before.cdgh);
	}
	put_state(state, h);
}

#else

bool cni_sha256_has_cpu(void) { return false; }

void cni_sha256_blocks_cpu(uint32_t state[8], const unsigned char *data, size_t count)
{
	cni_sha256_blocks(state, data, count);
}

#endif
