#!/bin/sh
# The migrations' part of make bench; writes build/bench/migrations.json. A smaller run: BENCH_TABLES (1000),
# BENCH_ROWS (5000000), BENCH_RUNS (7 of what is short), BENCH_LARGE_RUNS (3 of what writes millions of rows).
# "Raw" is the same SQL in the sqlite3 shell: the script that `cantil apply --sql` prints, durable as a migration is,
# with the checks of a rebuild. Both run in turn, on fresh copies, and medians are compared.
set -eu
cd "$(dirname "$0")/.."
tables=${BENCH_TABLES:-1000} rows=${BENCH_ROWS:-5000000} runs=${BENCH_RUNS:-7} large=${BENCH_LARGE_RUNS:-3}
dir=build-bench
[ -f $dir/build.ninja ] || meson setup $dir --buildtype=release -Dtests=disabled >/dev/null
ninja -C $dir --quiet bench/bench_spend cantil
mkdir -p build/bench
root=$(pwd) out=$(pwd)/build/bench/migrations.json
cantil=$root/$dir/cantil spend=$root/$dir/bench/bench_spend
work=$(mktemp -d "${TMPDIR:-/tmp}/cantil-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
json=

# column COLUMN FILE: the median of one
median() { awk -v c="$1" '{ print $c }' "$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
add() { json="$json${json:+, }\"$1\": {$2}"; }

# short NAME FILE: a line and a member for something that takes milliseconds
short() {
	wall=$(median 1 "$2") cpu=$(median 2 "$2") kb=$(median 3 "$2")
	printf '%-14s %9.1f ms %9.1f ms CPU %9d KB\n' "$1" "$(echo "$wall" | awk '{ print $1 * 1000 }')" \
		"$(echo "$cpu" | awk '{ print $1 * 1000 }')" "$kb"
	add "$1" "$(awk "BEGIN { printf \"\\\"ms\\\": %.1f, \\\"cpu_ms\\\": %.1f, \\\"kb\\\": %d\", $wall * 1000, $cpu * 1000, $kb }")"
}

# compare NAME OURS RAW: the same work by both
compare() {
	add "$1" "$(awk "BEGIN { a = $(median 1 "$2"); b = $(median 1 "$3"); c = $(median 2 "$2"); d = $(median 2 "$3")
		printf \"\\\"ratio\\\": %.2f, \\\"cpu_ratio\\\": %.2f, \\\"cantil_s\\\": %.3f, \\\"raw_s\\\": %.3f, \\\"cantil_cpu_s\\\": %.3f, \\\"raw_cpu_s\\\": %.3f\", a / b, c / d, a, b, c, d }")"
	awk "BEGIN { a = $(median 1 "$2"); b = $(median 1 "$3"); c = $(median 2 "$2"); d = $(median 2 "$3")
		printf \"%-14s %9.3f s %9.3f s raw: %.2f  (CPU %.3f s, %.3f s raw: %.2f)  %d KB\\n\", \"$1\", a, b, a / b, c, d, c / d, $(median 3 "$2") }"
}

project() { # project FOLDER SCHEMA: a database at the first revision
	mkdir "$1"
	printf '[cantil]\ndatabase = sqlite:///app.db\nschema = schema.sql\nmigrations = migrations\n' >"$1/cantil.ini"
	cp "$2" "$1/schema.sql"
	(cd "$1" && "$cantil" db init -q && "$cantil" db migrate -m first -q --yes)
}

# ---- many tables: ten columns each, an index each, foreign keys in one chain ----
awk -v n="$tables" 'BEGIN {
	for (i = 1; i <= n; i++) {
		printf "CREATE TABLE t%04d (\n\tid INTEGER PRIMARY KEY,\n\tprevious_id INTEGER%s,\n", i,
			(i > 1 ? sprintf(" REFERENCES t%04d (id)", i - 1) : "")
		printf "\tname TEXT NOT NULL,\n\temail TEXT,\n\tscore REAL DEFAULT 0.0,\n\tcreated_at INTEGER NOT NULL,\n"
		printf "\tflag INTEGER NOT NULL DEFAULT 1 CHECK (flag IN (0, 1)),\n\tbody TEXT,\n\tprice NUMERIC,\n\tnote TEXT\n);\n"
		printf "CREATE INDEX t%04d_previous ON t%04d (previous_id);\n", i, i
	}
}' >many.sql
(echo 'PRAGMA synchronous = EXTRA; BEGIN;'; cat many.sql; echo 'COMMIT;') >many-raw.sql
project many many.sql

: >create; : >create-raw; : >upgrade
for _ in $(seq "$runs"); do
	rm -f empty.db raw.db many/app.db*
	: >empty.db
	"$spend" 1 "$cantil" apply empty.db many.sql --yes >>create
	"$spend" 1 sqlite3 raw.db '.read many-raw.sql' >>create-raw
	(cd many && "$spend" 1 "$cantil" db upgrade --yes >>../upgrade)
done
compare create_$tables create create-raw
short upgrade_$tables upgrade
"$spend" "$runs" "$cantil" diff empty.db many.sql >took && short compare_$tables took
"$spend" "$runs" "$cantil" apply empty.db many.sql --yes >took && short apply_same_$tables took
(cd many && "$spend" "$runs" "$cantil" db check) >took && short check_$tables took
(cd many && "$spend" "$runs" "$cantil" db current) >took && short current took

# ---- many revisions: 500 small ones, 50 tables ----
steps=${BENCH_REVISIONS:-500}
mkdir steps && cp many/cantil.ini steps/ && (cd steps && "$cantil" db init -q)
awk -v n="$steps" 'BEGIN {
	for (i = 0; i < n; i++) {
		t = sprintf("t%03d", i / 10)
		up = sprintf("ALTER TABLE %s ADD COLUMN c%d TEXT DEFAULT \"x\"", t, i % 10)
		gsub("\"", "\047", up)
		down = sprintf("ALTER TABLE %s DROP COLUMN c%d", t, i % 10)
		if (i % 10 == 0) { up = "CREATE TABLE " t " (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"; down = "DROP TABLE " t }
		if (i % 10 == 5) { up = "CREATE INDEX " t "_name ON " t " (name)"; down = "DROP INDEX " t "_name" }
		id = sprintf("%012d", i + 1)
		file = sprintf("steps/migrations/versions/20260101T%06d_%s_step.sql", i, id)
		printf "-- cantil: revision %s\n-- parents: %s\n-- message: step\n-- created: 2026-01-01T00:00:00Z\n", id, before >file
		printf "-- upgrade sqlite\n%s;\n-- downgrade sqlite\n%s;\n", up, down >file
		close(file)
		before = id
	}
}'
: >steps/schema.sql
(cd steps && "$cantil" db upgrade -q --yes && "$cantil" inspect app.db --format sql >../steps.sql && mv ../steps.sql schema.sql)
(cd steps && "$spend" "$runs" "$cantil" db current) >took && short steps_current took
(cd steps && "$spend" "$runs" "$cantil" db upgrade --yes) >took && short steps_upgrade_none took
(cd steps && "$spend" "$runs" "$cantil" db migrate -m none --yes) >took && short steps_migrate_none took
: >took
for _ in $(seq "$runs"); do
	(cd steps && "$spend" 1 "$cantil" db downgrade --yes >>../took && "$cantil" db upgrade -q --yes)
done
short steps_downgrade took

# ---- many rows ----
cat >rows.sql <<'END'
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE post (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL REFERENCES author (id), title TEXT, body TEXT, score REAL, created_at INTEGER);
CREATE INDEX post_author ON post (author_id);
END
project rows rows.sql
(cd rows && "$cantil" db upgrade -q --yes)
sqlite3 rows/app.db "PRAGMA synchronous = OFF; BEGIN;
	WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10000)
	INSERT INTO author SELECT i, printf('author-name-%06d', i) FROM c;
	WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $rows)
	INSERT INTO post SELECT i, (i - 1) % 10000 + 1, 'Post title number ' || i,
		CASE WHEN i % 10 THEN substr('The quick brown fox jumps over the lazy dog.', 1, 10 + i % 30) END,
		i * 0.5 + 0.25, 1600000000 + (i * 7919) % 10000000 FROM c;
	COMMIT; PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null

# change NAME OLD NEW: one change of the table, by db upgrade, by apply, and by the rebuild's script in the shell
change() {
	sed "s/$2/$3/" rows.sql >next.sql
	rm -rf walk && cp -r rows walk && cp next.sql walk/schema.sql
	(cd walk && "$cantil" db migrate -m next -q --yes && rm -f app.db*)
	(echo 'PRAGMA synchronous = EXTRA;'
		"$cantil" apply rows/app.db next.sql --sql --edit-from -1 |
			sed 's/^COMMIT;$/PRAGMA foreign_key_check;\nPRAGMA quick_check;\nCOMMIT;/') >raw.sql
	: >ours; : >applied; : >raw
	for _ in $(seq "$large"); do
		rm -f walk/app.db* copy.db*
		cp rows/app.db walk/app.db && sync
		(cd walk && "$spend" 1 "$cantil" db upgrade --yes >>../ours)
		rm -f walk/app.db*
		cp rows/app.db copy.db && sync
		"$spend" 1 "$cantil" apply copy.db next.sql --yes >>applied
		rm -f copy.db*
		cp rows/app.db copy.db && sync
		"$spend" 1 sqlite3 copy.db '.read raw.sql' >>raw
	done
	rm -f copy.db*
	compare "$1" ours raw
	compare "apply_$1" applied raw
}
size=$(awk "BEGIN { n = $rows; print (n >= 1000000 ? n / 1000000 \"m\" : n) }")
change "rebuild_$size" 'title TEXT' 'title TEXT COLLATE NOCASE'
change "not_null_$size" 'created_at INTEGER' 'created_at INTEGER NOT NULL'

echo "{$json}" >"$out"
