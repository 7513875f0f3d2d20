/* try.h - passing a failure on in one line, and cleaning up at the end of a scope. Inside src/
 * only. */
#ifndef CNI_BASE_TRY_H
#define CNI_BASE_TRY_H

#include <cantil/error.h>

#define TRY(call)                           \
	do {                                \
		cn_status status_ = (call); \
		if (status_ < 0)            \
			return status_;     \
	} while (0)

/* `CLEANUP(cni_buffer_done) cni_buffer sql = {0};` runs cni_buffer_done(&sql) when the scope ends.
 */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Another line of detail behind those that the error has. NULL is allowed. Source: src/base/error.c
 */
void cni_error_more(cn_error *err, const char *fmt, ...) CN_PRINTF(2, 3);

#define CNI_COUNT(array) (sizeof(array) / sizeof *(array))

#endif
