"""The workload of bench/workload.h at a tenth of its size: the rows, the checksums, and how a run is measured."""
import resource
import sys
import time

AUTHORS, POSTS, TAGS, LOOKUPS, UPDATES, PAGES = 1000, 20000, 100, 20000, 5000, 2000

SCHEMA = """
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE);
CREATE TABLE post (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author (id),
 title TEXT NOT NULL, body TEXT, score REAL NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX post_author ON post (author_id);
CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE post_tag (post_id INTEGER NOT NULL REFERENCES post (id),
 tag_id INTEGER NOT NULL REFERENCES tag (id), PRIMARY KEY (post_id, tag_id));
"""
PRAGMAS = ["PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA cache_size=-65536"]
FOX = "The quick brown fox jumps over the lazy dog. " * 5


def authors():
    return [dict(id=i, name=f"author-name-{i:06d}", email=f"author{i:06d}@example.com") for i in range(1, AUTHORS + 1)]


def posts():
    return [dict(id=i, author_id=(i - 1) % AUTHORS + 1, title=f"Post title number {i:06d}",
                 body=None if i % 10 == 0 else FOX[:100 + i % 101], score=i * 0.5 + 0.25,
                 created_at=1600000000 + i * 7919 % 10000000) for i in range(1, POSTS + 1)]


def tags():
    return [dict(id=i, name=f"tag{i:03d}") for i in range(1, TAGS + 1)]


def post_tags():
    return [dict(post_id=i, tag_id=(i + 37 * k) % 100 + 1) for i in range(1, POSTS + 1) for k in range(2)]


def lookups():
    return [k * 123457 % POSTS + 1 for k in range(LOOKUPS)]


def pages():
    return [k * 7919 % AUTHORS + 1 for k in range(PAGES)]


def checksum(p):
    return p.id + p.author_id + p.created_at + int(p.score) + len(p.title) + (len(p.body) if p.body else 0)


def main(prepare, works):
    """prepare(file): opens it; works: name -> function that returns the checksum. One line: CPU seconds, KB, checksum."""
    name, file = sys.argv[1:]
    if name not in works:
        sys.exit(f"no such workload: {name}")
    prepare(file, name.startswith("W1"))
    start = 0 if name == "W7" else time.process_time()  # of W7 the whole process counts
    result = works[name]()
    spent = time.process_time() - start
    print(f"{spent:.6f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} {result}")
