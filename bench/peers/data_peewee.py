"""The workload through peewee, as its documentation says it for each case."""
from peewee import (CompositeKey, FloatField, ForeignKeyField, IntegerField, Model, SqliteDatabase, TextField, chunked,
                    prefetch)

import workload as w

db = SqliteDatabase(None)


class Base(Model):
    class Meta:
        database = db


class Author(Base):
    name = TextField()
    email = TextField(unique=True)


class Post(Base):
    author = ForeignKeyField(Author, backref="posts")
    title = TextField()
    body = TextField(null=True)
    score = FloatField()
    created_at = IntegerField()


class Tag(Base):
    name = TextField(unique=True)


class PostTag(Base):
    post = ForeignKeyField(Post, backref="links")
    tag = ForeignKeyField(Tag)

    class Meta:
        table_name = "post_tag"
        primary_key = CompositeKey("post", "tag")


def prepare(file, empty):
    db.init(file)
    db.connect()
    for pragma in w.PRAGMAS:
        db.execute_sql(pragma)
    if empty:
        db.connection().executescript(w.SCHEMA)


TABLES = ((Author, w.authors), (Post, w.posts), (Tag, w.tags), (PostTag, w.post_tags))


def insert():
    with db.atomic():
        for model, rows in TABLES:
            for row in rows():
                model(**row).save(force_insert=True)
    return w.POSTS


def insert_bulk():
    with db.atomic():
        for model, rows in TABLES:
            for batch in chunked(rows(), 100):
                model.insert_many(batch).execute()
    return w.POSTS


def graph():
    total = 0
    for author in prefetch(Author.select(), Post.select(), PostTag.select(), Tag.select()):
        total += author.id
        for post in author.posts:
            total += w.checksum(post) + sum(link.tag.id + len(link.tag.name) for link in post.links)
    return total


def update():
    with db.atomic():
        found = list(Post.select().where(Post.id <= w.UPDATES))
        for post in found:
            post.score += 1
            post.save(only=[Post.score])
    return len(found)


def pages():
    return sum(w.checksum(post) for author in w.pages()
               for post in Post.select().where(Post.author == author).order_by(Post.created_at).limit(10))


w.main(prepare, {
    "W1": insert,
    "W1_bulk": insert_bulk,
    "W2": lambda: sum(w.checksum(post) for post in Post.select()),
    "W3": lambda: sum(w.checksum(Post.get_by_id(key)) for key in w.lookups()),
    "W4": graph,
    "W5": update,
    "W6": pages,
    "W7": lambda: w.checksum(Post.get_by_id(1)),
})
