/*
 * device.c - a sensor log as a device would have it: one program, one database, nobody at a
 * keyboard.
 *
 *     device FILE log COUNT     take so many readings
 *     device FILE report        what is in the log
 *
 * Its migrations are compiled in (v1/ or v2/, whichever release it is built as). Whatever it is
 * started for, it brings the database up to date first: a log that the old release wrote, one that
 * an upgrade left in the middle of when the power failed, or none at all.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cantil/cantil.h>

#ifndef MIGRATIONS
#define MIGRATIONS "migrations.h"
#endif
#include MIGRATIONS

#ifndef RELEASE
#define RELEASE 2
#endif

enum { RAW_MAX = 1023, AT_ONCE = 1000 };

typedef struct Reading {
	int64_t id;
#if RELEASE >= 2
	int64_t sensor_id;
	cn_null_double celsius;
#endif
	int64_t raw; /* what the converter says, 0 to RAW_MAX */
	const char *taken_at;
} Reading;

#if RELEASE >= 2
typedef struct Sensor {
	int64_t id;
	const char *name;
} Sensor;
CN_MODEL(Sensor, "sensor",
	CN_COLUMN(Sensor, id, .primary_key = true),
	CN_COLUMN(Sensor, name, .not_null = true, .unique = true));
CN_MODEL(Reading, "reading",
	CN_COLUMN(Reading, id, .primary_key = true),
	CN_COLUMN(Reading, sensor_id, .references = "sensor.id"),
	CN_COLUMN(Reading, taken_at, .not_null = true, .default_sql = "CURRENT_TIMESTAMP"),
	CN_COLUMN(Reading, raw, .check_sql = "raw >= 0"),
	CN_COLUMN(Reading, celsius),
	CN_INDEX("taken_at", .name = "reading_taken_at"));
#define MODELS CN_MODELS(Sensor, Reading)
#else
CN_MODEL(Reading, "reading",
	CN_COLUMN(Reading, id, .primary_key = true),
	CN_COLUMN(Reading, taken_at, .not_null = true, .default_sql = "CURRENT_TIMESTAMP"),
	CN_COLUMN(Reading, raw));
#define MODELS CN_MODELS(Reading)
#endif

#if RELEASE >= 2
/* A thermistor of 10 kOhm and beta 3950 against a resistor of 10 kOhm; false at either end. */
static bool celsius_of(int64_t raw, double *ret)
{
	if (raw <= 0 || raw >= RAW_MAX)
		return false;
	double ratio = (double)raw / (double)(RAW_MAX - raw);
	*ret = 1.0 / (1.0 / 298.15 + log(ratio) / 3950.0) - 273.15;
	return true;
}

typedef struct conversion {
	cn_step *step;
	int64_t done, total;
} conversion;

static int convert(const cn_value *row, size_t count, void *ctx, cn_error *err)
{
	conversion *job = ctx;
	double celsius;
	(void)count;
	if (job->done++ % AT_ONCE == 0)
		cn_step_progress(job->step, "degrees of readings", job->done, job->total);
	if (!celsius_of(row[1].as.i, &celsius))
		return CN_OK;
	const cn_value values[] = {cn_double(celsius), row[0]};
	return cn_step_run(
		job->step, "UPDATE reading SET celsius = ?1 WHERE id = ?2", values, 2, err);
}

/* What revision log0003 calls: SQL has no logarithm. */
static cn_status degrees_of_readings(cn_step *step, cn_error *err)
{
	conversion job = {.step = step};
	cn_status status =
		cn_step_int(step, "SELECT count(*) FROM reading", NULL, 0, &job.total, err);
	if (status < 0)
		return status;
	return cn_step_each(step, "SELECT id, raw FROM reading", NULL, 0, convert, &job, err);
}

static const cn_data_migration steps[] = {
	{.revision = "log0003", .name = "celsius", .upgrade = degrees_of_readings},
	{0},
};
#else
static const cn_data_migration *const steps = NULL;
#endif

/* To the journal of the system, on a device. */
static void tell(const char *line, void *ctx)
{
	fprintf(stderr, "%s: %s\n", (const char *)ctx, line);
}

/* Up to date, or not at all: with the wrong tables nothing may be measured. */
static cn_status upgrade(cn_db *db, cn_error *err)
{
	char name[] = "device";
	cn_migrator_desc desc = {.embedded = &migrations,
		.data_steps = steps,
		.program = "device",
		.backup_folder = getenv("DEVICE_BACKUPS"),
		.notice = tell,
		.ctx = name};
	cn_migrator *migrator;
	size_t count;
	cn_status status = cn_db_migrator(db, &desc, &migrator, err);
	if (status < 0)
		return status;
	status = cn_migrator_upgrade(migrator, "head", &count, err);
	if (status >= 0 && count)
		fprintf(stderr, "device: %zu migrations\n", count);
	cn_migrator_free(migrator);
	return status;
}

static cn_status take_readings(cn_session *s, long count, cn_error *err)
{
#if RELEASE >= 2
	Sensor *sensor = cn_find(s, Sensor, "name = ?", "built-in");
	int64_t sensor_id = sensor ? sensor->id : 0;
#endif
	for (long i = 0; i < count; i++) {
		int64_t raw =
			(i * 7919 + 13) % (RAW_MAX + 1); /* a device would ask its converter */
#if RELEASE >= 2
		Reading *reading = cn_new(s, Reading, .sensor_id = sensor_id, .raw = raw);
		if (reading)
			reading->celsius.set = celsius_of(raw, &reading->celsius.value);
#else
		(void)cn_new(s, Reading, .raw = raw);
#endif
		if (i % AT_ONCE == AT_ONCE - 1 && cn_flush(s) == CN_OK)
			cn_clear(s);
	}
	cn_status status = cn_commit(s);
	if (status < 0)
		*err = *cn_session_error(s);
	return status;
}

static cn_status report(cn_session *s, cn_error *err)
{
	printf("release %d, %lld readings", RELEASE, (long long)cn_count(s, Reading));
#if RELEASE >= 2
	printf(", %lld with degrees",
		(long long)cn_count(s, Reading, cn_where("celsius is not null")));
#endif
	printf("\n");
	*err = *cn_session_error(s);
	return err->status;
}

static cn_status run(cn_db *db, int argc, char **argv, cn_error *err)
{
	cn_session *s = cn_session_open(db);
	cn_status status;
	if (!s)
		return cn_fail(err, CN_ENOMEM, "out of memory");
	if (argc == 4 && strcmp(argv[2], "log") == 0)
		status = take_readings(s, strtol(argv[3], NULL, 10), err);
	else if (argc == 3 && strcmp(argv[2], "report") == 0)
		status = report(s, err);
	else
		status = cn_fail(err, CN_EARG, "usage: device FILE log COUNT | report");
	cn_session_close(s);
	return status;
}

int main(int argc, char **argv)
{
	cn_db_options options = {.models = MODELS, .create = true, .busy_timeout_ms = 20000};
	cn_db *db = NULL;
	cn_error err = {0};
	cn_status status = cn_db_open(argc > 1 ? argv[1] : "", &options, &db, &err);
	if (status >= 0)
		status = upgrade(db, &err);
	if (status >= 0)
		status = run(db, argc, argv, &err);
	cn_db_close(db);
	if (status >= 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "device: %s\n", err.message);
	if (*err.detail)
		fprintf(stderr, "  %s\n", err.detail);
	if (*err.hint)
		fprintf(stderr, "  %s\n", err.hint);
	return EXIT_FAILURE;
}
