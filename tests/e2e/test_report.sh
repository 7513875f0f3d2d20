#!/bin/sh
# The report of examples/: its two databases, its sums against SQLite's own, its outputs, and what it says when it is asked
# for what there is not.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
export LD_LIBRARY_PATH="$build/src${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
report=$build/examples/report/report
export CANTIL_ROOT="$work" PYTHONIOENCODING=utf-8
cp -r "$source/examples/report/migrations" migrations
printf '[cantil]\nmigrations = migrations\n' >cantil.ini
query() { sqlite3 report.db "$1"; }
json() { python3 -c "import json, sys; rows = json.load(open('$work/.out')); assert $1, rows"; }

exits 0 'both databases are made' "$report" db upgrade
says 'traffic:'
check '… the models are what the migrations make' "$report" db check
check '… each has its own tables' test "$(sqlite3 traffic.db "select group_concat(name) from sqlite_schema where type = 'table' and name not like 'cantil%'")" = visit
check '… the table between is one of them' query 'select product_id, tag_name from product_tag'
exits 0 'sales are made up' "$report" seed --rows 6000
says '2000 sales of 240 products'
check '… lines and visits' test "$(query 'select count(*) from sale_line') $(sqlite3 traffic.db 'select count(*) from visit')" = '6000 8000'
check '… nothing leads nowhere' test -z "$(query 'pragma foreign_key_check')"
exits 1 'once only' "$report" seed --rows 6000
says 'there are rows already'

for by in month country segment category state; do
	exits 0 "sales by $by" "$report" sales --by $by --json
	json "sum(r['pieces'] for r in rows) == $(query 'select sum(quantity) from sale_line') and 99 < sum(r['share'] for r in rows) < 101"
	result $? '… all pieces are counted'
done
exits 0 'since a day' "$report" sales --by country --since 2026-01-01 --limit 100 --json
json "sum(r['sales'] for r in rows) == $(query "select count(*) from sale where at >= '2026-01-01'")"
result $? '… no sale before it'
exits 0 'what is typed is a value, never SQL' "$report" sales --since "' or 1 = 1 --" --json
exits 0 'as a table' "$report" sales --by country --limit 2
cp .out out
check '… two lines below their names' test "$(wc -l <out) $(head -1 out | cut -c1-5)" = '3 group'
exits 0 'categories are a tree' "$report" categories
says '  Furniture'
exits 0 'both databases side by side' "$report" funnel --json
json "rows[0]['visits'] == 8000 and rows[0]['sales'] == $(query "select count(*) from sale where state <> 'returned'")"
result $? '… counted right'

exits 0 'a customer and all sales' "$report" customer 7
cp .out out
check '… to the cent' grep -qx "$(query "select printf('%.2f', sum(quantity * price)) from sale s join sale_line on sale_id = s.id where customer_id = 7 and state <> 'returned'") together" out
exits 0 'a customer' "$report" customer 7
says "$(query 'select name from customer where id = 7')"
exits 1 'a customer that is none' "$report" customer 123456
says 'there is no such "Customer"'
exits 0 'products by tag' "$report" products --tag local --page 2
says "$(query "select count(*) from product_tag where tag_name = 'local'") products"
exits 0 'all products' "$report" products
says 'page 1 of 12, 240 products'

exits 0 'a table as CSV' "$report" export lines
cp .out out
check '… row by row the same' sh -c "python3 - <<'PY'
import csv, sqlite3
rows = list(csv.reader(open('out', newline='')))
want = [[str(v) for v in r] for r in sqlite3.connect('report.db').execute('select sale_id, product_id, quantity, printf(\"%.2f\", price) from sale_line')]
assert rows[0] == ['sale_id', 'product_id', 'quantity', 'price'] and sorted(rows[1:]) == sorted(want), rows[:3]
PY"
query "update customer set name = 'a \"quoted\", name
of two lines' where id = 1"
exits 0 'hard texts as CSV' "$report" export customers
cp .out out
check '… come back' python3 -c "import csv; assert next(r for r in csv.DictReader(open('out', newline='')) if r['id'] == '1')['name'] == 'a \"quoted\", name\nof two lines'"
exits 0 'and as JSON' "$report" export customers --json
json 'rows[0]["name"] == "a \"quoted\", name\nof two lines"'
result $? '… come back'
exits 0 'the other database' "$report" export visits --format json
json 'len(rows) == 8000'
result $? '… whole'

sqlite3 other.db "create table t (id integer primary key, any, 'odd name' text); insert into t values (1, 2.5, null), (2, 'text', 'x'), (3, x'00', 'y'); create view v as select id from t where id > 1"
exits 0 'a database of which it knows nothing' "$report" look sqlite:///other.db
says 't '
exits 0 '… its rows' "$report" look sqlite:///other.db t --where "any = 'text'" --json
json 'rows == [{"id": 2, "any": "text", "odd name": "x"}]'
result $? '… as they are'
exits 0 '… a view' "$report" look sqlite:///other.db v --json
json '[r["id"] for r in rows] == [2, 3]'
result $? '… too'
exits 1 'a table that is none' "$report" look sqlite:///other.db u
says 'there is no table "u"'
exits 1 'a column that is none' "$report" look sqlite:///other.db t --where 'ani > 1'
says 'did you mean "any"?'
exits 2 'a grouping that is none' "$report" sales --by moon
says 'one of: month, country'
exits 1 'a database that is not there' "$report" look sqlite:///nowhere.db
rm -f traffic.db*
exits 1 'one of the two is missing' "$report" sales
says 'the database "traffic"'
finish
