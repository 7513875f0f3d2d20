/*
 * workload.h - the rows that both versions write and read, and how a run is measured: CPU time of
 * the process, and a checksum that must be the same for both.
 *
 * 10,000 authors, 200,000 posts, 100 tags, two tags to each post. Write-ahead log, synchronous
 * NORMAL, 64 MB of cache, foreign keys not enforced.
 */
#ifndef CANTIL_BENCH_WORKLOAD_H
#define CANTIL_BENCH_WORKLOAD_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#ifndef BENCH_PART
#define BENCH_PART 1 /* 10: a tenth of the rows, for the comparison with slower programs */
#endif

enum {
	AUTHORS = 10000 / BENCH_PART,
	POSTS = 200000 / BENCH_PART,
	TAGS = 100,
	LOOKUPS = 200000 / BENCH_PART,
	UPDATES = 50000 / BENCH_PART,
	PAGES = 20000 / BENCH_PART
};

static const char schema_sql[] =
	"CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE);"
	"CREATE TABLE post (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author (id),"
	" title TEXT NOT NULL, body TEXT, score REAL NOT NULL, created_at INTEGER NOT NULL);"
	"CREATE INDEX post_author ON post (author_id);"
	"CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE post_tag (post_id INTEGER NOT NULL REFERENCES post (id),"
	" tag_id INTEGER NOT NULL REFERENCES tag (id), PRIMARY KEY (post_id, tag_id));";

/* Post i has a body of 100 to 200 bytes, every tenth has none. Making it costs next to nothing: it
 * is not what is measured. */
static inline const char *body_of(int i, char out[256])
{
#define FOX "The quick brown fox jumps over the lazy dog. "
	static const char words[] = FOX FOX FOX FOX FOX;
	size_t want = 100 + (size_t)i % 101;

	if (i % 10 == 0)
		return NULL;
	memcpy(out, words, want);
	out[want] = '\0';
	return out;
}

static inline int64_t created_of(int i) { return 1600000000 + (int64_t)i * 7919 % 10000000; }

/* The first and the second tag of post i. */
static inline int64_t tag_of(int i, int which) { return (which ? i + 37 : i) % 100 + 1; }

static inline int64_t lookup_of(int64_t k) { return k * 123457 % POSTS + 1; }

static inline int64_t page_of(int64_t k) { return k * 7919 % AUTHORS + 1; }

static inline double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One line: CPU seconds, peak memory in KB, checksum. */
static inline void report(double seconds, int64_t checksum)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("%.6f %ld %lld\n", seconds, usage.ru_maxrss, (long long)checksum);
}

#endif
