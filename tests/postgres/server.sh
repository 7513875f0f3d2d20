#!/bin/sh
# A PostgreSQL server for tests: a cluster in a temporary folder, a free port, an ordinary user; gone afterwards, whatever
# happens to who started it.
#
#   server.sh run COMMAND…   runs it with CANTIL_TEST_POSTGRES (a URI of a superuser, by socket), unless that is set already
#   server.sh start FOLDER   starts one there, which ends with FOLDER/stop or with the caller; prints the URI
#   server.sh stop FOLDER
#
# By TCP (127.0.0.1, the URI's port) the users cantil and guest need their password, which is their name.
set -eu

bin=
for folder in $(ls -d /usr/lib/postgresql/*/bin /usr/local/pgsql/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV); do
	[ -x "$folder/initdb" ] && { bin=$folder; break; }
done
[ -n "$bin" ] || { initdb=$(command -v initdb) && bin=$(dirname "$initdb"); } || true

# the server refuses to run as root
as_user() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		runuser -u "$user" -- "$@"
	fi
}
user=postgres
id postgres >/dev/null 2>&1 || user=nobody

free_port() { # one that nobody listens on now; the server itself finds out whether that still holds
	while :; do
		port=$(awk -v seed="$$.$(date +%N)" 'BEGIN { split(seed, s, "."); srand(s[1] * 1000 + s[2] % 1000000); print 20000 + int(rand() * 30000) }')
		grep -qi ":$(printf '%04X' "$port") " /proc/net/tcp 2>/dev/null || break
	done
}

make() { # make FOLDER: the cluster
	mkdir -p "$1"
	chmod 755 "$1"
	[ "$(id -u)" -ne 0 ] || chown "$user" "$1"
	echo cantil >"$1/password"
	chmod 644 "$1/password"
	(cd / && as_user "$bin/initdb" --pgdata="$1/data" --username=cantil --pwfile="$1/password" --auth-local=trust \
		--auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync) >"$1/initdb.log" 2>&1 || {
		cat "$1/initdb.log" >&2
		return 1
	}
	cat >>"$1/data/postgresql.conf" <<-END
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$1'
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		max_connections = 200
		max_prepared_transactions = 10
		shared_buffers = 64MB
		max_wal_size = 4GB
		jit = off
		log_min_messages = warning
	END
}

up() { # up FOLDER: makes it run; again after it was killed, when nobody may have reaped it yet
	if [ -f "$1/data/postmaster.pid" ]; then
		pid=$(head -n 1 "$1/data/postmaster.pid")
		case $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) in
		''|Z*) rm -f "$1/data/postmaster.pid" ;;
		esac
	fi
	tries=0
	while :; do
		free_port
		[ ! -f "$1/port" ] || port=$(cat "$1/port") # who knows it may come again
		(cd / && as_user "$bin/pg_ctl" start --pgdata="$1/data" --silent --wait --timeout=60 --log="$1/server.log" \
			-o "-p $port") >"$1/start.log" 2>&1 </dev/null && break
		tries=$((tries + 1))
		[ $tries -lt 25 ] || { cat "$1/start.log" "$1/server.log" >&2; return 1; }
		sleep 0.2 # the processes of a killed server have their memory until they notice
	done
	echo "$port" >"$1/port"
}

down() {
	(cd / && as_user "$bin/pg_ctl" stop --pgdata="$1/data" --silent --mode=immediate --wait) >/dev/null 2>&1 || true
	rm -rf "$1"
}

uri() { echo "postgresql://cantil@/postgres?host=$1&port=$(cat "$1/port")"; }

# ends the server when the process does, also when that was killed
guard() { # guard FOLDER PID
	(
		while [ -d "$1" ] && kill -0 "$2" 2>/dev/null; do sleep 1; done
		[ ! -d "$1" ] || down "$1"
	) >/dev/null 2>&1 </dev/null &
}

guest() {
	"$bin/psql" --quiet --no-psqlrc "$(uri "$1")" -c "CREATE ROLE guest LOGIN PASSWORD 'guest'" >/dev/null
}

case ${1:-} in
run)
	shift
	[ -z "${CANTIL_TEST_POSTGRES:-}" ] || exec "$@"
	if [ -z "$bin" ]; then
		echo "1..0 # SKIP PostgreSQL's server is not installed (apt-get install postgresql)"
		exit 0
	fi
	folder=$(mktemp -d /tmp/cantil-postgres-XXXXXX)
	guard "$folder" $$
	trap 'down "$folder"' EXIT
	trap 'exit 1' INT TERM HUP
	make "$folder"
	up "$folder"
	guest "$folder"
	CANTIL_TEST_POSTGRES=$(uri "$folder")
	export CANTIL_TEST_POSTGRES
	rc=0
	"$@" || rc=$?
	exit $rc
	;;
start)
	[ -n "$bin" ] || { echo "cantil: error: PostgreSQL's server is not installed (apt-get install postgresql)" >&2; exit 1; }
	if [ ! -d "$2/data" ]; then
		make "$2"
		up "$2"
		guest "$2"
		guard "$2" "${3:-$PPID}"
	else
		up "$2"
	fi
	uri "$2"
	;;
stop) down "$2" ;;
available) [ -n "$bin" ] ;;
*) echo "usage: server.sh run COMMAND… | start FOLDER [PID] | stop FOLDER | available" >&2; exit 2 ;;
esac
