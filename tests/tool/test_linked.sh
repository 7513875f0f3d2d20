#!/bin/sh
# What is loaded each time `cantil` starts: SQLite and the C library, and nothing of what speaks to servers.
set -u
. "${CANTIL_TEST_SOURCE:?}/tests/tap.sh"
cantil=$build/cantil

check 'what it is linked with can be listed' sh -c "ldd '$cantil' >linked && grep -q libsqlite3 linked"
check 'libpq is not loaded at its start (src/driver/postgres/late.c)' sh -c '! grep -q libpq linked'
if strings "$cantil" 2>/dev/null | grep -q '^libpq\.so'; then
	"$cantil" inspect 'postgresql://nobody@127.0.0.1:1/none?connect_timeout=2' >/dev/null 2>said
	check '… but when a server is named: it is not there, or libpq is not' grep -Eq 'refused|cannot be loaded' said
fi
finish
