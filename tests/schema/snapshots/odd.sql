-- What C and Graphviz find hard: keywords, blanks, quotes, colliding names, things a model cannot hold.
CREATE TABLE "int" (id INTEGER PRIMARY KEY, "class" TEXT, "class_" TEXT_, "a b" TEXT, "a-b" TEXT, "_X" INT, cn_x INT);
CREATE TABLE "order items" (id INTEGER PRIMARY KEY, "int" INTEGER REFERENCES "int"(id), int_id INTEGER REFERENCES "int"(id));
CREATE TABLE "<b>&""x""" (id INTEGER PRIMARY KEY, note TEXT DEFAULT 'a
b\n??=' CHECK (note NOT LIKE '%*/%'));
CREATE TABLE no_key (a, b);
CREATE TABLE no_name (id INTEGER PRIMARY KEY, "" TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY, a INT REFERENCES no_key(a), b REFERENCES missing, c INT COLLATE NOCASE,
    d TEXT UNIQUE ON CONFLICT REPLACE NOT NULL ON CONFLICT IGNORE, e INT CONSTRAINT e_there NOT NULL,
    f TEXT REFERENCES "int"(id) MATCH FULL, UNIQUE (d COLLATE NOCASE, a DESC));
CREATE TABLE "日本" (id INTEGER PRIMARY KEY NOT NULL, "名" TEXT, "名前" TEXT);
CREATE TABLE key_can_be_null (code TEXT PRIMARY KEY, n INT);
CREATE TABLE loop_a (id INTEGER PRIMARY KEY, b_id INT REFERENCES loop_b(id) ON DELETE CASCADE);
CREATE TABLE loop_b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES loop_a(id) ON DELETE CASCADE);
CREATE VIEW hidden AS SELECT 1 + 1;
CREATE VIEW all_of AS SELECT * FROM key_can_be_null;
CREATE VIEW named(x, y) AS SELECT max(id), total(a) FROM child;
CREATE TRIGGER on_no_key AFTER INSERT ON no_key BEGIN SELECT 1; END;
