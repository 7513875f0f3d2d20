#!/bin/sh
# make bench-peers: the same schema and the same changes through Cantil, Flask-Migrate and Django, from Debian's
# packages (installed if they are missing). CPU seconds of whole commands; writes build/bench/peers.json.
# BENCH_TABLES (10 100) in turn, BENCH_PEER_ROWS (1000000), BENCH_PEER_SECONDS (600): then a command is given up.
set -eu
cd "$(dirname "$0")/.."
sizes=${BENCH_TABLES:-10 100} rows=${BENCH_PEER_ROWS:-1000000} limit=${BENCH_PEER_SECONDS:-600}
python=${PYTHON:-/usr/bin/python3} # Debian's packages are for Debian's own
scripts/deps.sh peers
dir=build-bench
[ -f $dir/build.ninja ] || meson setup $dir --buildtype=release -Dtests=disabled >/dev/null
ninja -C $dir --quiet bench/bench_spend cantil
mkdir -p build/bench
root=$(pwd) out=$(pwd)/build/bench/peers.json
cantil=$root/$dir/cantil spend=$root/$dir/bench/bench_spend peers=$root/bench/peers
work=$(mktemp -d "${TMPDIR:-/tmp}/cantil-peers-XXXXXX")
trap 'rm -rf "$work"' EXIT
export PYTHONPATH="$peers" PYTHONDONTWRITEBYTECODE=1 FLASK_APP=flask_peer PYTHONWARNINGS=ignore
json=

flask() { "$python" -m flask db "$@"; }
django() { "$python" "$peers/django_peer.py" "$@"; }

# took NAME WHO COMMAND…: runs it in WHO's folder; prints and notes the CPU seconds, or that it did not get there
took() {
	name=$1 who=$2
	shift 2
	if line=$(cd "$work/$who" && timeout "$limit" "$spend" 1 "$@" 2>"$work/errors"); then
		cpu=$(echo "$line" | awk '{ printf "%.3f", $2 }') kb=$(echo "$line" | awk '{ print $3 }')
		printf '%-24s %-8s %9s s CPU %9d KB\n' "$name" "$who" "$cpu" "$kb"
		json="$json${json:+, }\"$name $who\": {\"cpu_s\": $cpu, \"kb\": $kb}"
	else
		printf '%-24s %-8s failed: %.100s\n' "$name" "$who" "$(tail -n 1 "$work/errors")"
		json="$json${json:+, }\"$name $who\": null"
	fi
}

schema() { # schema TABLES STATE
	awk -v n="$1" -v state="$2" 'BEGIN {
		print "CREATE TABLE post (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT, body TEXT, score REAL,"
		print "created_at INTEGER" (state == "second" ? " NOT NULL" : "") ");"
		print "CREATE INDEX post_author ON post (author_id);"
		for (i = 1; i <= n; i++) {
			printf "CREATE TABLE t%04d (id INTEGER PRIMARY KEY, previous_id INTEGER%s, name TEXT NOT NULL, email TEXT,", i,
				(i > 1 ? sprintf(" REFERENCES t%04d (id)", i - 1) : "")
			print "score REAL, created_at INTEGER NOT NULL, flag INTEGER NOT NULL, body TEXT, price NUMERIC, note TEXT);"
			printf "CREATE INDEX t%04d_previous ON t%04d (previous_id);\n", i, i
		}
	}'
}

fill() { # fill DATABASE
	sqlite3 "$1" "PRAGMA synchronous = OFF; BEGIN;
	WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $rows)
	INSERT INTO post (id, author_id, title, body, score, created_at)
	SELECT i, i % 10000, 'Post title number ' || i, 'The quick brown fox', i * 0.5, 1600000000 + i FROM c; COMMIT;"
}

one() { # one TABLES: from nothing to the first state, no change, then post.created_at becomes NOT NULL
	export BENCH_TABLES="$1" BENCH_STATE=first
	rm -rf "$work/cantil" "$work/flask" "$work/django"
	mkdir -p "$work/cantil" "$work/flask" "$work/django/store"
	printf '[cantil]\ndatabase = sqlite:///cantil.db\nschema = schema.sql\nmigrations = migrations\n' >"$work/cantil/cantil.ini"
	schema "$1" first >"$work/cantil/schema.sql"
	cp "$peers/django_models.py" "$work/django/store/models.py"
	: >"$work/django/store/__init__.py"
	(cd "$work/cantil" && "$cantil" db init -q) && (cd "$work/flask" && flask init >/dev/null 2>&1)

	took "$1 make" cantil "$cantil" db migrate -m first --yes
	took "$1 make" flask "$python" -m flask db migrate -m first
	took "$1 make" django "$python" "$peers/django_peer.py" makemigrations store
	took "$1 upgrade" cantil "$cantil" db upgrade --yes
	took "$1 upgrade" flask "$python" -m flask db upgrade
	took "$1 upgrade" django "$python" "$peers/django_peer.py" migrate
	took "$1 no change" cantil "$cantil" db check
	took "$1 no change" flask "$python" -m flask db migrate # Debian's Alembic has no check yet
	took "$1 no change" django "$python" "$peers/django_peer.py" makemigrations --check --dry-run store
	took "$1 current" cantil "$cantil" db current
	took "$1 current" flask "$python" -m flask db current
	took "$1 current" django "$python" "$peers/django_peer.py" showmigrations
}

for size in $sizes; do one "$size"; done

before=$json
one 1 >/dev/null
json=$before
for who in cantil flask django; do fill "$work/$who/$who.db"; done
export BENCH_STATE=second
schema 1 second >"$work/cantil/schema.sql"
(cd "$work/cantil" && "$cantil" db migrate -m second -q --yes)
(cd "$work/flask" && flask migrate -m second >/dev/null 2>&1)
(cd "$work/django" && django makemigrations store --noinput >/dev/null 2>&1)
took "NOT NULL, $rows rows" cantil "$cantil" db upgrade --yes
took "NOT NULL, $rows rows" flask "$python" -m flask db upgrade
took "NOT NULL, $rows rows" django "$python" "$peers/django_peer.py" migrate
echo "{$json}" >"$out"
exec scripts/bench-peers-data.sh
