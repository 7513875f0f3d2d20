-- cantil: revision log0001
-- parents:
-- message: the log
-- created: 2026-11-22T19:11:49Z

-- upgrade sqlite

-- table reading is new
CREATE TABLE reading (id INTEGER PRIMARY KEY, taken_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, raw INTEGER NOT NULL);

-- downgrade sqlite
-- warning: rows are lost: table reading

-- table reading goes
DROP TABLE "reading";
