#!/bin/bash
# The weft command: command.sh weft compiler include-folder
#
# shellcheck disable=SC2016  # what bash -c is given it expands itself
set -uo pipefail
weft=$1 compiler=$2 include=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset WEFT_URL WEFT_FOLDER
failed=0

# gives code expected command...: exit code and standard output, in which "…" stands for anything within a line.
gives() {
    local code=$1 expected=$2 status=0 pattern
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    pattern=$(printf '%s' "$expected" | sed 's/[][\.*^$\\]/\\&/g; s/…/.*/g')
    if [ "$status" -ne "$code" ] || ! [ "$(wc -l <"$work/out")" -eq "$(printf '%s' "${expected:+$expected
}" | wc -l)" ] || { [ -n "$expected" ] && ! diff <(sed 's/^/|/' "$work/out") <(
        paste -d '\n' "$work/out" <(printf '%s\n' "$pattern") | while IFS= read -r line && IFS= read -r wanted; do
            if printf '%s' "$line" | grep -qx -- "$wanted"; then printf '|%s\n' "$line"; else printf '|expected: %s\n' "$wanted"; fi
        done
    ) >"$work/diff"; }; then
        echo "FAILED: $* gives $status instead of $code"
        cat "$work/out" "$work/err"
        if [ -s "$work/diff" ]; then cat "$work/diff"; fi
        failed=1
    fi
}

# says text: of the last command's error.
says() {
    grep -qF -- "$1" "$work/err" || { echo "FAILED: \"$1\" is not in:" && cat "$work/err" && failed=1; }
}

revision() { # id parents statements
    printf -- '-- revision: %s\n-- parents: %s\n-- up\n%s\n-- down\n%s\n' "$1" "$2" "$3" "$4" >"migrations/$1.sql"
}

# ---- files, without a database ----

gives 3 '' "$weft" history
says 'cannot open the folder migrations: No such file or directory'
gives 0 'revisions are in migrations, settings in weft.ini' "$weft" init
gives 0 'revisions are in migrations, settings in weft.ini, which was there' "$weft" init
gives 0 'migrations/…_a1_a_first_one_it_s.sql' "$weft" revision -m "A first: one, it's" --rev-id a1
gives 2 '' "$weft" revision -m again --rev-id ../../a1
gives 3 '' "$weft" revision -m again --rev-id a1
says 'are both revision a1'
gives 3 '' "$weft" revision -m 'no id' --rev-id head
gives 2 '' "$weft" revision -m $'two\nlines'
gives 0 'migrations/…_b1.sql' "$weft" revision --rev-id b1
gives 3 '' "$weft" revision -m fork --head a1
says 'a1 is no head'
gives 0 '[
  {"revision": "b2", "file": "migrations/…_b2_fork.sql"}
]' "$weft" revision -m fork --head a1 --splice --rev-id b2 --json
gives 0 'b2 (head) fork
b1 (head)' "$weft" heads
gives 3 '' "$weft" revision -m more
says 'there is more than one head'
gives 0 'a1 A first: one, it'\''s
    -> b1 
    -> b2 fork' "$weft" branches
gives 0 'migrations/…_m1_merge.sql' "$weft" merge --rev-id m1
gives 3 '' "$weft" merge
gives 0 'm1 (head) merge
b2 fork
b1
a1 A first: one, it'\''s' "$weft" history
gives 0 '[
  {"revision": "b2", "message": "fork", "file": …, "parents": ["a1"], "depends_on": [], "labels": [], "head": false, "known": true}
]' "$weft" show b2 --json
gives 3 '' "$weft" show b
says '"b" begins more than one revision'
[ "$(find migrations -name '*.sql' | wc -l)" -eq 4 ] || { echo "FAILED: files that were refused are there" && failed=1; }
gives 0 '' "$weft" embed --output embedded.c --symbol revisions
"$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$include" -c embedded.c -o embedded.o || failed=1
gives 2 '' "$weft" embed --symbol 1a

# ---- mistakes of the command line ----

gives 2 '' "$weft"
gives 2 '' "$weft" nothing
gives 2 '' "$weft" upgrade --nothing
gives 2 '' "$weft" upgrade --url
gives 2 '' "$weft" upgrade one two
gives 2 '' "$weft" upgrade
says 'no database is named'
gives 2 '' "$weft" upgrade --url nonsense://x
gives 2 '' "$weft" upgrade --lock-wait-ms soon
gives 2 '' env WEFT_DRIVER=oracle "$weft" heads
gives 2 '' "$weft" heads --config other.ini
printf '[weft]\nfolder = migrations\nfoldr = x\n' >wrong.ini
gives 2 '' "$weft" heads --config wrong.ini
says 'line 3 of wrong.ini'
gives 0 'usage: …' bash -c '"$1" --help | head -n 1' bash "$weft"

# ---- on a database ----

rm migrations/*.sql
revision a1 none 'CREATE TABLE room (id integer);' 'DROP TABLE room;'
revision b1 a1 'INSERT INTO room VALUES (1);' 'DELETE FROM room;'
revision c1 b1 'INSERT INTO nowhere VALUES (1);' ''

on_database() {
    export WEFT_URL=$1
    gives 4 '' "$weft" current --check
    gives 0 'up a1
up b1' "$weft" upgrade b1
    gives 0 '' "$weft" upgrade b1
    gives 1 'up c1' "$weft" upgrade
    says 'migrations/c1.sql:4: '
    gives 0 'b1 (applied)' "$weft" current
    gives 0 '[
  {"revision": "b1", "way": "down", "message": ""}
]' "$weft" downgrade -1 --json
    gives 3 '' "$weft" downgrade +1
    gives 0 '' "$weft" downgrade a1
    gives 3 '' "$weft" downgrade b1
    gives 3 '' "$weft" upgrade zz
    gives 0 '' "$weft" stamp b1
    gives 0 '' "$weft" stamp head
    gives 0 'c1 (head) (applied)
b1 (applied)
a1 (applied)' "$weft" history --applied
    gives 0 'c1 (head) (applied)' "$weft" current --check
    gives 0 '' "$weft" stamp a1
    gives 1 '' bash -c 'sed -i s/room/rooms/ migrations/a1.sql; "$1" upgrade b1' bash "$weft"
    says 'migrations/a1.sql: the text was edited since it was applied'
    sed -i s/rooms/room/ migrations/a1.sql
    mv migrations/a1.sql kept.sql
    sed -i 's/^-- parents: a1/-- parents: none/' migrations/b1.sql
    gives 1 '' "$weft" upgrade
    says 'the database has revision a1, which the history lacks'
    mv kept.sql migrations/a1.sql
    sed -i 's/^-- parents: none/-- parents: a1/' migrations/b1.sql
    printf -- '-- revision: d1\n-- parents: b1\n-- up\n-- destructive\nDROP TABLE room;\n' >migrations/d1.sql
    gives 6 '' "$weft" upgrade d1
    says 'migrations/d1.sql:5: this step destroys data'
    gives 0 'up b1
up d1' "$weft" upgrade d1 --allow-destructive
    rm migrations/d1.sql
    gives 0 '' "$weft" stamp base --purge
    gives 0 '' "$weft" current
    gives 0 '' "$weft" history --applied --quiet --folder "$work/empty"
    unset WEFT_URL
}
mkdir empty
on_database "sqlite:///$work/app.db"
name=weft_command_$$
psql -qX "$WEFT_TEST_PG" -c "CREATE DATABASE $name" >/dev/null || exit 1
on_database "$(printf '%s' "$WEFT_TEST_PG" | sed -E "s|^([a-z]+://[^/?]*)(/[^?]*)?|\1/$name|")"
psql -qX "$WEFT_TEST_PG" -c "DROP DATABASE $name" >/dev/null

gives 1 '' "$weft" upgrade --url 'postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2'
exit "$failed"
