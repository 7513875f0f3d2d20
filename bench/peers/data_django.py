"""The workload through Django's models, as its documentation says it for each case."""
import os
import sys
import types

import django
from django.conf import settings
from django.db import connection, models, transaction

import workload as w

app = sys.modules["bench"] = types.ModuleType("bench")  # an application of one file: this one
app.__path__ = [os.path.dirname(os.path.abspath(__file__))]
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
                   INSTALLED_APPS=["bench"], DEFAULT_AUTO_FIELD="django.db.models.AutoField", DEBUG=False)
django.setup()


class Author(models.Model):
    name = models.TextField()
    email = models.TextField(unique=True)

    class Meta:
        app_label, db_table, managed = "bench", "author", False


class Tag(models.Model):
    name = models.TextField(unique=True)

    class Meta:
        app_label, db_table, managed = "bench", "tag", False


class Post(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="posts")
    title = models.TextField()
    body = models.TextField(null=True)
    score = models.FloatField()
    created_at = models.IntegerField()
    tags = models.ManyToManyField(Tag, through="PostTag")

    class Meta:
        app_label, db_table, managed = "bench", "post", False


class PostTag(models.Model):
    post = models.OneToOneField(Post, models.CASCADE, primary_key=True)  # Django knows no composite keys
    tag = models.ForeignKey(Tag, models.CASCADE)

    class Meta:
        app_label, db_table, managed = "bench", "post_tag", False


def prepare(file, empty):
    settings.DATABASES["default"]["NAME"] = file
    connection.settings_dict["NAME"] = file
    with connection.cursor() as cursor:
        for pragma in w.PRAGMAS + ["PRAGMA foreign_keys=OFF"]:
            cursor.execute(pragma)
    if empty:
        connection.connection.executescript(w.SCHEMA)


def insert():
    with transaction.atomic():
        for model, rows in ((Author, w.authors()), (Post, w.posts()), (Tag, w.tags())):
            for row in rows:
                model(**row).save(force_insert=True)
        for row in w.post_tags():
            PostTag(**row).save(force_insert=True)
    return w.POSTS


def insert_bulk():
    with transaction.atomic():
        for model, rows in ((Author, w.authors()), (Post, w.posts()), (Tag, w.tags()), (PostTag, w.post_tags())):
            model.objects.bulk_create([model(**row) for row in rows])
    return w.POSTS


def graph():
    total = 0
    for author in Author.objects.prefetch_related("posts__tags"):
        total += author.id
        for post in author.posts.all():
            total += w.checksum(post) + sum(tag.id + len(tag.name) for tag in post.tags.all())
    return total


def update():
    with transaction.atomic():
        found = list(Post.objects.filter(id__lte=w.UPDATES))
        for post in found:
            post.score += 1
            post.save(update_fields=["score"])
    return len(found)


def pages():
    return sum(w.checksum(post) for author in w.pages()
               for post in Post.objects.filter(author_id=author).order_by("created_at")[:10])


w.main(prepare, {
    "W1": insert,
    "W1_bulk": insert_bulk,
    "W2": lambda: sum(w.checksum(post) for post in Post.objects.all()),
    "W3": lambda: sum(w.checksum(Post.objects.get(pk=key)) for key in w.lookups()),
    "W4": graph,
    "W5": update,
    "W6": pages,
    "W7": lambda: w.checksum(Post.objects.get(pk=1)),
})
