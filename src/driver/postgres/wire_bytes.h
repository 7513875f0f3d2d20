/* wire_bytes.h - numbers in the order in which the protocol sends them: the highest byte first. */
#ifndef CNI_DRIVER_POSTGRES_WIRE_BYTES_H
#define CNI_DRIVER_POSTGRES_WIRE_BYTES_H

#include <stdint.h>
#include <string.h>

/* 1970-01-01 is so long before 2000-01-01, where PostgreSQL begins to count. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#define cni_pg_swap32(v) (v)
#define cni_pg_swap64(v) (v)
#else
#define cni_pg_swap32(v) __builtin_bswap32(v)
#define cni_pg_swap64(v) __builtin_bswap64(v)
#endif

#define CNI_PG_EPOCH_DAYS 10957
#define CNI_PG_EPOCH_US   INT64_C(946684800000000)

static inline void cni_pg_put16(char *out, uint16_t v)
{
	out[0] = (char)(v >> 8);
	out[1] = (char)v;
}

static inline void cni_pg_put32(char *out, uint32_t v)
{
	uint32_t swapped = cni_pg_swap32(v);
	memcpy(out, &swapped, 4);
}

static inline void cni_pg_put64(char *out, uint64_t v)
{
	uint64_t swapped = cni_pg_swap64(v);
	memcpy(out, &swapped, 8);
}

static inline uint16_t cni_pg_get16(const char *p)
{
	return (uint16_t)((unsigned char)p[0] << 8 | (unsigned char)p[1]);
}

static inline uint32_t cni_pg_get32(const char *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return cni_pg_swap32(v);
}

static inline uint64_t cni_pg_get64(const char *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return cni_pg_swap64(v);
}

#endif
