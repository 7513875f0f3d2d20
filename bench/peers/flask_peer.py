"""A Flask application as its documentation writes it, with the schema of the comparison."""
import os

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

from shape import STATE, TABLES

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.path.abspath("flask.db")
db = SQLAlchemy(app)
migrate = Migrate(app, db, render_as_batch=True)


class Post(db.Model):
    __tablename__ = "post"
    id = db.Column(db.Integer, primary_key=True)
    author_id = db.Column(db.Integer, nullable=False, index=True)
    title = db.Column(db.Text)
    body = db.Column(db.Text)
    score = db.Column(db.Float)
    created_at = db.Column(db.Integer, nullable=STATE == "first")


def chained(i):
    previous = [db.ForeignKey(f"t{i - 1:04}.id")] if i > 1 else []
    columns = {
        "__tablename__": f"t{i:04}",
        "id": db.Column(db.Integer, primary_key=True),
        "previous_id": db.Column(db.Integer, *previous, index=True),
        "name": db.Column(db.Text, nullable=False),
        "email": db.Column(db.Text),
        "score": db.Column(db.Float),
        "created_at": db.Column(db.Integer, nullable=False),
        "flag": db.Column(db.Integer, nullable=False),
        "body": db.Column(db.Text),
        "price": db.Column(db.Numeric),
        "note": db.Column(db.Text),
    }
    return type(f"T{i:04}", (db.Model,), columns)


for number in range(1, TABLES + 1):
    chained(number)
