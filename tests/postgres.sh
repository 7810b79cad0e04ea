#!/bin/sh
# postgres.sh COMMAND…: a PostgreSQL server of its own in a temporary folder, for as long as COMMAND runs.
# COMMAND finds it in SHIXUN_TEST_DATABASE_URL (the suite) and SHIXUN_DATABASE_URL (a whole platform: `shixun up`).
set -eu
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL isn't installed: apt-get install postgresql" >&2; exit 1; }
folder=$(mktemp -d)
port=${SHIXUN_TEST_POSTGRES_PORT:-25432}
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; } # the server refuses to run as root
[ "$(id -u)" != 0 ] || chown postgres "$folder"
cd "$folder"
as "$bin/initdb" -D "$folder/data" -U shixun -A trust -E UTF8 --no-locale >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
# Durability is PostgreSQL's own business; what is tested here is ours.
as "$bin/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w start \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" \
    >/dev/null || { cat "$folder/server.log" >&2; exit 1; }
trap 'cd "$folder"; as "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null; rm -rf "$folder"' EXIT INT TERM
for name in suite platform; do as "$bin/createdb" -h 127.0.0.1 -p "$port" -U shixun "$name"; done
export SHIXUN_TEST_DATABASE_URL="postgresql+psycopg://shixun@127.0.0.1:$port/suite"
export SHIXUN_DATABASE_URL="postgresql+psycopg://shixun@127.0.0.1:$port/platform"
cd "$OLDPWD"
"$@"
