/*
 * session.c - the workload of raw.c through sessions.
 *     bench_session WORKLOAD FILE
 */
#include <cantil/cantil.h>

#include <stdlib.h>

#include "workload.h"

typedef struct Author {
	int64_t id;
	const char *name, *email;
} Author;
CN_MODEL(Author, "author",
	CN_COLUMN(Author, id, .primary_key = true),
	CN_COLUMN(Author, name, .not_null = true),
	CN_COLUMN(Author, email, .not_null = true));

typedef struct Post {
	int64_t id, author_id;
	const char *title, *body;
	double score;
	int64_t created_at;
} Post;
CN_MODEL(Post, "post",
	CN_COLUMN(Post, id, .primary_key = true),
	CN_COLUMN(Post, author_id, .references = "author.id", .index = true),
	CN_COLUMN(Post, title, .not_null = true),
	CN_COLUMN(Post, body),
	CN_COLUMN(Post, score),
	CN_COLUMN(Post, created_at));

static int64_t checksum(const Post *p)
{
	return p->id + p->author_id + p->created_at + (int64_t)p->score +
	       (int64_t)strlen(p->title) + (p->body ? (int64_t)strlen(p->body) : 0);
}

static int64_t insert(cn_session *s)
{
	char name[64], email[64], title[64], body[256];

	for (int i = 1; i <= AUTHORS; i++) {
		snprintf(name, sizeof name, "author-name-%06d", i);
		snprintf(email, sizeof email, "author%06d@example.com", i);
		(void)cn_new(s, Author, .id = i, .name = name, .email = email);
	}
	for (int i = 1; i <= POSTS; i++) {
		snprintf(title, sizeof title, "Post title number %06d", i);
		(void)cn_new(s, Post, .id = i, .author_id = (i - 1) % AUTHORS + 1, .title = title,
			.body = body_of(i, body), .score = i * 0.5 + 0.25,
			.created_at = created_of(i));
	}
	return cn_commit(s) == CN_OK ? POSTS : -1;
}

static int64_t scan(cn_session *s)
{
	int64_t sum = 0;
	Post **posts = cn_list(s, Post);

	for (size_t i = 0; posts[i]; i++)
		sum += checksum(posts[i]);
	return sum;
}

static int64_t lookup(cn_session *s)
{
	int64_t sum = 0;

	for (int64_t k = 0; k < LOOKUPS; k++)
		sum += checksum(cn_get(s, Post, lookup_of(k)));
	return sum;
}

static int64_t update(cn_session *s)
{
	int64_t count = 0;
	Post **posts = cn_list(s, Post, cn_where("id <= ?", UPDATES));

	for (; posts[count]; count++)
		posts[count]->score += 1;
	return cn_commit(s) == CN_OK ? count : -1;
}

static int64_t pages(cn_session *s)
{
	int64_t sum = 0;

	for (int64_t k = 0; k < PAGES; k++) {
		Post **posts = cn_list(s, Post, cn_where("author_id = ?", page_of(k)),
			.order_by = "created_at", .limit = 10);
		for (size_t i = 0; posts[i]; i++)
			sum += checksum(posts[i]);
	}
	return sum;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int64_t (*run)(cn_session *);
	} workloads[] = {
		{"W1", insert}, {"W2", scan}, {"W3", lookup}, {"W5", update}, {"W6", pages}};
	cn_db *db;
	cn_error err = {0};
	char uri[4096];

	if (argc != 3)
		return 2;
	snprintf(uri, sizeof uri, "sqlite:///%s?cache_size=-65536", argv[2]);
	if (cn_db_open(uri, &(cn_db_options){.models = CN_MODELS(Author, Post), .create = true},
		    &db, &err) < 0 ||
		(strcmp(argv[1], "W1") == 0 && cn_db_exec(db, schema_sql, &err) < 0)) {
		fprintf(stderr, "session: %s\n%s\n", err.message, err.detail);
		return 1;
	}
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		if (strcmp(workloads[i].name, argv[1]) != 0)
			continue;
		cn_session *s = cn_session_open(db);
		double start = cpu_s();
		int64_t sum = workloads[i].run(s);
		report(cpu_s() - start, sum);
		if (cn_session_error(s)->status < 0)
			fprintf(stderr, "session: %s\n", cn_session_error(s)->message);
		cn_session_close(s);
		cn_db_close(db);
		return sum < 0;
	}
	return 2;
}
