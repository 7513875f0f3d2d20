"""The schema of the comparison as models of a Django application called store."""
from django.db import models

from shape import STATE, TABLES


class Post(models.Model):
    id = models.AutoField(primary_key=True)
    author_id = models.IntegerField(db_index=True)
    title = models.TextField(null=True)
    body = models.TextField(null=True)
    score = models.FloatField(null=True)
    created_at = models.IntegerField(null=True) if STATE == "first" else models.IntegerField(default=0)

    class Meta:
        db_table = "post"


def chained(i):
    fields = {
        "__module__": __name__,
        "name": models.TextField(),
        "email": models.TextField(null=True),
        "score": models.FloatField(null=True),
        "created_at": models.IntegerField(),
        "flag": models.IntegerField(default=1),
        "body": models.TextField(null=True),
        "price": models.DecimalField(max_digits=10, decimal_places=2, null=True),
        "note": models.TextField(null=True),
    }
    if i > 1:
        fields["previous"] = models.ForeignKey(f"store.T{i - 1:04}", models.CASCADE, null=True)
    return type(f"T{i:04}", (models.Model,), fields)


for number in range(1, TABLES + 1):
    globals()[f"T{number:04}"] = chained(number)
