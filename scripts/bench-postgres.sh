#!/bin/sh
# make bench, PostgreSQL: each workload through sessions and by hand with libpq, in turn, in fresh processes; medians of five of
# the total CPU time (the program and its server process) as ratios. Writes build/bench/postgres.json. BENCH_URI names a
# server; without it one is started in a temporary folder.
set -eu
cd "$(dirname "$0")/.."
runs=${BENCH_RUNS:-5}
dir=build-bench
server=tests/postgres/server.sh
[ -n "${BENCH_URI:-}" ] || $server available || { echo "PostgreSQL's server is not installed: no figures of it"; exit 0; }
[ -f $dir/build.ninja ] || meson setup $dir --buildtype=release -Dtests=disabled >/dev/null
ninja -C $dir --quiet bench/bench_postgres 2>/dev/null || { echo "built without libpq: no figures of PostgreSQL"; exit 0; }
mkdir -p build/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/cantil-bench-XXXXXX")
trap 'rm -rf "$work"; [ ! -d "$work.pg" ] || $server stop "$work.pg"' EXIT
uri=${BENCH_URI:-$($server start "$work.pg" $$)}
bench=$dir/bench/bench_postgres

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '%-8s %10s %10s %7s   %s\n' work cantil_s libpq_s ratio 'client and server, cantil | libpq; peak memory'
json=
for w in bulk flush list stream lookup; do
	: >"$work/raw" && : >"$work/session"
	i=0
	while [ $i -lt "$runs" ]; do
		for who in raw session; do
			case $w in bulk|flush) $bench raw create "$uri" ;; esac
			$bench $who $w "$uri" >>"$work/$who"
		done
		i=$((i + 1))
	done
	if [ "$(awk '{ print $4 }' "$work/raw" "$work/session" | sort -u | wc -l)" -ne 1 ]; then
		echo "$w: the two versions gave different results" >&2
		exit 1
	fi
	# what is read afterwards is what the bulk insertion has written
	[ $w != flush ] || { $bench raw create "$uri" && $bench raw bulk "$uri" >/dev/null; }
	raw=$(awk '{ print $1 + $2 }' "$work/raw" | median) session=$(awk '{ print $1 + $2 }' "$work/session" | median)
	ratio=$(awk "BEGIN { printf \"%.2f\", $session / $raw }")
	kb=$(awk '{ print $3 }' "$work/session" | median)
	printf '%-8s %10.3f %10.3f %7s   %s | %s; %d KB\n' $w "$session" "$raw" "$ratio" \
		"$(awk '{ printf "%.3f %.3f\n", $1, $2 }' "$work/session" | sort | sed -n 3p)" \
		"$(awk '{ printf "%.3f %.3f\n", $1, $2 }' "$work/raw" | sort | sed -n 3p)" "$kb"
	json="$json${json:+, }\"$w\": {\"ratio\": $ratio, \"cantil_s\": $session, \"libpq_s\": $raw, \"peak_KB\": $kb}"
done
echo "{$json}" >build/bench/postgres.json
