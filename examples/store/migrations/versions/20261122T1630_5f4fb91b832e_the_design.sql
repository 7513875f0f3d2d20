-- cantil: revision 5f4fb91b832e
-- parents:
-- message: the design
-- created: 2026-11-22T16:30:02Z

-- upgrade sqlite

-- table Producer is new
CREATE TABLE Producer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(100)
);

-- table Consumer is new
CREATE TABLE Consumer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(100)
);

-- table Product is new
CREATE TABLE Product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    id_Producer INTEGER NOT NULL CONSTRAINT fk_Product_id_Producer REFERENCES Producer (id),
    name VARCHAR(100)
);

-- table Garbage is new
CREATE TABLE Garbage (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    id_Product INTEGER NOT NULL CONSTRAINT fk_Garbage_id_Product REFERENCES Product (id),
    id_Consumer INTEGER NOT NULL CONSTRAINT fk_Garbage_id_Consumer REFERENCES Consumer (id),
    consumed TIMESTAMP NOT NULL
);

-- downgrade sqlite

-- table Producer goes
DROP TABLE "Producer";

-- table Consumer goes
DROP TABLE "Consumer";

-- table Product goes
DROP TABLE "Product";

-- table Garbage goes
DROP TABLE "Garbage";
