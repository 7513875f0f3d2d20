CREATE TABLE t (a, b TEXT COLLATE nocase, "c d", e);
CREATE INDEX i1 ON t (a);
CREATE UNIQUE INDEX IF NOT EXISTS main.i2 ON t (a DESC, b COLLATE rtrim ASC, "c d");
CREATE INDEX i3 ON t (lower(b), a + 1 DESC, (e), ((a)) COLLATE nocase, (b COLLATE binary) DESC, a || b COLLATE nocase);
CREATE INDEX i4 ON "t" ('a', [c d]) WHERE a > 0 AND (b) IS NOT NULL OR ("c d" LIKE 'x;y');
CREATE INDEX "i 5" ON t (CASE a WHEN 1 THEN 2 END DESC, CAST (a AS TEXT) COLLATE nocase) WHERE (a) > (0);
CREATE VIEW v1 AS SELECT * FROM t;
CREATE VIEW IF NOT EXISTS v2 (x, "y z") AS WITH q AS (SELECT 1, 2) SELECT * FROM q -- the end
;
CREATE VIEW v3 AS SELECT ';', ")", '--' FROM t /* ; */ WHERE a = 1;
CREATE TRIGGER r1 AFTER INSERT ON t BEGIN SELECT 1; END;
CREATE TRIGGER IF NOT EXISTS "r 2" BEFORE UPDATE OF a, "c d" ON t FOR EACH ROW WHEN new.a > CASE old.a WHEN 1 THEN 2 END
BEGIN
  UPDATE t SET b = CASE WHEN new.b IS NULL THEN 'end;' ELSE new.b END WHERE a = new.a; -- ; END
  INSERT INTO t (a) VALUES (1) /* END; */ ;
  DELETE FROM t WHERE a = 2;
  SELECT RAISE(ABORT, 'no') WHERE 0;
END;
CREATE TRIGGER r3 INSTEAD OF DELETE ON v1 BEGIN DELETE FROM t WHERE a = old.a; END;
CREATE TRIGGER before DELETE ON t BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE f1 USING fts5(title, body UNINDEXED, tokenize = 'porter unicode61', content='');
CREATE VIRTUAL TABLE "f 2" USING rtree(id, x0, x1);
ALTER TABLE t ADD COLUMN f INTEGER NOT NULL DEFAULT -1 CHECK (f <> 0);
ALTER TABLE t RENAME COLUMN e TO "e f";
ALTER TABLE t RENAME TO "t u";
ALTER TABLE "t u" ADD g REFERENCES "t u" (a) ON DELETE SET NULL;
CREATE TABLE copy AS SELECT a, "c d" AS x FROM "t u";
CREATE TABLE commented ( -- what it is
  -- before a
  a INT, -- after a
  b /* in b */ TEXT -- still b
  , c REAL -- the last
  -- not a column
);
CREATE TABLE texts (a);
CREATE INDEX i6 ON texts ("no such column", "a");
