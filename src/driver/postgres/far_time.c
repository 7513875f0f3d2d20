/* far_time.c - times outside of the years 0 to 9999, which PostgreSQL can hold: 4713 BC to 294276.
 * They are written as the server writes them, "12345-06-07 08:09:10", "0044-03-15 BC". */
#include "base/clock.h"
#include "driver/postgres/postgres.h"
#include "driver/postgres/wire_bytes.h"

#define DAY_US      INT64_C(86400000000)
#define FIRST_US    INT64_C(-62167219200000000) /* the year 0 */
#define BEHIND_US   INT64_C(253402300800000000) /* the year 10000 */
#define CYCLE_DAYS  INT64_C(146097)             /* 400 years, after which the calendar repeats */
#define CYCLE_YEARS 400

bool cni_pg_time_fits(int64_t us) { return us >= FIRST_US && us < BEHIND_US; }

/* The same day in a cycle that the clock can write, and how many years it is away. */
static int32_t near_day(int64_t days, int64_t *ret_years)
{
	int64_t cycles = 0, days_of_1970 = days + CNI_PG_EPOCH_DAYS;

	while (days_of_1970 < 0) {
		days_of_1970 += CYCLE_DAYS;
		cycles--;
	}
	while (days_of_1970 > CYCLE_DAYS) {
		days_of_1970 -= CYCLE_DAYS;
		cycles++;
	}
	*ret_years = cycles * CYCLE_YEARS;
	return (int32_t)days_of_1970;
}

/* Returns whether " BC" is to follow. */
static bool write_day(cni_buffer *out, int64_t days)
{
	char text[CNI_TIME_TEXT];
	int64_t years;

	cni_date_text(near_day(days, &years), text);
	years += (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
		 (text[3] - '0');
	cni_buffer_printf(out, "%04lld%.6s", (long long)(years > 0 ? years : 1 - years), text + 4);
	return years <= 0;
}

void cni_pg_far_date(cni_buffer *out, int64_t days)
{
	if (write_day(out, days))
		cni_buffer_puts(out, " BC");
}

void cni_pg_far_time(cni_buffer *out, int64_t us)
{
	char text[CNI_TIME_TEXT];
	int64_t days = us / DAY_US, rest = us % DAY_US;

	if (rest < 0) {
		rest += DAY_US;
		days--;
	}
	bool before_christ = write_day(out, days);
	cni_time_text(rest, true, text);
	int size = 0;
	while (text[11 + size] && text[11 + size] != 'Z')
		size++;
	cni_buffer_printf(out, " %.*s%s", size, text + 11, before_christ ? " BC" : "");
}
