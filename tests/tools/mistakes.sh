#!/bin/bash
# What weft says of what is wrong with files, settings and databases, and that nothing is half done: mistakes.sh weft
#
# shellcheck disable=SC2016,SC2317  # what bash -c is given it expands itself; commands are given to gives
set -uo pipefail
weft=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
unset WEFT_URL WEFT_FOLDER
failed=0
# shellcheck source=tests/tools/expect.sh
. "$here/expect.sh"

# write name text: a file of the folder, with printf's escapes.
# shellcheck disable=SC2059  # it is a format
write() { printf -- "$2" >"migrations/$1"; }

# as_somebody command...: without the rights of root.
as_somebody() {
    if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=65534 --clear-groups "$@"; else "$@"; fi
}

# within kilobytes command...: on a disk on which files become no larger.
within() {
    (
        trap '' XFSZ
        ulimit -f "$1"
        exec "${@:2}"
    ) 2>&1 >"$work/within" | cat >&2
    local status=${PIPESTATUS[0]}
    cat "$work/within"
    return "$status"
}

# ---- files ----

files() {
    gives 0 '…' "$weft" init
    write a1.sql '-- revision: a1\n-- parents: none\n-- up\nCREATE TABLE t (id integer);\n-- down\nDROP TABLE t;\n'
    gives 0 'a1 (head)' "$weft" heads
    mkdir migrations/folder.sql
    gives 3 '' "$weft" heads
    says 'migrations/folder.sql is no file'
    says 'give it another name'
    rmdir migrations/folder.sql
    mkfifo migrations/pipe.sql
    gives 3 '' timeout 20 "$weft" heads
    says 'migrations/pipe.sql is no file'
    rm migrations/pipe.sql
    ln -s nowhere migrations/link.sql
    gives 3 '' "$weft" heads
    says 'cannot open migrations/link.sql: No such file or directory'
    rm migrations/link.sql
    : >migrations/b1.sql
    gives 3 '' "$weft" heads
    says 'migrations/b1.sql:1: there is no line "-- revision: ID"'
    write b1.sql '-- revision: b1\n-- parents: a1\n-- up\nSELECT \0 1;\n'
    gives 3 '' "$weft" heads
    says 'migrations/b1.sql:4: the text is not UTF-8, or has a NUL in it: save the file as UTF-8'
    write b1.sql '-- revision: b1\n-- parents: a1\n-- up\n\nSELECT "\xff";\n'
    gives 3 '' "$weft" heads
    says 'migrations/b1.sql:5: the text is not UTF-8'
    write b1.sql '\xff\xfe-\0-\0 \0'
    gives 3 '' "$weft" heads
    says 'migrations/b1.sql:1: the text is not UTF-8'
    write b1.sql '-- revision: a1\n-- parents: none\n-- up\n'
    gives 3 '' "$weft" heads
    says 'migrations/a1.sql and migrations/b1.sql are both revision a1: give one of them another id'
    write b1.sql '-- revision: b1\n-- parents: c1\n-- up\n'
    gives 3 '' "$weft" heads
    says 'migrations/b1.sql:2: its parent c1 is not in the history'
    says 'is a file missing'
    write c1.sql '-- revision: c1\n-- parents: b1\n-- up\n'
    gives 3 '' "$weft" heads
    says 'revisions need each other in a circle: '
    says 'one of them must name an older parent'
    rm migrations/c1.sql
    head -c 70000000 /dev/zero >migrations/b1.sql
    gives 3 '' "$weft" heads
    says 'migrations/b1.sql has more than 67108864 bytes'
    rm migrations/b1.sql
    chmod 777 . && chmod 000 migrations/a1.sql
    gives 3 '' as_somebody "$weft" heads
    says 'cannot open migrations/a1.sql: Permission denied'
    chmod 644 migrations/a1.sql && chmod 000 migrations
    gives 3 '' as_somebody "$weft" heads
    says 'cannot open the folder migrations: Permission denied'
    chmod 555 migrations
    gives 2 '' as_somebody "$weft" revision -m x
    says 'Permission denied'
    chmod 755 migrations
    find migrations -mindepth 1 | sort >there
    gives 2 '' within 0 "$weft" revision -m full
    says 'File too large'
    gives 2 '' within 0 "$weft" embed --output embedded.c
    says 'cannot write embedded.c: File too large'
    gives 2 '' within 0 "$weft" init --config other.ini
    find migrations -mindepth 1 | sort | diff there - && [ ! -e embedded.c ] && [ ! -e other.ini ] || failed=1
    if [ "$(id -u)" -eq 0 ]; then mknod -m 666 device c 1 7; else ln -s /dev/full device; fi # which is to stay
    gives 2 '' "$weft" embed --output device
    says 'cannot write device: No space left on device'
    [ -e device ] || failed=1
}

# Two processes that write at once: whoever reads meets whole files alone.
writers() {
    mkdir -p many
    printf -- '-- revision: r0\n-- parents: none\n-- up\n-- down\n' >many/r0.sql
    local pids=() wrong=0 pid
    for _ in 1 2 3 4 5 6 7 8; do
        (for _ in 1 2 3 4 5; do "$weft" revision --folder many -m "one of many" --head r0 --splice >/dev/null || exit 1; done) &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || wrong=1; done
    if [ "$wrong" -ne 0 ] || [ "$("$weft" heads --folder many | wc -l)" -ne 40 ] || [ "$(find many -type f | wc -l)" -ne 41 ]; then
        echo "FAILED: revisions that are written at once" && failed=1
    fi
    "$weft" revision --folder many --rev-id same --head r0 --splice >first 2>/dev/null &
    pid=$!
    "$weft" revision --folder many --rev-id same --head r0 --splice >second 2>/dev/null
    wait "$pid"
    if [ "$(cat first second | wc -l)" -ne 1 ] || [ "$("$weft" heads --folder many | wc -l)" -ne 41 ]; then
        echo "FAILED: one revision that two write" && failed=1
    fi
}

# ---- settings ----

settings() {
    local line
    for line in 'folder' 'folder =' 'lock_wait_ms = soon' 'driver = oracle' 'lock_timeout_ms = -1' 'lint_small_table = many' '[weft' 'uri = sqlite:///x'; do
        printf '[weft]\nfolder = migrations\n%s\n' "$line" >wrong.ini
        gives 2 '' "$weft" heads --config wrong.ini
        says '3'
        says 'wrong.ini'
    done
    gives 2 '' env WEFT_LOCK_WAIT_MS=x "$weft" heads
    says 'WEFT_LOCK_WAIT_MS: lock_wait_ms is a number of milliseconds, not "x"'
    gives 2 '' "$weft" heads --config nowhere.ini
    says 'nowhere.ini cannot be read'
    printf '\xef\xbb\xbf[weft]\r\nfolder = migrations\r\n' >right.ini
    gives 0 'a1 (head)' "$weft" heads --config right.ini
}

# ---- databases ----

# The same on both: the rows are read by the database's own shell.
shell() {
    case $WEFT_URL in
    sqlite:*) sqlite3 "${WEFT_URL#sqlite:///}" "$1" ;;
    *) psql -qXAt "$WEFT_URL" -c "$1" ;;
    esac
}

on_database() {
    export WEFT_URL=$1
    rm -f migrations/*
    write a1.sql '\xef\xbb\xbf-- revision: a1\r\n-- parents: none\r\n-- up\r\nCREATE TABLE t (id integer);\r\n-- down\r\nDROP TABLE t;\r\n'
    write b1.sql '-- revision: b1\n-- parents: a1\n-- up\nINSERT INTO t VALUES (1);\nCREATE TABLE u (id integer);\nINSERT INTO nowhere VALUES (1);\n-- down\nDROP TABLE u;\n'
    gives 1 'up a1
up b1' "$weft" upgrade
    says 'migrations/b1.sql:6: '
    [ "$(shell 'SELECT count(*) FROM t')" = 0 ] || { echo "FAILED: a revision is half done" && failed=1; }
    gives 0 'a1 (applied)' "$weft" current
    sed -i 's/\r//; s/^\xef\xbb\xbf//' migrations/a1.sql # white space alone
    sed -i 's/nowhere/t/' migrations/b1.sql
    gives 0 'up b1' "$weft" upgrade
    [ "$(shell 'SELECT count(*) FROM t')" = 2 ] || failed=1
    sed -i 's/VALUES (1)/VALUES (7)/' migrations/b1.sql
    gives 1 '' "$weft" downgrade base
    says 'migrations/b1.sql: the text was edited since it was applied'
    says 'weft stamp'
    sed -i 's/VALUES (7)/VALUES (1)/' migrations/b1.sql
    mv migrations/b1.sql kept
    gives 1 '' "$weft" upgrade
    says 'the database has revision b1, which the history lacks'
    says 'a newer program has migrated it'
    mv kept migrations/b1.sql
    write b2.sql '-- revision: b2\n-- parents: a1\n-- up\n-- down\n'
    gives 3 '' "$weft" upgrade
    says 'there is more than one head'
    gives 3 '' "$weft" upgrade b
    says '"b" begins more than one revision'
    gives 3 '' "$weft" upgrade zz
    gives 2 '' "$weft" downgrade
    rm migrations/b2.sql
    { printf -- '-- revision: c1\n-- parents: b1\n-- up\nCREATE TABLE /*' && head -c 900000 /dev/zero | tr '\0' x && printf '*/ long (id integer);\n-- down\nDROP TABLE long;\n'; } >migrations/c1.sql
    gives 0 'up c1' "$weft" upgrade
    gives 0 'down c1
down b1
down a1' "$weft" downgrade base --allow-destructive
    unset WEFT_URL
}

on_sqlite() {
    export WEFT_URL=sqlite:///$work/full.db
    write b1.sql '-- revision: b1\n-- parents: a1\n-- up\nCREATE TABLE big (t text);\nINSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT hex(randomblob(500)) FROM n;\n-- down\nDROP TABLE big;\n'
    rm -f migrations/c1.sql
    gives 1 'up a1
up b1' within 200 "$weft" upgrade
    says 'migrations/b1.sql:5: '
    says 'disk'
    gives 0 'a1 (applied)' "$weft" current
    gives 0 'up b1' "$weft" upgrade
    [ "$(shell 'SELECT count(*) FROM big')$(shell 'PRAGMA integrity_check')" = 2000ok ] || failed=1
    { printf -- '-- revision: d1\n-- parents: b1\n-- up\nSELECT 1; /*' && head -c 2000000 /dev/zero | tr '\0' x && printf '*/ SELECT /*' && head -c 2000000 /dev/zero | tr '\0' x && printf '*/ 2;\n-- down\n'; } >migrations/d1.sql
    gives 1 'up d1' "$weft" upgrade
    says 'migrations/d1.sql:4: the statement'\''s text has'
    says 'make several statements of it'
    rm migrations/d1.sql
    mkdir -p closed && chmod 555 closed
    gives 1 '' as_somebody "$weft" upgrade --url "sqlite:///$work/closed/a.db"
    says 'the folder must exist and the process must be allowed to write to it'
    printf 'this is no database, and long enough that it cannot be an empty one' >text.db
    gives 1 '' "$weft" upgrade --url "sqlite:///$work/text.db"
    says 'not a SQLite database'
    gives 1 'down b1' "$weft" downgrade base --allow-destructive --url "sqlite:///$work/full.db?mode=ro"
    says 'read'
    [ "$(shell 'SELECT count(*) FROM big')" = 2000 ] || failed=1
    unset WEFT_URL
}

on_postgres() { # url
    export WEFT_URL=$1
    local role=weft_nobody_$$ url
    psql -qX "$1" -c "CREATE ROLE $role LOGIN" -c "ALTER DATABASE $name SET temp_file_limit = '64kB'" -c "ALTER DATABASE $name SET work_mem = '64kB'" >/dev/null
    url=$(printf '%s' "$1" | sed -E "s|//[^@/]*@|//$role@|")
    write b1.sql '-- revision: b1\n-- parents: a1\n-- up\nCREATE TABLE big AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i ORDER BY 2;\n-- down\nDROP TABLE big;\n'
    rm -f migrations/c1.sql
    gives 1 '' "$weft" upgrade --url "$url"
    says 'the role may not do this'
    gives 1 'up a1
up b1' "$weft" upgrade
    says 'migrations/b1.sql:4: '
    gives 0 'a1 (applied)' "$weft" current
    [ -z "$(shell "SELECT to_regclass('big')")" ] || failed=1
    psql -qX "$1" -c "ALTER DATABASE $name RESET temp_file_limit" >/dev/null
    gives 0 'up b1' "$weft" upgrade
    gives 1 'down b1' "$weft" downgrade base --allow-destructive --url "$1&options=-c%20default_transaction_read_only%3Don"
    says 'read-only'
    gives 0 'b1 (head) (applied)' "$weft" current --url "$1&options=-c%20default_transaction_read_only%3Don"
    gives 1 '' "$weft" upgrade --url 'postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2'
    gives 1 '' "$weft" upgrade --url "$(printf '%s' "$1" | sed "s|/$name|/not_there_$$|")"
    says "not_there_$$"
    psql -qX "$1" -c "DROP ROLE $role" >/dev/null
    unset WEFT_URL
}

files
writers
settings
on_database "sqlite:///$work/app.db"
on_sqlite
name=weft_mistakes_$$
psql -qX "$WEFT_TEST_PG" -c "CREATE DATABASE $name" >/dev/null || exit 1
url=$(printf '%s' "$WEFT_TEST_PG" | sed -E "s|^([a-z]+://[^/?]*)(/[^?]*)?|\1/$name|")
on_database "$url"
on_postgres "$url"
psql -qX "$WEFT_TEST_PG" -c "DROP DATABASE $name" >/dev/null
exit "$failed"
