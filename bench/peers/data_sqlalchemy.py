"""The workload through SQLAlchemy's ORM, as its documentation says it for each case."""
from sqlalchemy import Column, Float, ForeignKey, Integer, Table, Text, create_engine, event
from sqlalchemy.orm import Session, declarative_base, relationship, selectinload

import workload as w

Base = declarative_base()
post_tag = Table("post_tag", Base.metadata, Column("post_id", ForeignKey("post.id"), primary_key=True),
                 Column("tag_id", ForeignKey("tag.id"), primary_key=True))


class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = Column(Text, nullable=False)
    email = Column(Text, nullable=False, unique=True)
    posts = relationship("Post")


class Post(Base):
    __tablename__ = "post"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"), nullable=False)
    title = Column(Text, nullable=False)
    body = Column(Text)
    score = Column(Float, nullable=False)
    created_at = Column(Integer, nullable=False)
    tags = relationship("Tag", secondary=post_tag)


class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
    name = Column(Text, nullable=False, unique=True)


session = None


def prepare(file, empty):
    global session
    engine = create_engine("sqlite:///" + file)

    @event.listens_for(engine, "connect")
    def pragmas(connection, _):
        for pragma in w.PRAGMAS:
            connection.execute(pragma)

    if empty:
        raw = engine.raw_connection()
        raw.executescript(w.SCHEMA)
        raw.close()
    session = Session(engine)


def insert():
    session.add_all([Author(**row) for row in w.authors()])
    session.add_all([Post(**row) for row in w.posts()])
    session.add_all([Tag(**row) for row in w.tags()])
    session.flush()
    session.execute(post_tag.insert(), w.post_tags())
    session.commit()
    return w.POSTS


def insert_bulk():
    session.bulk_insert_mappings(Author, w.authors())
    session.bulk_insert_mappings(Post, w.posts())
    session.bulk_insert_mappings(Tag, w.tags())
    session.execute(post_tag.insert(), w.post_tags())
    session.commit()
    return w.POSTS


def graph():
    total = 0
    for author in session.query(Author).options(selectinload(Author.posts).selectinload(Post.tags)):
        total += author.id
        for post in author.posts:
            total += w.checksum(post) + sum(tag.id + len(tag.name) for tag in post.tags)
    return total


def update():
    found = session.query(Post).filter(Post.id <= w.UPDATES).all()
    for post in found:
        post.score += 1
    session.commit()
    return len(found)


def pages():
    total = 0
    for author in w.pages():
        query = session.query(Post).filter(Post.author_id == author).order_by(Post.created_at).limit(10)
        total += sum(w.checksum(post) for post in query)
    return total


w.main(prepare, {
    "W1": insert,
    "W1_bulk": insert_bulk,
    "W2": lambda: sum(w.checksum(post) for post in session.query(Post).all()),
    "W3": lambda: sum(w.checksum(session.get(Post, key)) for key in w.lookups()),
    "W4": graph,
    "W5": update,
    "W6": pages,
    "W7": lambda: w.checksum(session.get(Post, 1)),
})
