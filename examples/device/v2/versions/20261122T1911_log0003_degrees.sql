-- cantil: revision log0003
-- parents: log0002
-- message: degrees
-- created: 2026-11-22T19:11:49Z

-- upgrade sqlite

-- table reading: column celsius is new
ALTER TABLE "reading" ADD COLUMN celsius REAL;

-- a thermistor's curve, which SQL cannot compute: degrees_of_readings() in device.c
-- call: celsius

-- downgrade sqlite
-- keep "reading" ("id", "sensor_id", "taken_at", "raw") as "reading" ("id", "sensor_id", "taken_at", "raw")
-- warning: values are lost: reading.celsius

-- table reading: column celsius goes
ALTER TABLE "reading" DROP COLUMN "celsius";
