/* sha256.h - the two ways to take whole blocks of 64 bytes into a SHA-256; hash.h is what others
 * use. */
#ifndef CNI_BASE_SHA256_H
#define CNI_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
extern const uint32_t cni_sha256_roots[64];

/* On any machine. Source: sha256.c */
void cni_sha256_blocks(uint32_t state[8], const unsigned char *data, size_t count);

/* With the processor's own instructions; only where it says that it has them. Asking it costs as
 * much as hashing some KB on a virtual machine. Source: sha256_cpu.c */
bool cni_sha256_has_cpu(void);
void cni_sha256_blocks_cpu(uint32_t state[8], const unsigned char *data, size_t count);

#endif
