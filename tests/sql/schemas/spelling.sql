-- Spellings that SQLite accepts, from its grammar. Each statement must be one that it takes.
CREATE TABLE "plain" (a, b);
create table main . [with brackets] ('str' text, `tick` int, "dq" real, [br] blob);
CREATE TABLE IF NOT EXISTS keywords (abort, action, after, always, asc, before, begin, by, cast, cascade, conflict,
  current, database, deferred, desc, do, each, end, exclude, explain, fail, first, for, generated INT, groups, if, ignore,
  immediate, indexed, initially, instead, key, last, like, match, materialized, no, nulls, of, offset, over, partition,
  plan, pragma, query, raise, range, recursive, release, rename, replace, restrict, rollback, row, rows, savepoint,
  temp, ties, trigger, unbounded, vacuum, view, virtual, window, with, without, left, natural, cross, filter,
  current_time, current_date);
CREATE TABLE desc (asc, "desc" DEFAULT asc);
CREATE TABLE types (a unsigned big int, b varchar(10), c decimal(10,2), d decimal ( - 10 , + 2 ), e "quoted type",
  f 'string type', g [INTEGER], h key desc, i double precision(5), j generated, k int generated always as (a) stored,
  l generated  always as (a + 1) virtual, m int
  big, n INT            ALWAYS);
CREATE TABLE defaults (a DEFAULT 1, b DEFAULT -1, c DEFAULT + 1.5e3, d DEFAULT 'it''s', e DEFAULT x'0aFF', f DEFAULT bare,
  g DEFAULT "double quoted", h DEFAULT TRUE, i DEFAULT null, j DEFAULT CURRENT_TIMESTAMP, k DEFAULT (1 + (2)),
  l DEFAULT ((3)), m DEFAULT (datetime('now')) NOT NULL, n DEFAULT 0x1F, o DEFAULT - 'x', p TEXT DEFAULT ('(' || ')'),
  q DEFAULT [br], r DEFAULT `tick`, s DEFAULT 1 DEFAULT 2, t DEFAULT .5, u DEFAULT 5., v INT DEFAULT(-1)NOT NULL);
CREATE TABLE orders (a INTEGER NOT NULL DEFAULT 1 COLLATE nocase UNIQUE CHECK (a > 0),
  b UNIQUE DEFAULT 1 NOT NULL COLLATE rtrim, c CHECK (c <> ')') COLLATE nocase UNIQUE ON CONFLICT REPLACE NOT NULL ON CONFLICT IGNORE,
  d CONSTRAINT one NOT NULL CONSTRAINT two UNIQUE CONSTRAINT three CHECK (d) CONSTRAINT four DEFAULT 4 CONSTRAINT five,
  e NULL, f NULL ON CONFLICT FAIL, g PRIMARY KEY ON CONFLICT ROLLBACK NOT NULL ON CONFLICT ABORT);
