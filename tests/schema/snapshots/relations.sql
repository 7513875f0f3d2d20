-- Every kind of relation that foreign keys tell, and those that they do not tell.
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TABLE passport (  -- one to one: the key is unique
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL UNIQUE REFERENCES person (id)
);
CREATE TABLE account (  -- one to one: the key is the primary key
    person_id INTEGER PRIMARY KEY REFERENCES person,
    balance NUMERIC(12,2)
);
CREATE TABLE locker (  -- one to one by an index
    number INTEGER PRIMARY KEY,
    person_id INTEGER REFERENCES person (id)
);
CREATE UNIQUE INDEX locker_person ON locker (person_id);
CREATE TABLE desk (  -- several may share one: the index does not cover all rows
    number INTEGER PRIMARY KEY,
    person_id INTEGER REFERENCES person (id)
);
CREATE UNIQUE INDEX desk_person ON desk (person_id) WHERE number > 0;
CREATE TABLE course (
    code TEXT NOT NULL,
    year INTEGER NOT NULL,
    PRIMARY KEY (code, year)
);
CREATE TABLE person_course (  -- many to many, one of the keys has two columns
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    course_code TEXT NOT NULL,
    course_year INTEGER NOT NULL,
    PRIMARY KEY (person_id, course_code, course_year),
    FOREIGN KEY (course_code, course_year) REFERENCES course (code, year)
);
CREATE TABLE friendship (  -- many to many of one table: the columns say the names
    person_id INTEGER NOT NULL REFERENCES person (id),
    buddy_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (person_id, buddy_id)
) WITHOUT ROWID;
CREATE TABLE mark (  -- has a column of its own: its rows count
    person_id INTEGER NOT NULL REFERENCES person (id),
    topic_id INTEGER NOT NULL REFERENCES topic (id),
    value INTEGER NOT NULL,
    PRIMARY KEY (person_id, topic_id)
);
CREATE TABLE topic (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER REFERENCES topic (id)
);
CREATE TABLE likes (  -- two ways between the same tables: neither is "the" topics
    person_id INTEGER NOT NULL REFERENCES person (id),
    topic_id INTEGER NOT NULL REFERENCES topic (id),
    PRIMARY KEY (person_id, topic_id)
);
CREATE TABLE dislikes (
    person_id INTEGER NOT NULL REFERENCES person (id),
    topic_id INTEGER NOT NULL REFERENCES topic (id),
    PRIMARY KEY (topic_id, person_id)
);
CREATE TABLE transfer (  -- two keys to one table: lists there would have no name
    id INTEGER PRIMARY KEY,
    from_person_id INTEGER NOT NULL REFERENCES person (id),
    to_person_id INTEGER NOT NULL REFERENCES person (id)
);
