#!/bin/sh
# on_server.sh COMMAND…: a program of another folder on a server instead of on a file.
set -eu
server=$(dirname "$0")/server.sh
# shellcheck disable=SC2016 # the inner shell is to expand it
exec "$server" run sh -c 'CANTIL_TEST_ORM=$CANTIL_TEST_POSTGRES exec "$@"' sh "$@"
