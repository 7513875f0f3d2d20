#!/bin/sh
# A revision that runs step by step, outside of a transaction, is killed (SIGKILL) at any moment: what the record says is
# done is done, exactly once, and the next upgrade finishes. Several processes at once: one runs it, the others wait.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
kills=${CANTIL_TEST_KILLS:-10} processes=${CANTIL_TEST_PROCESSES:-8}
cantil=$build/cantil
query() { sqlite3 app.db "$1"; }

mkdir -p migrations/versions
printf '[cantil]\ndatabase = sqlite:///app.db\n' >cantil.ini
cat >migrations/versions/a.sql <<'END'
-- cantil: revision a
-- upgrade sqlite
CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, pad TEXT);
-- downgrade sqlite
DROP TABLE t;
END
{
	printf -- '-- cantil: revision b\n-- parents: a\n-- upgrade sqlite\n-- no-transaction\nPRAGMA journal_mode = DELETE;\n'
	for i in 1 2 3 4 5 6; do echo "UPDATE t SET n = n + 1;"; done
	printf 'PRAGMA page_size = 8192;\nVACUUM;\n'
	for i in 1 2 3 4 5 6; do echo "UPDATE t SET n = n + 1;"; done
	printf 'PRAGMA journal_mode = WAL;\n-- downgrade sqlite\nUPDATE t SET n = n - 12;\n'
} >migrations/versions/b.sql
check 'the first revision' "$cantil" db upgrade a
query "with recursive i(x) as (select 1 union all select x + 1 from i where x < 20000) insert into t select x, 0, hex(randomblob(20)) from i;
	pragma wal_checkpoint(truncate)" >/dev/null
cp app.db start.db
put_back() { rm -f app.db app.db-* && cp start.db app.db; }

# the increments that rows have are the UPDATEs that are recorded
sound() {
	[ "$(query 'pragma integrity_check')" = ok ] || return 1
	low=$(query 'select min(n) from t') high=$(query 'select max(n) from t')
	[ "$low" = "$high" ] || return 1
	if [ "$(query "select count(*) from sqlite_schema where name = 'cantil_step'")" = 1 ]; then
		recorded=$(query 'select count(*) from cantil_step where done and number between 2 and 7 or done and number between 10 and 15')
	elif [ "$(query "select count(*) from cantil_version where revision = 'b'")" = 1 ]; then
		recorded=12
	else
		recorded=0
	fi
	[ "$low" = "$recorded" ]
}

start=$(date +%s%N)
check 'a whole run' "$cantil" db upgrade
whole=$((($(date +%s%N) - start) / 1000000))
check '… is sound' sound
check '… the pages are larger' test "$(query 'pragma page_size')" = 8192

killed=0 tries=0 between=0 wrong=''
while [ $killed -lt "$kills" ] && [ $tries -lt $((kills * 4)) ]; do
	put_back
	"$cantil" db upgrade >/dev/null 2>&1 &
	pid=$!
	sleep "$(awk "BEGIN { print $whole * ($killed + 0.5) / $kills / 1000 }")"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? -eq 137 ] && killed=$((killed + 1)) || whole=$((whole * 9 / 10 + 1))
	tries=$((tries + 1))
	sound || wrong="$wrong after a kill: n $low to $high, $recorded recorded;"
	recorded_then=finished
	if [ "$(query "select count(*) from sqlite_schema where name = 'cantil_step'")" = 1 ]; then
		between=$((between + 1)) recorded_then=between
	elif [ "$(query "select count(*) from cantil_version where revision = 'b'")" = 0 ]; then
		recorded_then=before
	fi
	"$cantil" db upgrade >"$work/.out" 2>&1 || wrong="$wrong the next upgrade failed: $(cat "$work/.out");"
	sound || wrong="$wrong at the end: n $low to $high;"
	[ "$(query 'pragma page_size')$(query 'select min(n) from t')" = 819212 ] || wrong="$wrong not finished;"
	# a kill behind the last commit leaves the file of the lock, which nobody holds
	[ ! -e app.db-migrate ] || [ "$recorded_then" = finished ] || wrong="$wrong the lock is left;"
done
echo "# $between of $killed kills were between two steps"
echo "$wrong" >"$work/.out"
[ -z "$wrong" ]
result $? "$killed kills: what is recorded is done, and the next upgrade finishes"
[ "$killed" -eq "$kills" ] && [ $between -gt 0 ]
result $? '… and they came in time'

put_back
pids='' && : >codes
for i in $(seq "$processes"); do
	("$cantil" db upgrade >"out.$i" 2>&1; echo $? >>codes) &
	pids="$pids $!"
done
# shellcheck disable=SC2086
wait $pids
cat out.* >"$work/.out"
[ "$(sort -u codes)" = 0 ]
result $? "$processes processes at once all end with 0"
check '… it ran once' sound
check '… and said so once' test "$(cat out.* | grep -c '^applied')" = 1
finish
