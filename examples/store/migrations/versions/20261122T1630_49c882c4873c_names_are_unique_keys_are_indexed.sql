-- cantil: revision 49c882c4873c
-- parents: 303762cffb66
-- message: names are unique, keys are indexed
-- created: 2026-11-22T16:30:03Z

-- upgrade sqlite
-- keep "Producer" ("rowid", "id", "name") as "Producer" ("rowid", "id", "name")

-- table Producer is written anew: keys, constraints or the order of columns change
CREATE TABLE "cantil_new_Producer" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(100) CONSTRAINT uq_Producer_name UNIQUE
);
INSERT OR ABORT INTO "cantil_new_Producer" ("id", "name")
SELECT "id", "name"
FROM "Producer";
DELETE FROM sqlite_sequence WHERE name = 'cantil_new_Producer' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'Producer');
INSERT INTO sqlite_sequence (name, seq) SELECT 'cantil_new_Producer', seq FROM sqlite_sequence WHERE name = 'Producer';
DROP TABLE "Producer";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "cantil_new_Producer" RENAME TO "Producer";
PRAGMA legacy_alter_table = OFF;

-- index ix_Product_id_Producer is new
CREATE INDEX ix_Product_id_Producer ON Product (id_Producer);

-- index ix_Garbage_id_Product is new
CREATE INDEX ix_Garbage_id_Product ON Garbage (id_Product);

-- index ix_Garbage_id_Consumer is new
CREATE INDEX ix_Garbage_id_Consumer ON Garbage (id_Consumer);

-- downgrade sqlite
-- keep "Producer" ("rowid", "id", "name") as "Producer" ("rowid", "id", "name")

-- index ix_Product_id_Producer goes
DROP INDEX "ix_Product_id_Producer";

-- index ix_Garbage_id_Product goes
DROP INDEX "ix_Garbage_id_Product";

-- index ix_Garbage_id_Consumer goes
DROP INDEX "ix_Garbage_id_Consumer";

-- table Producer is written anew: keys, constraints or the order of columns change
CREATE TABLE "cantil_new_Producer" (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(100)
);
INSERT OR ABORT INTO "cantil_new_Producer" ("id", "name")
SELECT "id", "name"
FROM "Producer";
DELETE FROM sqlite_sequence WHERE name = 'cantil_new_Producer' AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'Producer');
INSERT INTO sqlite_sequence (name, seq) SELECT 'cantil_new_Producer', seq FROM sqlite_sequence WHERE name = 'Producer';
DROP TABLE "Producer";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "cantil_new_Producer" RENAME TO "Producer";
PRAGMA legacy_alter_table = OFF;

-- upgrade postgresql

-- table Producer: constraint uq_Producer_name is new
ALTER TABLE "Producer" ADD CONSTRAINT "uq_Producer_name" UNIQUE (name);

-- index ix_Garbage_id_Consumer is new
CREATE INDEX "ix_Garbage_id_Consumer" ON "Garbage" USING btree ("id_Consumer");

-- index ix_Garbage_id_Product is new
CREATE INDEX "ix_Garbage_id_Product" ON "Garbage" USING btree ("id_Product");

-- index ix_Product_id_Producer is new
CREATE INDEX "ix_Product_id_Producer" ON "Product" USING btree ("id_Producer");

-- downgrade postgresql

-- index ix_Garbage_id_Consumer goes
DROP INDEX "ix_Garbage_id_Consumer";

-- index ix_Garbage_id_Product goes
DROP INDEX "ix_Garbage_id_Product";

-- index ix_Product_id_Producer goes
DROP INDEX "ix_Product_id_Producer";

-- table Producer: constraint uq_Producer_name goes
ALTER TABLE "Producer" DROP CONSTRAINT "uq_Producer_name";
