CREATE TABLE "Order" ( -- what was <bought>
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number CHAR(12) NOT NULL CONSTRAINT one_number UNIQUE,
    client INTEGER CONSTRAINT fk_Order_client REFERENCES Client (id),
    placed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    state TEXT NOT NULL DEFAULT 'new' CONSTRAINT ck_Order_state CHECK (state IN ('new','it''s paid')),
    flags TEXT,
    note TEXT DEFAULT 'it''s <fine> & good é☺',
    price DECIMAL(10,2) NOT NULL DEFAULT -1.5,
    paid BOOLEAN NOT NULL DEFAULT 0,
    seal BLOB,
    data TEXT,
    rate REAL
);
CREATE TABLE Client (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- as it is
    -- called
    name VARCHAR(100) NOT NULL
);
CREATE TABLE Line (
    "order" INTEGER NOT NULL CONSTRAINT fk_Line_order REFERENCES "Order" (id),
    number INTEGER NOT NULL,
    CONSTRAINT pk_Line PRIMARY KEY ("order", number)
);
CREATE INDEX ix_Order_placed_state ON "Order" (placed, state);
