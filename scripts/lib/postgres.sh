# shellcheck shell=bash
# A throw-away PostgreSQL server for tests: a fresh cluster in a temporary folder, reached by its unix socket only.
#
#   . scripts/lib/postgres.sh
#   pg_start                   exports WEFT_TEST_PG, the URL of an empty database; pg_settings may hold more settings of the
#                              server, as name=value with blanks between them
#   pg_stop                    stops the server and removes the folder (call it from a trap)
#   pg_adopt folder            makes the functions act on a server that another shell has started
#   pg_control [argument]...   pg_ctl on the server: pg_control restart --mode=fast
#   pg_bouncer                 starts PgBouncer before the server, in transaction mode with three connections, on port 6432 beside
#                              the server's socket; pg_stop stops it, too
#   pg_standby                 starts a standby that follows the server, in its folder's standby/, which pg_adopt takes: its socket
#                              is there, under the server's own port; pg_stop stops it, too
#   pg_certificates            makes server.crt and server.key, for the name localhost, in the folder, and root.crt, which signed
#                              it; other.crt has signed nothing
#
# The server refuses to run as root; root runs it as the user postgres, or nobody where there is none.

pg_directory=
pg_user=
pg_settings=

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

pg_find_user() {
    if id postgres >/dev/null 2>&1; then pg_user=postgres; else pg_user=nobody; fi
}

pg_adopt() {
    pg_directory=$1
    pg_find_user
}

pg_control() {
    pg_as_server_user "$(pg_bin)/pg_ctl" --pgdata="$pg_directory/data" --wait --timeout=60 "$@" >>"$pg_directory/start.log" 2>&1 \
        </dev/null
}

pg_certificates() {
    # shellcheck disable=SC2016  # $0 and $root are the inner shell's
    pg_as_server_user sh -euc '
        cd "$0"
        for root in root other; do
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=weft test $root" \
                -keyout $root.key -out $root.crt
        done
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout server.key -out server.csr
        printf "subjectAltName=DNS:localhost\n" >server.ext
        openssl x509 -req -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -days 30 -extfile server.ext -out server.crt
        chmod 600 server.key
    ' "$pg_directory" >>"$pg_directory/start.log" 2>&1
}

# pg_launch folder [option]...: starts the server whose data lie in the folder, with its socket there.
pg_launch() {
    local folder=$1
    shift
    pg_as_server_user "$(pg_bin)/pg_ctl" --pgdata="$folder/data" --log="$folder/server.log" --wait --timeout=60 \
        --options="-c listen_addresses='' -c unix_socket_directories='$folder' -c max_connections=200 -c fsync=off \
            -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=128MB -c max_wal_size=2GB -c autovacuum=off \
            -c deadlock_timeout=200ms -c max_prepared_transactions=20 -c logging_collector=off $*" start >>"$pg_directory/start.log" 2>&1 </dev/null
}

pg_standby() {
    local folder=$pg_directory/standby port
    port=$(sed -n 4p "$pg_directory/data/postmaster.pid")
    pg_as_server_user mkdir "$folder" &&
        pg_as_server_user "$(pg_bin)/pg_basebackup" --host="$pg_directory" --port="$port" --username=weft --pgdata="$folder/data" \
            --write-recovery-conf --checkpoint=fast --no-sync >>"$pg_directory/start.log" 2>&1 </dev/null &&
        pg_launch "$folder" -c port="$port"
}

pg_bouncer() {
    local bouncer port
    bouncer=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
    port=$(sed -n 4p "$pg_directory/data/postmaster.pid")
    # shellcheck disable=SC2016  # $0, $1 and $2 are the inner shell's
    pg_as_server_user sh -euc '
        cd "$0"
        printf "\"weft\" \"\"\n\"plain\" \"\"\n" >bouncer.users
        printf "%s\n" "[databases]" "* = host=$0 port=$1" "[pgbouncer]" "unix_socket_dir = $0" "listen_port = 6432" \
            "listen_addr =" "auth_type = trust" "auth_file = $0/bouncer.users" "pool_mode = transaction" "default_pool_size = 3" \
            "logfile = $0/bouncer.log" "pidfile = $0/bouncer.pid" >bouncer.ini
        "$2" --quiet --daemon bouncer.ini # which returns before it listens
        for _ in $(seq 600); do
            if [ -S .s.PGSQL.6432 ]; then exit 0; fi
            sleep 0.05
        done
        echo "pgbouncer: no socket after 30 s" >&2
        exit 1
    ' "$pg_directory" "$port" "$bouncer" >>"$pg_directory/start.log" 2>&1 </dev/null
}

pg_start() {
    local bin setting more='' port=5432
    bin=$(pg_bin)
    for setting in $pg_settings; do
        more="$more -c $setting"
        case $setting in port=*) port=${setting#port=} ;; esac
    done
    if [ ! -x "$bin/initdb" ]; then
        echo "postgres: initdb not found" >&2
        return 1
    fi
    pg_find_user
    pg_directory=$(mktemp -d "${TMPDIR:-/tmp}/weft-pg.XXXXXX")
    chmod 755 "$pg_directory"
    if [ "$(id -u)" -eq 0 ]; then chown "$pg_user" "$pg_directory"; fi
    if ! pg_as_server_user "$bin/initdb" --pgdata="$pg_directory/data" --username=weft --auth=trust --encoding=UTF8 \
        --locale=C.UTF-8 --no-sync >"$pg_directory/initdb.log" 2>&1; then
        cat "$pg_directory/initdb.log" >&2
        return 1
    fi
    # shellcheck disable=SC2086  # words of options
    if ! pg_launch "$pg_directory" $more; then
        cat "$pg_directory/start.log" "$pg_directory/server.log" >&2
        return 1
    fi
    pg_as_server_user "$bin/createdb" --host="$pg_directory" --port="$port" --username=weft weft_test
    WEFT_TEST_PG="postgresql://weft@/weft_test?host=$(printf '%s' "$pg_directory" | sed 's|/|%2F|g')"
    if [ "$port" != 5432 ]; then WEFT_TEST_PG="$WEFT_TEST_PG&port=$port"; fi
    export WEFT_TEST_PG
}

pg_stop() {
    if [ -z "$pg_directory" ]; then return 0; fi
    local bin
    bin=$(pg_bin)
    if [ -e "$pg_directory/bouncer.pid" ]; then
        pg_as_server_user kill -INT "$(cat "$pg_directory/bouncer.pid")" >/dev/null 2>&1 || true
    fi
    if [ -d "$pg_directory/standby/data" ]; then
        pg_as_server_user "$bin/pg_ctl" --pgdata="$pg_directory/standby/data" --mode=immediate --wait stop >/dev/null 2>&1 || true
    fi
    # A test may have left it stopped by a signal.
    pg_as_server_user kill -CONT "$(head -n 1 "$pg_directory/data/postmaster.pid" 2>/dev/null)" >/dev/null 2>&1 || true
    pg_as_server_user "$bin/pg_ctl" --pgdata="$pg_directory/data" --mode=immediate --wait stop >/dev/null 2>&1 || true
    rm -rf "$pg_directory"
    pg_directory=
    unset WEFT_TEST_PG
}
