# shellcheck shell=bash
# A throw-away PostgreSQL server for tests: a fresh cluster in a temporary folder, reached by its unix socket only.
#
#   . scripts/lib/postgres.sh
#   pg_start        exports WEFT_TEST_PG, the URL of an empty database
#   pg_stop         stops the server and removes the folder (call it from a trap)
#
# The server refuses to run as root; root runs it as the user postgres, or nobody where there is none.

pg_directory=
pg_user=

pg_bin() {
    local newest
    newest=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -name initdb 2>/dev/null | sort -V | tail -n 1)
    if [ -n "$newest" ]; then
        dirname "$newest"
    else
        dirname "$(command -v initdb)"
    fi
}

pg_as_server_user() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && setpriv --reuid="$pg_user" --regid="$(id -g "$pg_user")" --clear-groups env HOME="$pg_directory" "$@")
    else
        (cd / && "$@")
    fi
}

pg_start() {
    local bin
    bin=$(pg_bin)
    if [ ! -x "$bin/initdb" ]; then
        echo "postgres: initdb not found" >&2
        return 1
    fi
    if id postgres >/dev/null 2>&1; then pg_user=postgres; else pg_user=nobody; fi
    pg_directory=$(mktemp -d "${TMPDIR:-/tmp}/weft-pg.XXXXXX")
    chmod 755 "$pg_directory"
    if [ "$(id -u)" -eq 0 ]; then chown "$pg_user" "$pg_directory"; fi
    if ! pg_as_server_user "$bin/initdb" --pgdata="$pg_directory/data" --username=weft --auth=trust --encoding=UTF8 \
        --locale=C.UTF-8 --no-sync >"$pg_directory/initdb.log" 2>&1; then
        cat "$pg_directory/initdb.log" >&2
        return 1
    fi
    if ! pg_as_server_user "$bin/pg_ctl" --pgdata="$pg_directory/data" --log="$pg_directory/server.log" --wait --timeout=60 \
        --options="-c listen_addresses='' -c unix_socket_directories='$pg_directory' -c max_connections=200 -c fsync=off \
            -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=128MB -c max_wal_size=2GB -c autovacuum=off \
            -c deadlock_timeout=200ms -c logging_collector=off" start >"$pg_directory/start.log" 2>&1 </dev/null; then
        cat "$pg_directory/start.log" "$pg_directory/server.log" >&2
        return 1
    fi
    pg_as_server_user "$bin/createdb" --host="$pg_directory" --username=weft weft_test
    WEFT_TEST_PG="postgresql://weft@/weft_test?host=$(printf '%s' "$pg_directory" | sed 's|/|%2F|g')"
    export WEFT_TEST_PG
}

pg_stop() {
    if [ -z "$pg_directory" ]; then return 0; fi
    local bin
    bin=$(pg_bin)
    pg_as_server_user "$bin/pg_ctl" --pgdata="$pg_directory/data" --mode=immediate --wait stop >/dev/null 2>&1 || true
    rm -rf "$pg_directory"
    pg_directory=
    unset WEFT_TEST_PG
}
