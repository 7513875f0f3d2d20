-- cantil: revision c08cd329ba41
-- parents:
-- message: sales and visits
-- created: 2026-11-22T22:19:34Z

-- upgrade sqlite

-- table visit is new
CREATE TABLE visit (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER,
    at TIMESTAMP NOT NULL,
    page TEXT NOT NULL
);

-- index ix_visit_at is new
CREATE INDEX ix_visit_at ON visit (at);

-- downgrade sqlite
-- warning: rows are lost: table visit

-- table visit goes
DROP TABLE "visit";
