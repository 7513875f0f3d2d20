/* clock.c - see clock.h. Days and civil dates are converted by counting, so no time zone can creep
 * in. */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SECONDS_A_DAY = 86400 };
static const int64_t MICRO = 1000000;

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * MICRO + t.tv_nsec / 1000;
}

int64_t cni_clock_us(void) { return now_us(CLOCK_REALTIME); }

int64_t cni_clock_mono_us(void) { return now_us(CLOCK_MONOTONIC); }

/* A year that begins in March puts the leap day at its end; 400 years (146097 days) repeat. */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t of_era = days - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = y + era * 400 + (*month <= 2);
}

void cni_date_text(int32_t days, char out[CNI_TIME_TEXT])
{
	int64_t year;
	int month, day;

	date_of(days, &year, &month, &day);
	snprintf(out, CNI_TIME_TEXT, "%04" PRId64 "-%02d-%02d", year, month, day);
}

void cni_time_text(int64_t us, bool fraction, char out[CNI_TIME_TEXT])
{
	int64_t seconds = us / MICRO, rest = us % MICRO;

	if (rest < 0) {
		rest += MICRO;
		seconds--;
	}
	int64_t days = seconds / SECONDS_A_DAY, of_day = seconds % SECONDS_A_DAY;
	if (of_day < 0) {
		of_day += SECONDS_A_DAY;
		days--;
	}
	int64_t year;
	int month, day;
	date_of(days, &year, &month, &day);
	int n = snprintf(out, CNI_TIME_TEXT, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d", year, month,
		day, (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
	if (n < 0 || n >= CNI_TIME_TEXT - 9)
		return;
	if (fraction && rest)
		n += snprintf(out + n, (size_t)(CNI_TIME_TEXT - n), ".%06d", (int)rest);
	snprintf(out + n, (size_t)(CNI_TIME_TEXT - n), "Z");
}

/* Exactly `digits` digits at *at, which moves on. */
static bool number(const char **at, int digits, int *ret)
{
	int value = 0;

	for (int i = 0; i < digits; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		value = value * 10 + ((*at)[i] - '0');
	}
	*at += digits;
	*ret = value;
	return true;
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool parse_date(const char **at, int64_t *ret_days)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;

	if (!number(at, 4, &year) || !take(at, '-') || !number(at, 2, &month) || !take(at, '-') ||
		!number(at, 2, &day) || month < 1 || month > 12 || day < 1)
		return false;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (day > length[month - 1] + (month == 2 && leap))
		return false;
	*ret_days = days_of(year, month, day);
	return true;
}

bool cni_date_parse(const char *text, int32_t *ret_days)
{
	int64_t days;

	if (!parse_date(&text, &days) || *text)
		return false;
	*ret_days = (int32_t)days;
	return true;
}

/* ".123456": digits past microseconds are dropped. */
static bool parse_fraction(const char **at, int64_t *ret_us)
{
	int64_t us = 0, unit = MICRO / 10;

	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		us += (**at - '0') * unit;
	*ret_us = us;
	return true;
}

static bool parse_zone(const char **at, int64_t *ret_seconds)
{
	int hours, minutes = 0;
	bool west = **at == '-';

	*ret_seconds = 0;
	if (take(at, 'Z') || !**at)
		return true;
	if (!take(at, '+') && !take(at, '-'))
		return false;
	if (!number(at, 2, &hours) || hours > 14)
		return false;
	(void)take(at, ':');
	if (**at && (!number(at, 2, &minutes) || minutes > 59))
		return false;
	*ret_seconds = (west ? -1 : 1) * (hours * INT64_C(3600) + minutes * INT64_C(60));
	return true;
}

bool cni_time_parse(const char *text, int64_t *ret_us)
{
	int64_t days, us = 0, zone = 0;
	int hour = 0, minute = 0, second = 0;

	if (!parse_date(&text, &days))
		return false;
	if (*text) {
		if (!take(&text, ' ') && !take(&text, 'T'))
			return false;
		if (!number(&text, 2, &hour) || !take(&text, ':') || !number(&text, 2, &minute))
			return false;
		if (take(&text, ':') && !number(&text, 2, &second))
			return false;
		if (take(&text, '.') && !parse_fraction(&text, &us))
			return false;
		if (!parse_zone(&text, &zone) || *text || hour > 23 || minute > 59 || second > 60)
			return false;
	}
	*ret_us = (days * SECONDS_A_DAY + hour * INT64_C(3600) + minute * INT64_C(60) + second -
			  zone) *
			  MICRO +
		  us;
	return true;
}
