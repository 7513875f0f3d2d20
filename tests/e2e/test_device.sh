#!/bin/sh
# The device of examples/: the old release writes rows, the new one is started on them: by many processes at once, killed
# in the middle, on a medium that cannot be written; and the old one is started again on what the new one has made.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
processes=${CANTIL_TEST_PROCESSES:-8} kills=${CANTIL_TEST_KILLS:-20} rows=20000
export LD_LIBRARY_PATH="$build/src${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
old=$build/examples/device/device1 new=$build/examples/device/device2
query() { sqlite3 log.db "$1"; }
revisions() { query "select group_concat(revision, ' ') from (select revision from cantil_version where revision <> 'base' order by number)"; }
put_back() { rm -f log.db log.db-* && cp start.db log.db; }

check 'the old release makes its database' "$old" log.db log $rows
check '… at its own revision' test "$(revisions)" = log0001
query 'pragma wal_checkpoint(truncate)' >/dev/null
cp log.db start.db
values=$(query 'select sum(id * 31 + raw), min(taken_at), max(taken_at) from reading')

# ---- nothing to do ----
sum=$(sha256sum log.db)
check 'started again' "$old" log.db report
check '… nothing was written' test "$sum" = "$(sha256sum log.db)"

# ---- an upgrade ----
mkdir backups
check 'the new release' env DEVICE_BACKUPS=backups "$new" log.db report
grep -qx "release 2, $rows readings, .* with degrees" "$work/.out"
result $? '… has every reading'
check '… brought it up to date' test "$(revisions)" = 'log0001 log0002 log0003'
check '… every value is there' test "$(query 'select sum(id * 31 + raw), min(taken_at), max(taken_at) from reading')" = "$values"
check '… the C function ran' test "$(query 'select round(celsius, 3) from reading where raw = 491 limit 1')" = 26.816
check '… of the state before it there is a copy' test "$(sqlite3 backups/log.db.log0001.bak 'pragma integrity_check; select count(*) from reading')" = "ok
$rows"
check '… and nothing else in that folder' test "$(ls backups)" = log.db.log0001.bak
query 'pragma wal_checkpoint(truncate)' >/dev/null
sum=$(sha256sum log.db)
exits 1 'the old release on the newer database' "$old" log.db log 1
says 'the database is newer than this program: it has revision "log0002"'
says 'nothing was changed'
check '… it is byte for byte what it was' test "$sum" = "$(sha256sum log.db)"

# ---- many at once ----
together() { # every process logs ten readings of its own
	pids='' && rm -f gate && : >codes
	for i in $(seq "$processes"); do
		(
			until [ -e gate ]; do sleep 0.01; done
			env DEVICE_BACKUPS=backups "$new" log.db log 10 >"out.$i" 2>&1
			echo $? >>codes
		) &
		pids="$pids $!"
	done
	: >gate
	# shellcheck disable=SC2086 # many words are meant
	wait $pids
	cat out.* >"$work/.out"
	[ "$(sort -u codes)" = 0 ] && [ "$(wc -l <codes)" = "$processes" ]
}
put_back
check "$processes processes start on the old database" together
check '… each revision ran once' test "$(query 'select count(*), count(distinct revision) from cantil_version')" = '4|4'
check '… and each of them logged' test "$(query 'select count(*) from reading')" = $((rows + processes * 10))
rm -f log.db log.db-*
check "$processes processes start on none at all" together
check '… all logged' test "$(query 'select count(*) from reading')" = $((processes * 10))

# ---- killed ----
put_back
start=$(date +%s%N)
"$new" log.db report >/dev/null 2>&1
whole=$((($(date +%s%N) - start) / 1000000))
killed=0 tries=0 wrong='' states=''
while [ $killed -lt "$kills" ] && [ $tries -lt $((kills * 4)) ]; do
	put_back
	"$new" log.db report >/dev/null 2>&1 &
	pid=$!
	sleep "$(awk "BEGIN { print $whole * ($killed + 0.5) / $kills / 1000 }")"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? -eq 137 ] && killed=$((killed + 1)) || whole=$((whole * 9 / 10 + 1))
	tries=$((tries + 1))
	state=$(revisions)
	case $state in
	log0001 | 'log0001 log0002' | 'log0001 log0002 log0003') states="$states$state
" ;;
	*) wrong="$wrong between: $state;" ;;
	esac
	[ "$(query 'pragma integrity_check; select count(*) from reading')" = "ok
$rows" ] || wrong="$wrong rows lost after $state;"
	"$new" log.db report >"$work/.out" 2>&1 || wrong="$wrong the next start failed;"
	[ "$(revisions)" = 'log0001 log0002 log0003' ] || wrong="$wrong not finished;"
	[ "$(query 'select sum(id * 31 + raw), min(taken_at), max(taken_at) from reading')" = "$values" ] || wrong="$wrong values;"
done
printf '%s' "$states" | sort | uniq -c | sed 's/^/# killed at/'
echo "$wrong" >"$work/.out"
[ -z "$wrong" ]
result $? "$killed kills in the upgrade: old or new, and the next start finishes"
[ "$killed" -eq "$kills" ]
result $? '… and they came in time'

# ---- a medium that cannot be written ----
put_back
mkdir medium
cp log.db medium/
chmod 755 "$work"
chmod 555 medium
chmod 444 medium/log.db
unprivileged=''
[ "$(id -u)" -ne 0 ] || unprivileged='setpriv --reuid=65534 --regid=65534 --clear-groups'
# shellcheck disable=SC2086
exits 1 'on a medium that cannot be written' $unprivileged "$new" medium/log.db report
says 'cannot be written'
chmod 755 medium
cmp log.db medium/log.db
result $? '… nothing was changed'
finish
