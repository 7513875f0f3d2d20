-- cantil: revision 303762cffb66
-- parents: 5f4fb91b832e
-- message: prices and stock
-- created: 2026-11-22T16:30:03Z

-- upgrade sqlite
-- keep "Product" ("rowid", "id", "id_Producer", "name") as "Product" ("rowid", "id", "id_Producer", "name")

-- table Product is written anew: price is new, stock is new, created_at is new
CREATE TABLE "cantil_new_Product" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    id_Producer INTEGER NOT NULL CONSTRAINT fk_Product_id_Producer REFERENCES Producer (id),
    name VARCHAR(100),
    price REAL CONSTRAINT ck_Product_price CHECK (price >= 0),
    stock INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT OR ABORT INTO "cantil_new_Product" ("id", "id_Producer", "name")
SELECT "id", "id_Producer", "name"
FROM "Product";
DELETE FROM sqlite_sequence WHERE name = 'cantil_new_Product' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'Product');
INSERT INTO sqlite_sequence (name, seq) SELECT 'cantil_new_Product', seq FROM sqlite_sequence WHERE name = 'Product';
DROP TABLE "Product";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "cantil_new_Product" RENAME TO "Product";
PRAGMA legacy_alter_table = OFF;

-- downgrade sqlite
-- keep "Product" ("rowid", "id", "id_Producer", "name") as "Product" ("rowid", "id", "id_Producer", "name")

-- table Product is written anew: price goes, stock goes, created_at goes
CREATE TABLE "cantil_new_Product" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    id_Producer INTEGER NOT NULL CONSTRAINT fk_Product_id_Producer REFERENCES Producer (id),
    name VARCHAR(100)
);
INSERT OR ABORT INTO "cantil_new_Product" ("id", "id_Producer", "name")
SELECT "id", "id_Producer", "name"
FROM "Product";
DELETE FROM sqlite_sequence WHERE name = 'cantil_new_Product' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'Product');
INSERT INTO sqlite_sequence (name, seq) SELECT 'cantil_new_Product', seq FROM sqlite_sequence WHERE name = 'Product';
DROP TABLE "Product";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "cantil_new_Product" RENAME TO "Product";
PRAGMA legacy_alter_table = OFF;

-- upgrade postgresql

-- table Product: column price is new
ALTER TABLE "Product" ADD COLUMN price double precision;

-- table Product: column stock is new
ALTER TABLE "Product" ADD COLUMN stock bigint DEFAULT 0 NOT NULL;

-- table Product: column created_at is new
ALTER TABLE "Product" ADD COLUMN created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL;

-- table Product: constraint ck_Product_price is new
ALTER TABLE "Product" ADD CONSTRAINT "ck_Product_price" CHECK (price >= 0::double precision);

-- downgrade postgresql
-- warning: values are lost: Product.price
-- warning: values are lost: Product.stock
-- warning: values are lost: Product.created_at

-- table Product: constraint ck_Product_price goes
ALTER TABLE "Product" DROP CONSTRAINT "ck_Product_price";

-- table Product: column price goes
ALTER TABLE "Product" DROP COLUMN price;

-- table Product: column stock goes
ALTER TABLE "Product" DROP COLUMN stock;

-- table Product: column created_at goes
ALTER TABLE "Product" DROP COLUMN created_at;
