/*
 * session.c - the workload of raw.c through sessions.
 *     bench_session WORKLOAD FILE
 */
#include <cantil/cantil.h>

#include <stdlib.h>

#include "workload.h"

typedef struct Author Author;
typedef struct Post Post;
typedef struct Tag Tag;
typedef struct PostTag PostTag;

struct Author {
	int64_t id;
	const char *name, *email;
	Post **posts;
};
struct Post {
	int64_t id, author_id;
	const char *title, *body;
	double score;
	int64_t created_at;
	Tag **tags;
};
struct Tag {
	int64_t id;
	const char *name;
};
struct PostTag {
	int64_t post_id, tag_id;
};

CN_MODEL(Author, "author",
	CN_COLUMN(Author, id, .primary_key = true),
	CN_COLUMN(Author, name, .not_null = true),
	CN_COLUMN(Author, email, .not_null = true, .unique = true),
	CN_HAS_MANY(Author, Post, posts));
CN_MODEL(Post, "post",
	CN_COLUMN(Post, id, .primary_key = true),
	CN_COLUMN(Post, author_id, .references = "author.id", .index = true),
	CN_COLUMN(Post, title, .not_null = true),
	CN_COLUMN(Post, body),
	CN_COLUMN(Post, score),
	CN_COLUMN(Post, created_at),
	CN_MANY_TO_MANY(Post, Tag, tags, .through = "post_tag"));
CN_MODEL(Tag, "tag",
	CN_COLUMN(Tag, id, .primary_key = true),
	CN_COLUMN(Tag, name, .not_null = true, .unique = true));
CN_MODEL(PostTag, "post_tag",
	CN_COLUMN(PostTag, post_id, .references = "post.id"),
	CN_COLUMN(PostTag, tag_id, .references = "tag.id"),
	CN_PRIMARY_KEY("post_id, tag_id"));

static int64_t checksum(const Post *p)
{
	return p->id + p->author_id + p->created_at + (int64_t)p->score +
	       (int64_t)strlen(p->title) + (p->body ? (int64_t)strlen(p->body) : 0);
}

enum { BATCH = 10000 }; /* objects that are held at a time, in W1_batches */

/* Everything through the object API; `batch` (or 0: all) objects are held at a time. */
static int64_t insert_in(cn_session *s, int batch)
{
	char name[64], email[64], title[64], body[256];

	for (int i = 1; i <= AUTHORS; i++) {
		snprintf(name, sizeof name, "author-name-%06d", i);
		snprintf(email, sizeof email, "author%06d@example.com", i);
		(void)cn_new(s, Author, .id = i, .name = name, .email = email);
	}
	for (int i = 1; i <= POSTS; i++) {
		if (batch && i % batch == 0 && cn_flush(s) == CN_OK)
			cn_clear(s);
		snprintf(title, sizeof title, "Post title number %06d", i);
		(void)cn_new(s, Post, .id = i, .author_id = (i - 1) % AUTHORS + 1, .title = title,
			.body = body_of(i, body), .score = i * 0.5 + 0.25,
			.created_at = created_of(i));
	}
	for (int i = 1; i <= TAGS; i++) {
		snprintf(name, sizeof name, "tag%03d", i);
		(void)cn_new(s, Tag, .id = i, .name = name);
	}
	for (int i = 1; i <= POSTS; i++) {
		if (batch && i % batch == 0 && cn_flush(s) == CN_OK)
			cn_clear(s);
		for (int k = 0; k < 2; k++)
			(void)cn_new(s, PostTag, .post_id = i, .tag_id = tag_of(i, k));
	}
	return cn_commit(s) == CN_OK ? POSTS : -1;
}

static int64_t insert(cn_session *s) { return insert_in(s, 0); }

static int64_t insert_batches(cn_session *s) { return insert_in(s, BATCH); }

enum { PART = 1000 }; /* rows of an array at a time */

static void insert_posts(cn_session *s)
{
	static char titles[PART][64], bodies[PART][256];
	static Post posts[PART];
	static PostTag links[2 * PART];

	for (int from = 0; from < POSTS; from += PART) {
		for (int k = 0; k < PART; k++) {
			int i = from + k + 1;
			snprintf(titles[k], sizeof titles[k], "Post title number %06d", i);
			posts[k] = (Post){.id = i,
				.author_id = (i - 1) % AUTHORS + 1,
				.title = titles[k],
				.body = body_of(i, bodies[k]),
				.score = i * 0.5 + 0.25,
				.created_at = created_of(i)};
			links[2 * k] = (PostTag){i, tag_of(i, 0)};
			links[2 * k + 1] = (PostTag){i, tag_of(i, 1)};
		}
		cn_insert_many(s, Post, posts, PART);
		cn_insert_many(s, PostTag, links, 2 * PART);
	}
}

static int64_t insert_bulk(cn_session *s)
{
	static char names[AUTHORS][32], emails[AUTHORS][32], tag_names[TAGS][16];
	static Author authors[AUTHORS];
	static Tag tags[TAGS];

	for (int i = 0; i < AUTHORS; i++) {
		snprintf(names[i], sizeof names[i], "author-name-%06d", i + 1);
		snprintf(emails[i], sizeof emails[i], "author%06d@example.com", i + 1);
		authors[i] = (Author){.id = i + 1, .name = names[i], .email = emails[i]};
	}
	for (int i = 0; i < TAGS; i++) {
		snprintf(tag_names[i], sizeof tag_names[i], "tag%03d", i + 1);
		tags[i] = (Tag){.id = i + 1, .name = tag_names[i]};
	}
	cn_insert_many(s, Author, authors, AUTHORS);
	cn_insert_many(s, Tag, tags, TAGS);
	insert_posts(s);
	return cn_commit(s) == CN_OK ? POSTS : -1;
}

static int64_t sum_of(Post **posts)
{
	int64_t sum = 0;

	for (size_t i = 0; posts[i]; i++)
		sum += checksum(posts[i]);
	return sum;
}

/* What the raw version yields: structs that own their strings, and nothing else. */
static int64_t scan(cn_session *s) { return sum_of(cn_list(s, Post, .read_only = true)); }

/* Rows of the session, whose changes would be found. */
static int64_t scan_tracked(cn_session *s) { return sum_of(cn_list(s, Post)); }

static int64_t sum_graph(Author **authors)
{
	int64_t sum = 0;

	for (size_t i = 0; authors[i]; i++) {
		sum += authors[i]->id;
		for (Post **p = authors[i]->posts; *p; p++) {
			sum += checksum(*p);
			for (Tag **t = (*p)->tags; *t; t++)
				sum += (*t)->id + (int64_t)strlen((*t)->name);
		}
	}
	return sum;
}

static int64_t graph(cn_session *s)
{
	return sum_graph(cn_list(s, Author, .load = "posts.tags", .read_only = true));
}

static int64_t graph_tracked(cn_session *s)
{
	return sum_graph(cn_list(s, Author, .load = "posts.tags"));
}

static int64_t one(cn_session *s) { return checksum(cn_get(s, Post, 1)); }

static int64_t lookup(cn_session *s)
{
	int64_t sum = 0;

	for (int64_t k = 0; k < LOOKUPS; k++)
		sum += checksum(cn_get(s, Post, lookup_of(k)));
	return sum;
}

/* What the raw version yields: plain structs. */
static int64_t lookup_plain(cn_session *s)
{
	int64_t sum = 0;
	Post **posts = malloc(LOOKUPS * sizeof(*posts));

	for (int64_t k = 0; k < LOOKUPS; k++)
		posts[k] = cn_get_plain(s, Post, lookup_of(k));
	for (int64_t k = 0; k < LOOKUPS; k++)
		sum += checksum(posts[k]);
	free(posts);
	return sum;
}

static int64_t update(cn_session *s)
{
	int64_t count = 0;

	(void)cn_lock(s); /* as BEGIN IMMEDIATE in raw.c */
	Post **posts = cn_list(s, Post, cn_where("id <= ?", UPDATES));

	for (; posts[count]; count++)
		posts[count]->score += 1;
	return cn_commit(s) == CN_OK ? count : -1;
}

static int64_t turn_pages(cn_session *s, bool read_only)
{
	int64_t sum = 0;

	for (int64_t k = 0; k < PAGES; k++)
		sum += sum_of(cn_list(s, Post, cn_where("author_id = ?", page_of(k)),
			.order_by = "created_at", .limit = 10, .read_only = read_only));
	return sum;
}

static int64_t pages(cn_session *s) { return turn_pages(s, true); }

static int64_t pages_tracked(cn_session *s) { return turn_pages(s, false); }

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int64_t (*run)(cn_session *);
	} workloads[] = {{"W1", insert}, {"W1_batches", insert_batches}, {"W1_bulk", insert_bulk},
		{"W2", scan}, {"W2_tracked", scan_tracked}, {"W3", lookup_plain},
		{"W3_tracked", lookup}, {"W4", graph}, {"W4_tracked", graph_tracked},
		{"W5", update}, {"W6", pages}, {"W6_tracked", pages_tracked}, {"W7", one}};
	cn_db *db;
	cn_error err = {0};
	char uri[4096];

	if (argc != 3)
		return 2;
	snprintf(uri, sizeof uri, "sqlite:///%s?cache_size=-65536&foreign_keys=0", argv[2]);
	if (cn_db_open(uri,
		    &(cn_db_options){
			    .models = CN_MODELS(Author, Post, Tag, PostTag), .create = true},
		    &db, &err) < 0 ||
		(strncmp(argv[1], "W1", 2) == 0 && cn_db_exec(db, schema_sql, &err) < 0)) {
		fprintf(stderr, "session: %s\n%s\n", err.message, err.detail);
		return 1;
	}
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
		if (strcmp(workloads[i].name, argv[1]) != 0)
			continue;
		cn_session *s = cn_session_open(db);
		/* of W7 the whole process counts */
		double start = strcmp(argv[1], "W7") == 0 ? 0 : cpu_s();
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
