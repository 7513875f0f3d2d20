-- Every kind of object, and most of what can be said of one.
CREATE TABLE producer (  -- who makes it
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(100) NOT NULL CONSTRAINT uq_producer_name UNIQUE COLLATE NOCASE, -- as on the label
    "web site" TEXT,
    born DATE,
    active BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    producer_id INTEGER NOT NULL CONSTRAINT fk_product_producer_id REFERENCES producer (id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    price NUMERIC(10,2) CONSTRAINT ck_product_price CHECK (price >= 0),
    weight DECIMAL(10,5),
    label TEXT NOT NULL DEFAULT "none",
    picture BLOB,
    made_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "double" REAL,
    "2nd" INT,
    "preço" DOUBLE,
    total AS (price * 1.2) STORED,
    CONSTRAINT cheap CHECK (price < 1000000 OR label = 'it''s "dear"'),
    CONSTRAINT uq_both UNIQUE (producer_id, name)
);
CREATE INDEX ix_product_made_at ON product (made_at);
CREATE INDEX product_search ON product (lower(name) DESC, price) WHERE price IS NOT NULL;
CREATE UNIQUE INDEX product_label ON product (label COLLATE NOCASE);
CREATE TABLE tag (
    name TEXT NOT NULL,
    lang TEXT NOT NULL DEFAULT 'en',
    CONSTRAINT pk_tag PRIMARY KEY (name, lang)
) WITHOUT ROWID;
CREATE TABLE product_tag (
    product_id INTEGER NOT NULL REFERENCES product,
    tag_name TEXT NOT NULL,
    tag_lang TEXT NOT NULL,
    PRIMARY KEY (product_id, tag_name),
    FOREIGN KEY (tag_name, tag_lang) REFERENCES tag (name, lang) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE category (
    code TEXT CONSTRAINT pk_category PRIMARY KEY,
    parent TEXT CONSTRAINT fk_category_parent REFERENCES category (code) ON DELETE SET NULL
);
CREATE TABLE reading (
    id INTEGER PRIMARY KEY,
    value REAL NOT NULL,
    raw BLOB
) STRICT;
CREATE VIRTUAL TABLE search USING fts5(name, label, content='product', content_rowid='id');
CREATE VIEW stock AS
SELECT p.id, p.name, r.name AS producer, count(*) AS pieces
FROM product p JOIN producer r ON r.id = p.producer_id
GROUP BY p.id;
CREATE TRIGGER product_found AFTER INSERT ON product
BEGIN
    INSERT INTO search(rowid, name, label) VALUES (new.id, new.name, new.label);
END;
