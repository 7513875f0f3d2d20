#!/bin/sh
# Many processes upgrade the same database at once: every revision is applied once, and all end with 0. The database is
# not there at first; or it is, with rows; or all go back at once. CANTIL_TEST_PROCESSES (32), CANTIL_TEST_ROUNDS (20).
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
processes=${CANTIL_TEST_PROCESSES:-32} rounds=${CANTIL_TEST_ROUNDS:-20}
export LD_LIBRARY_PATH="$build/src${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
mkdir project
cd project || exit 1
app=./app
for step in 1 2 3 5; do
	cp "$build/tests/e2e/e2e_app$step" app.new && mv app.new app
	[ $step -gt 1 ] || check 'db init' $app db init
	check "revision of step $step" $app db migrate -m "step $step" --yes
	[ $step -gt 1 ] || first=$($app db heads --json | sed -n 's/.*"revision": "\(.*\)".*/\1/p')
done
query() { sqlite3 app.db "$1"; }

together() { # together COMMAND…: in all processes at once; the codes are in codes
	pids=''
	rm -f gate
	: >codes
	for i in $(seq "$processes"); do
		(
			until [ -e gate ]; do sleep 0.01; done # all wait for one moment, so that they really meet
			"$@" >"out.$i" 2>&1
			echo $? >>codes
		) &
		pids="$pids $!"
	done
	: >gate
	# shellcheck disable=SC2086 # many words are meant
	wait $pids
	cat out.* >"$work/.out"
}
# and none met an error that the others' success hid
all_zero() { [ "$(sort -u codes)" = 0 ] && [ "$(wc -l <codes)" = "$processes" ] && ! grep error out.*; }

for round in $(seq "$rounds"); do
	rm -f app.db app.db-*
	together $app db upgrade
	check "round $round: all of them end with 0" all_zero
	check '… four revisions are applied, each once' test "$(query 'select count(*), count(distinct revision) from cantil_version where revision <> '"'base'")" = '4|4'
	check '… and said to be applied once' test "$(cat out.* | grep -c '^applied')" = 4
	check '… integrity' test "$(query 'pragma integrity_check')" = ok
	[ $((round % 5)) = 1 ] || continue
	# all go back to the first, at once, and forward again, with rows
	together $app db downgrade "$first" --yes
	check '… all go back' all_zero
	query "insert into maker values (1, 'Ann'); with recursive n (i) as (select 1 union all select i + 1 from n where i < 500)
		insert into item (id, maker_id, name) select i, 1, 'item ' || i from n"
	together $app db upgrade
	check '… and forward with rows' all_zero
	check '… which are all there' test "$(query "select count(*) from item where title = 'item ' || id and maker_id = 1")" = 500
	check '… no left-over tables' test "$(query "select group_concat(name) from (select name from sqlite_schema where type = 'table' order by 1)")" = cantil_version,item,maker,sale
done
echo "# $processes processes, $rounds rounds"
finish
