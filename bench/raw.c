/*
 * raw.c - the workload by hand: the sqlite3 API and nothing else, statements reused, rows copied
 * into structs, one transaction. The limit that Cantil is compared with. bench_raw WORKLOAD FILE
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "workload.h"

typedef struct post {
	int64_t id, author_id, created_at;
	char *title, *body;
	double score;
} post;

static sqlite3 *db;

static void must(int rc)
{
	if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
		return;
	fprintf(stderr, "raw: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void run(const char *sql) { must(sqlite3_exec(db, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *stmt;

	must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL));
	return stmt;
}

/* Strings go into blocks that are never freed: what an arena does. */
static char *copy(const unsigned char *text, int size)
{
	static char *at, *end;

	if (!text)
		return NULL;
	if (end - at <= size) {
		at = malloc(1 << 20);
		end = at + (1 << 20);
	}
	char *out = memcpy(at, text, (size_t)size + 1);
	at += size + 1;
	return out;
}

static void read_post(sqlite3_stmt *stmt, post *out)
{
	out->id = sqlite3_column_int64(stmt, 0);
	out->author_id = sqlite3_column_int64(stmt, 1);
	out->title = copy(sqlite3_column_text(stmt, 2), sqlite3_column_bytes(stmt, 2));
	out->body = copy(sqlite3_column_text(stmt, 3), sqlite3_column_bytes(stmt, 3));
	out->score = sqlite3_column_double(stmt, 4);
	out->created_at = sqlite3_column_int64(stmt, 5);
}

static int64_t checksum(const post *p)
{
	return p->id + p->author_id + p->created_at + (int64_t)p->score +
	       (int64_t)strlen(p->title) + (p->body ? (int64_t)strlen(p->body) : 0);
}

static void insert_tags(char name[64])
{
	sqlite3_stmt *stmt = prepare("INSERT INTO tag VALUES (?, ?)");

	for (int i = 1; i <= TAGS; i++) {
		snprintf(name, 64, "tag%03d", i);
		sqlite3_bind_int64(stmt, 1, i);
		sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
		must(sqlite3_step(stmt));
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	stmt = prepare("INSERT INTO post_tag VALUES (?, ?)");
	for (int i = 1; i <= POSTS; i++) {
		for (int k = 0; k < 2; k++) {
			sqlite3_bind_int64(stmt, 1, i);
			sqlite3_bind_int64(stmt, 2, tag_of(i, k));
			must(sqlite3_step(stmt));
			sqlite3_reset(stmt);
		}
	}
	sqlite3_finalize(stmt);
}

static int64_t insert(void)
{
	char name[64], email[64], title[64], body[256];

	run("BEGIN IMMEDIATE");
	sqlite3_stmt *stmt = prepare("INSERT INTO author VALUES (?, ?, ?)");
	for (int i = 1; i <= AUTHORS; i++) {
		snprintf(name, sizeof name, "author-name-%06d", i);
		snprintf(email, sizeof email, "author%06d@example.com", i);
		sqlite3_bind_int64(stmt, 1, i);
		sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 3, email, -1, SQLITE_STATIC);
		must(sqlite3_step(stmt));
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	stmt = prepare("INSERT INTO post VALUES (?, ?, ?, ?, ?, ?)");
	for (int i = 1; i <= POSTS; i++) {
		snprintf(title, sizeof title, "Post title number %06d", i);
		sqlite3_bind_int64(stmt, 1, i);
		sqlite3_bind_int64(stmt, 2, (i - 1) % AUTHORS + 1);
		sqlite3_bind_text(stmt, 3, title, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 4, body_of(i, body), -1, SQLITE_STATIC);
		sqlite3_bind_double(stmt, 5, i * 0.5 + 0.25);
		sqlite3_bind_int64(stmt, 6, created_of(i));
		must(sqlite3_step(stmt));
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	insert_tags(title);
	run("COMMIT");
	return POSTS;
}

static int64_t scan(void)
{
	size_t count = 0;
	post *posts = malloc(POSTS * sizeof *posts);
	int64_t sum = 0;
	sqlite3_stmt *stmt =
		prepare("SELECT id, author_id, title, body, score, created_at FROM post");

	while (sqlite3_step(stmt) == SQLITE_ROW)
		read_post(stmt, &posts[count++]);
	sqlite3_finalize(stmt);
	for (size_t i = 0; i < count; i++)
		sum += checksum(&posts[i]);
	free(posts);
	return sum;
}

static int64_t lookup(void)
{
	int64_t sum = 0;
	post *posts = malloc(LOOKUPS * sizeof *posts);

	run("BEGIN");
	sqlite3_stmt *stmt = prepare(
		"SELECT id, author_id, title, body, score, created_at FROM post WHERE id = ?");
	for (int64_t k = 0; k < LOOKUPS; k++) {
		sqlite3_bind_int64(stmt, 1, lookup_of(k));
		must(sqlite3_step(stmt));
		read_post(stmt, &posts[k]);
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	run("COMMIT");
	for (int64_t k = 0; k < LOOKUPS; k++)
		sum += checksum(&posts[k]);
	free(posts);
	return sum;
}

/* ---- the graph: each table read from begin to end, joined by arrays over the keys ---- */

typedef struct tag {
	int64_t id;
	char *name;
} tag;
typedef struct node { /* a post, and its tags */
	post post;
	tag **tags;
	size_t count, cap;
} node;
typedef struct author {
	int64_t id;
	char *name, *email;
	node **posts;
	size_t count, cap;
} author;

static void *room(size_t size)
{
	static char *at, *end;

	if ((size_t)(end - at) < size) {
		at = malloc(1 << 20);
		end = at + (1 << 20);
	}
	void *out = at;
	at += (size + 7) & ~(size_t)7;
	return out;
}

static void push(void ***list, size_t *count, size_t *cap, void *item)
{
	if (*count == *cap) {
		void **grown = room((*cap ? *cap * 2 : 2) * sizeof *grown);
		if (*count)
			memcpy(grown, *list, *count * sizeof *grown);
		*list = grown;
		*cap = *cap ? *cap * 2 : 2;
	}
	(*list)[(*count)++] = item;
}

static author *read_authors(void)
{
	author *authors = calloc(AUTHORS + 1, sizeof *authors);
	sqlite3_stmt *stmt = prepare("SELECT id, name, email FROM author");

	while (sqlite3_step(stmt) == SQLITE_ROW) {
		author *a = &authors[sqlite3_column_int64(stmt, 0)];
		a->id = sqlite3_column_int64(stmt, 0);
		a->name = copy(sqlite3_column_text(stmt, 1), sqlite3_column_bytes(stmt, 1));
		a->email = copy(sqlite3_column_text(stmt, 2), sqlite3_column_bytes(stmt, 2));
	}
	sqlite3_finalize(stmt);
	return authors;
}

static void read_graph(author *authors)
{
	node **posts = calloc(POSTS + 1, sizeof(*posts));
	tag *tags = calloc(TAGS + 1, sizeof *tags);
	sqlite3_stmt *stmt =
		prepare("SELECT id, author_id, title, body, score, created_at FROM post");

	while (sqlite3_step(stmt) == SQLITE_ROW) {
		node *n = memset(room(sizeof *n), 0, sizeof *n);
		read_post(stmt, &n->post);
		author *a = &authors[n->post.author_id];
		push((void ***)&a->posts, &a->count, &a->cap, n);
		posts[n->post.id] = n;
	}
	sqlite3_finalize(stmt);
	stmt = prepare("SELECT id, name FROM tag");
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		tag *t = &tags[sqlite3_column_int64(stmt, 0)];
		t->id = sqlite3_column_int64(stmt, 0);
		t->name = copy(sqlite3_column_text(stmt, 1), sqlite3_column_bytes(stmt, 1));
	}
	sqlite3_finalize(stmt);
	stmt = prepare("SELECT post_id, tag_id FROM post_tag");
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		node *n = posts[sqlite3_column_int64(stmt, 0)];
		push((void ***)&n->tags, &n->count, &n->cap, &tags[sqlite3_column_int64(stmt, 1)]);
	}
	sqlite3_finalize(stmt);
}

static int64_t graph(void)
{
	int64_t sum = 0;

	run("BEGIN");
	author *authors = read_authors();
	read_graph(authors);
	run("COMMIT");
	for (int i = 1; i <= AUTHORS; i++) {
		sum += authors[i].id;
		for (size_t k = 0; k < authors[i].count; k++) {
			const node *n = authors[i].posts[k];
			sum += checksum(&n->post);
			for (size_t t = 0; t < n->count; t++)
				sum += n->tags[t]->id + (int64_t)strlen(n->tags[t]->name);
		}
	}
	return sum;
}

/* The whole process: see main. */
static int64_t one(void)
{
	post p = {0};
	sqlite3_stmt *stmt = prepare(
		"SELECT id, author_id, title, body, score, created_at FROM post WHERE id = 1");

	must(sqlite3_step(stmt));
	read_post(stmt, &p);
	sqlite3_finalize(stmt);
	return checksum(&p);
}

static int64_t update(void)
{
	size_t count = 0;
	post *posts = malloc(UPDATES * sizeof *posts);

	run("BEGIN IMMEDIATE");
	sqlite3_stmt *stmt = prepare(
		"SELECT id, author_id, title, body, score, created_at FROM post WHERE id <= ?");
	sqlite3_bind_int64(stmt, 1, UPDATES);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		read_post(stmt, &posts[count++]);
	sqlite3_finalize(stmt);
	stmt = prepare("UPDATE post SET score = ? WHERE id = ?");
	for (size_t i = 0; i < count; i++) {
		sqlite3_bind_double(stmt, 1, posts[i].score + 1);
		sqlite3_bind_int64(stmt, 2, posts[i].id);
		must(sqlite3_step(stmt));
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	run("COMMIT");
	free(posts);
	return (int64_t)count;
}

static int64_t pages(void)
{
	int64_t sum = 0;
	post p;

	run("BEGIN");
	sqlite3_stmt *stmt =
		prepare("SELECT id, author_id, title, body, score, created_at FROM post "
			"WHERE author_id = ? ORDER BY created_at LIMIT 10");
	for (int64_t k = 0; k < PAGES; k++) {
		sqlite3_bind_int64(stmt, 1, page_of(k));
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			read_post(stmt, &p);
			sum += checksum(&p);
		}
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	run("COMMIT");
	return sum;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int64_t (*run)(void);
	} workloads[] = {{"W1", insert}, {"W1_batches", insert}, {"W1_bulk", insert}, {"W2", scan},
		{"W2_tracked", scan}, {"W3", lookup}, {"W3_tracked", lookup}, {"W4", graph},
		{"W4_tracked", graph}, {"W5", update}, {"W6", pages}, {"W6_tracked", pages},
		{"W7", one}};

	if (argc != 3)
		return 2;
	if (sqlite3_open(argv[2], &db) != SQLITE_OK)
		return 1;
	run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536");
	if (strncmp(argv[1], "W1", 2) == 0)
		run(schema_sql);
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		if (strcmp(workloads[i].name, argv[1]) != 0)
			continue;
		/* of W7 the whole process counts */
		double start = strcmp(argv[1], "W7") == 0 ? 0 : cpu_s();
		int64_t sum = workloads[i].run();
		report(cpu_s() - start, sum);
		sqlite3_close(db);
		return 0;
	}
	return 2;
}
