/*
 * guard.h - what the HTTP library lets through and we do not. Pure.
 *
 * Two servers that read one byte stream differently are how requests are smuggled; so whatever can
 * be read in two ways is refused with 400 and the connection closed. Always on.
 */
#ifndef CNI_WEB_GUARD_H
#define CNI_WEB_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cantil/error.h>

typedef struct cni_header {
	const char *name, *value; /* NUL-terminated; sizes tell whether there is a NUL inside */
	size_t name_size, value_size;
} cni_header;

typedef struct cni_guard_input {
	const char *method, *target, *version;
	const cni_header *headers;
	size_t count;
	size_t header_bytes, body_bytes; /* limits */
	const char *const
		*hosts; /* the only values of Host that are taken; NULL: any well-formed one */
	uint16_t any_ip_port; /* with `hosts`: an IP literal with this port is taken too; 0: not */
} cni_guard_input;

/* 0 when the request may pass; else the HTTP status to answer with before closing, and why in err.
 */
int cni_guard_check(const cni_guard_input *input, cn_error *err);

/* The named header's first value; NULL: not sent. */
const char *cni_header_find(const cni_header *headers, size_t count, const char *name);

#endif
