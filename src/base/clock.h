/* clock.h - time as numbers and as ISO 8601 text, without gmtime's shared buffer or any time zone.
 */
#ifndef CNI_BASE_CLOCK_H
#define CNI_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t cni_clock_us(void);      /* since 1970, UTC */
int64_t cni_clock_mono_us(void); /* for durations */

enum { CNI_TIME_TEXT = 40 };
/* "2026-11-22T07:15:00Z"; with microseconds if there are any and `fraction`: "…00.123456Z". Years
 * 0-9999. */
void cni_time_text(int64_t us, bool fraction, char out[CNI_TIME_TEXT]);
/* Reads "YYYY-MM-DD[( |T)HH:MM[:SS[.frac]]][Z|+HH:MM]"; false if it is none. */
bool cni_time_parse(const char *text, int64_t *ret_us);
void cni_date_text(int32_t days, char out[CNI_TIME_TEXT]); /* "2026-11-22" */
bool cni_date_parse(const char *text, int32_t *ret_days);

#endif
