-- cantil: revision log0002
-- parents: log0001
-- message: several sensors
-- created: 2026-11-22T19:11:49Z
-- answer: fill reading.sensor_id 1

-- upgrade sqlite
-- keep "reading" ("id", "taken_at", "raw") as "reading" ("id", "taken_at", "raw")

-- table sensor is new
CREATE TABLE sensor (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- table reading is written anew: sensor_id is new
CREATE TABLE "cantil_new_reading" (id INTEGER PRIMARY KEY, sensor_id INTEGER NOT NULL REFERENCES sensor (id), taken_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, raw INTEGER NOT NULL CHECK (raw >= 0));
INSERT OR ABORT INTO "cantil_new_reading" ("id", "sensor_id", "taken_at", "raw")
SELECT "id", (1), "taken_at", "raw"
FROM "reading";
DROP TABLE "reading";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "cantil_new_reading" RENAME TO "reading";
PRAGMA legacy_alter_table = OFF;

-- index reading_taken_at is new
CREATE INDEX reading_taken_at ON reading (taken_at);

-- data: what was measured so far came from the sensor that the device is built with
INSERT INTO sensor (id, name) VALUES (1, 'built-in');

-- downgrade sqlite
-- keep "reading" ("id", "taken_at", "raw") as "reading" ("id", "taken_at", "raw")
-- warning: rows are lost: table sensor
-- warning: values are lost: reading.sensor_id

-- index reading_taken_at goes
DROP INDEX "reading_taken_at";

-- table sensor goes
DROP TABLE "sensor";

-- table reading is written anew: sensor_id goes
CREATE TABLE "cantil_new_reading" (id INTEGER PRIMARY KEY, taken_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, raw INTEGER NOT NULL);
INSERT OR ABORT INTO "cantil_new_reading" ("id", "taken_at", "raw")
SELECT "id", "taken_at", "raw"
FROM "reading";
DROP TABLE "reading";
PRAGMA legacy_alter_table = ON;
ALTER TABLE "cantil_new_reading" RENAME TO "reading";
PRAGMA legacy_alter_table = OFF;
