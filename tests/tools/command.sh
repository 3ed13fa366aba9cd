#!/bin/bash
# The weft command: command.sh weft compiler include-folder program-with-a-revision-in-C
#
# shellcheck disable=SC2016  # what bash -c is given it expands itself
set -uo pipefail
weft=$1 compiler=$2 include=$3 program=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset WEFT_URL WEFT_FOLDER
failed=0

# shellcheck source=tests/tools/expect.sh
. "$here/expect.sh"

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
gives 0 'm1 (head) merge
b2 fork' "$weft" history b2:
gives 0 'b1
a1 A first: one, it'\''s' "$weft" history base:b1
gives 0 'b2 fork' "$weft" history b2:b2
gives 0 '' "$weft" history b1:b2
gives 0 'm1 (head) merge
b1' "$weft" history b1:heads
gives 0 '[
  {"revision": "a1", …}
]' "$weft" history :a1 --json
gives 2 '' "$weft" history b1
says '"b1" is no range'
gives 3 '' "$weft" history nowhere:head --json
gives 0 '[
  {"revision": "b2", "message": "fork", "file": …, "parents": ["a1"], "depends_on": [], "labels": [], "head": false, "known": true}
]' "$weft" show b2 --json
gives 3 '' "$weft" show b
says '"b" begins more than one revision'
[ "$(find migrations -name '*.sql' | wc -l)" -eq 4 ] || { echo "FAILED: files that were refused are there" && failed=1; }
gives 2 '' "$weft" heads --sql
says '--sql is no option of heads, but of upgrade downgrade stamp'
gives 2 '' "$weft" --purge history
gives 2 '' "$weft" upgrade --autogenerate
gives 2 '' "$weft" revision --purge -m x

# ---- several folders ----

mkdir shop spare
gives 2 '' "$weft" revision -m 'a shop' --rev-id s1 --head base --version-path shop
says 'shop is none of the folders of revisions: --folder and --folders name them'
gives 0 'shop/…_s1_a_shop.sql' "$weft" revision -m 'a shop' --rev-id s1 --head base --folders 'spare , shop' --version-path shop/
gives 3 '' "$weft" show s1
gives 0 '[
  {"revision": "s1", "message": "a shop", …}
]' "$weft" show s1 --folders shop --json
gives 0 'shop/…_s2_beside.sql' "$weft" revision -m beside --rev-id s2 --head s1 --folders spare,shop
gives 0 'spare/…_s3_elsewhere.sql' "$weft" revision -m elsewhere --rev-id s3 --head s2 --folders shop,spare --version-path spare
gives 0 'migrations/…_m9_both.sql' "$weft" merge -m both --rev-id m9 --folders shop,spare m1 s3
WEFT_FOLDERS=shop,spare gives 0 'm9 (head) both' "$weft" heads
gives 3 '' "$weft" heads
rm migrations/*_m9_*
printf '[weft]\nfolder = migrations\nfolders = shop, spare\n' >both.ini
gives 0 's3 (head) elsewhere
m1 (head) merge' "$weft" heads --config both.ini
gives 0 '' "$weft" embed --output embedded.c --config both.ini
grep -q 'revision_s3' embedded.c && grep -q 'revision_m1' embedded.c || { echo 'embed leaves out a folder' >&2 && failed=1; }
rm -r shop spare embedded.c both.ini

gives 0 '' "$weft" embed --output embedded.c --symbol revisions
"$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$include" -c embedded.c -o embedded.o || failed=1
gives 2 '' "$weft" embed --symbol 1a

# ---- completion ----

# completes expected words...: what bash offers for the last of them.
completes() {
    local expected=$1
    shift
    gives 0 "$expected" bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weft; printf "%s\n" "${COMPREPLY[@]}"' \
        bash "$here/../../tools/weft/weft.bash" "$weft" "$@"
}
completion() {
    completes 'upgrade' up
    completes $'history\nheads' h
    completes '--allow-destructive' upgrade --allow
    completes $'head\nheads' upgrade --quiet head
    completes 'm1' upgrade m
    completes 'sqlite' revision --driver s
}
completion

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
printf '[weft]\nfoldr = m\nfolder = migrations\n' >first.ini
gives 2 '' "$weft" heads --config first.ini
says 'it stands in line 2 of first.ini'
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
    gives 0 'c1 (head)' "$weft" history current:
    gives 0 'c1 (head)
b1' "$weft" history -1:current
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
    gives 0 'tag: release 7' "$program" upgrade --folder "$work/empty" --quiet --tag 'release 7'
    gives 0 'tag: none' "$program" downgrade base --folder "$work/empty" --quiet
    gives 0 '' "$program" stamp head --folder "$work/empty" --tag x
    gives 0 '' "$program" stamp base --folder "$work/empty"
    gives 0 '1' bash -c "'$program' stamp t1 --sql --folder '$work/empty' | grep -c '^-- stamp t1, for'"
    gives 1 '0' bash -c "'$program' history --applied --folder '$work/empty' | grep -c '(applied)'" # nothing was noted
    gives 0 '' "$program" stamp t1 base --folder "$work/empty"
    gives 0 '1' bash -c "'$program' current --folder '$work/empty' | grep -c '^t1 (head) (applied)'"
    gives 0 '' "$program" stamp base --folder "$work/empty"
    on_models
    unset WEFT_URL
}

# ---- models ----

models() { # a column of the model Room, behind its key; more of it
    cat >models.c <<END
#include <weft/command.h>
#include <weft/weft.h>
WEFT_DECLARE(Room);
struct Room {
    int64_t id;
    const char *name;
    int32_t $1;
};
WEFT_MODEL(Room, "room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, name), WEFT_COLUMN(Room, $1${2:-}));
static WEFT_METADATA(models, &Room_model);
const weft_metadata *weft_command_models(void) { return &models; }
END
    "$compiler" -std=c11 -Wall -Wextra -Wpedantic -Wmissing-prototypes -Werror -fvisibility=hidden -fPIC -shared -I"$include" models.c \
        -o libmodels.so || failed=1
}

on_models() {
    rm -rf written
    mkdir written
    export WEFT_FOLDER=written WEFT_IGNORED=weft_version,log
    models floor
    gives 2 '' "$weft" check
    says 'no models are named'
    gives 2 '' "$weft" check --models ./nothing.so
    export WEFT_MODELS=libmodels.so
    gives 8 'create table room' "$weft" check
    gives 8 '' "$weft" check --quiet
    gives 0 'written/…_f1_room.sql' "$weft" revision -m room --autogenerate --rev-id f1
    gives 4 '' "$weft" check
    says 'not at the head'
    gives 4 '' "$weft" revision -m again --autogenerate
    gives 0 'up f1 room' "$weft" upgrade
    gives 0 '' "$weft" check
    gives 0 '[]' "$weft" check --json
    gives 0 '' "$weft" revision -m nothing --autogenerate
    says 'there is nothing to write'
    models storey
    gives 8 'true' bash -c 'out=$("$1" check --json); code=$?; grep -o true <<<"$out"; exit "$code"' bash "$weft"
    gives 7 '' "$weft" revision -m storey --autogenerate --rev-id f2
    says '    --rename room.floor=storey    or    --no-rename room.floor'
    gives 2 '' "$weft" revision -m storey --autogenerate --rename room.flor=storey
    gives 0 'written/…_f2_storey.sql' "$weft" revision -m storey --autogenerate --rev-id f2 --rename room.floor=storey \
        --dialects 'sqlite, postgresql'
    [ "$(grep -c '^-- not compared' written/*_f2_*)" -eq 2 ] && ! grep -q destructive written/*_f2_* || failed=1
    gives 0 'up f2 storey' "$weft" upgrade
    gives 0 '' "$weft" check
    models depth # somebody is asked on a terminal
    gives 0 'yes' bash -c 'printf "y\n" | script -qec "$1 revision -m depth --autogenerate --rev-id f9" /dev/null >asked; grep -q "Was it renamed" asked &&
        grep -q "RENAME COLUMN storey TO depth" written/*_f9_* && echo yes' bash "$weft"
    rm -f written/*_f9_*
    gives 0 'no' bash -c 'printf "n\n" | script -qec "$1 revision -m depth --autogenerate --rev-id f9" /dev/null >asked; grep -q "Was it renamed" asked &&
        grep -q "destructive" written/*_f9_* && ! grep -q RENAME written/*_f9_* && echo no' bash "$weft"
    rm -f written/*_f9_*
    models height
    gives 0 'written/…_f3_height.sql' "$weft" revision -m height --autogenerate --rev-id f3 --no-rename room.storey
    says 'what is stored: read the file'
    says '[drop-column]'
    grep -q '^-- fails where there are rows: height has no default' written/*_f3_* || failed=1
    gives 6 '' "$weft" upgrade
    gives 0 'up f3 height' "$weft" upgrade --allow-destructive
    gives 0 '' "$weft" check
    gives 0 'down f3 height
down f2 storey
down f1 room' "$weft" downgrade base --allow-destructive
    rm -f written/*
    models floor ', .index = true, .unique = true'
    printf '[weft]\nnaming_uq = u_%%(table_name)s_%%(column_0_name)s\n' >named.ini
    gives 0 'written/…_n1.sql' "$weft" revision --config named.ini --autogenerate --rev-id n1
    grep -q 'CONSTRAINT u_room_floor UNIQUE (floor)' written/*_n1* || failed=1
    rm -f written/*
    printf 'naming_fk = f_%%(table)s\n' >>named.ini
    gives 1 '' "$weft" revision --config named.ini --autogenerate --rev-id n2
    says '.fk has "table", which is no token'
    unset WEFT_FOLDER WEFT_MODELS WEFT_IGNORED
}
mkdir empty
# Both databases at once, each compared with its own URL.
on_both() {
    rm -rf both
    mkdir both
    models floor
    export WEFT_FOLDER=both WEFT_MODELS=libmodels.so WEFT_URL=sqlite:///$work/both.db WEFT_POSTGRESQL_URL=$1
    gives 0 'both/…_g1.sql' "$weft" revision --autogenerate --rev-id g1 --dialects sqlite,postgresql
    grep -q 'not compared' both/*_g1* && failed=1
    gives 0 'up g1' "$weft" upgrade
    models storey
    gives 1 '' "$weft" revision --autogenerate --rev-id g2 --no-rename room.floor --dialects sqlite,postgresql
    says 'the database is not at the head'
    gives 0 'up g1' "$weft" upgrade --url "$1"
    gives 0 'both/…_g2.sql' "$weft" revision --autogenerate --rev-id g2 --no-rename room.floor --dialects sqlite,postgresql
    for url in "$WEFT_URL" "$1"; do
        gives 0 'up g2' "$weft" upgrade --url "$url" --allow-destructive
        gives 0 '' "$weft" check --url "$url"
    done
    models storey ', .comment = "from the ground"' # which SQLite does not keep
    gives 0 'both/…_g3.sql' "$weft" revision --autogenerate --rev-id g3 --dialects sqlite,postgresql
    grep -q "COMMENT ON COLUMN room.storey IS 'from the ground'" both/*_g3* || failed=1
    for url in "$WEFT_URL" "$1"; do
        gives 0 'up g3' "$weft" upgrade --url "$url"
        gives 0 '' "$weft" check --url "$url"
    done
    unset WEFT_FOLDER WEFT_MODELS WEFT_URL WEFT_POSTGRESQL_URL
}

# ---- a database that is there ----

taken_over() { # url, that of an empty database
    rm -rf taken && mkdir taken
    models floor
    export WEFT_FOLDER=taken WEFT_MODELS=libmodels.so WEFT_URL=$1
    shell "$1" 'CREATE TABLE room (id bigint NOT NULL PRIMARY KEY, name text NOT NULL, floor integer NOT NULL)'
    case $1 in sqlite:*) shell "$1" 'DROP TABLE room; CREATE TABLE room (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, floor INTEGER NOT NULL)' ;;
    *) shell "$1" 'ALTER TABLE room ALTER id ADD GENERATED BY DEFAULT AS IDENTITY' ;; esac
    gives 0 '' "$weft" revision --autogenerate --rev-id t1
    says 'is written for an empty database'
    gives 0 'taken/…_t1.sql' "$weft" revision --autogenerate --rev-id t1 --url "$2"
    gives 4 '' "$weft" check
    says 'weft stamp REVISION'
    gives 4 '' "$weft" current --check
    gives 1 'up t1' "$weft" upgrade
    says 'weft stamp'
    gives 0 '' "$weft" current
    gives 0 '' "$weft" stamp head
    gives 0 '' "$weft" check
    gives 0 'up t1' "$weft" upgrade --url "$2"
    gives 0 '' "$weft" check --url "$2"
    gives 0 'taken/…_t2.sql' "$weft" revision --rev-id t2
    printf -- '-- revision: t2\n-- parents: t1\n-- up\nCREATE TABLE room (x integer);\n' >"$(ls taken/*_t2.sql)"
    gives 1 'up t2' "$weft" upgrade # not the first one: nobody forgot to stamp
    if grep -q stamp err; then failed=1; fi
    unset WEFT_FOLDER WEFT_MODELS WEFT_URL
}

# What models cannot say is in the first revision, where the database's own tool writes it: functions, triggers, types.
dumped() { # url, that of an empty database
    rm -rf dumped && mkdir dumped
    psql -qX "$1" -c "CREATE TYPE mood AS ENUM ('sad', 'glad')" \
        -c 'SET check_function_bodies = false' -c 'CREATE FUNCTION next_floor() RETURNS integer LANGUAGE sql AS $$ SELECT count(*)::integer FROM hall $$' \
        -c "CREATE TABLE hall (id serial PRIMARY KEY, m mood NOT NULL DEFAULT 'glad', floor integer NOT NULL DEFAULT next_floor(), CHECK (floor >= 0))" \
        -c 'CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.floor := NEW.floor + 1; RETURN NEW; END $$' \
        -c 'CREATE TRIGGER touched BEFORE INSERT ON hall FOR EACH ROW EXECUTE FUNCTION touch()'
    export WEFT_FOLDER=dumped WEFT_URL=$1
    (cd dumped && gives 0 'models.h
models.c' "$weft" reflect --c --include hall --folder .)
    "$compiler" -std=c11 -shared -fPIC -I"$include" dumped/models.c -o libdumped.so || failed=1
    export WEFT_MODELS=./libdumped.so
    gives 0 'dumped/…_0001_what_was_there.sql' "$weft" revision -m "what was there" --rev-id 0001
    pg_dump --schema-only --no-owner --no-privileges "$1" | sed '/^SET /d; /set_config/d; /^\\/d' >dump.sql
    sed -i -e 's/^-- up$/-- up postgresql\nSET LOCAL check_function_bodies = false;/' -e '/^-- up postgresql/r dump.sql' dumped/*_0001_*.sql
    gives 0 '' "$weft" stamp head
    gives 0 '' "$weft" check
    gives 0 'up 0001 what was there' "$weft" upgrade --url "$2"
    gives 0 '' "$weft" check --url "$2"
    [ "$(psql -qXAt "$2" -c 'INSERT INTO hall DEFAULT VALUES; INSERT INTO hall DEFAULT VALUES RETURNING id, m, floor')" = '2|glad|2' ] || failed=1
    gives 0 '' "$weft" revision --autogenerate
    unset WEFT_FOLDER WEFT_MODELS WEFT_URL
}

# Who may not make schemas compares by temporary tables; who may not make those, or nothing at all, by structure, and is told so.
without_rights() { # url
    local role=weft_reader_$$ reader
    rm -rf rights && mkdir rights
    models floor ', .server_default = "least(1::integer, 2)", .zero_is_unset = true'
    export WEFT_FOLDER=rights WEFT_MODELS=libmodels.so WEFT_URL=$1
    psql -qX "$1" -c "CREATE ROLE $role LOGIN" \
        -c 'CREATE TABLE room (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL, floor integer NOT NULL DEFAULT least(1::integer, 2))'
    reader=$(printf '%s' "$1" | sed -E "s|//[^@/]*@|//$role@|")
    gives 0 '' "$weft" stamp heads
    psql -qX "$1" -c "GRANT SELECT ON room, weft_version TO $role"
    gives 0 '' "$weft" check
    gives 0 '' "$weft" check --url "$reader"
    if grep -q 'not compared' err; then failed=1; fi
    psql -qX "$1" -c "REVOKE TEMP ON DATABASE ${name}_old FROM PUBLIC"
    gives 0 '' "$weft" check --url "$reader"
    says 'were not compared: the role may make neither schemas nor temporary tables'
    gives 0 '' "$weft" check --url "$1&options=-c%20default_transaction_read_only%3Don"
    says 'were not compared: the database is read-only'
    psql -qX "$1" -c 'ALTER TABLE room ALTER floor SET DEFAULT 3, ADD COLUMN more integer' # structure is
    gives 8 'drop column room.more (loses what is stored)' "$weft" check --url "$reader"
    gives 8 '…
…' "$weft" check
    printf -- '-- revision: a1\n-- parents: none\n-- up\nCREATE TABLE x (id integer);\n-- down\n' >rights/a1.sql
    gives 1 'up a1' "$weft" upgrade --url "$reader"
    says 'rights/a1.sql:4: the role may not do this'
    psql -qX "$1" -c 'DROP TABLE weft_version'
    gives 1 '' "$weft" upgrade --url "$reader"
    says 'making "weft_version": the role may not do this'
    says 'the right to create in it'
    psql -qX "$1" -c 'DROP TABLE room' -c "DROP ROLE $role"
    unset WEFT_FOLDER WEFT_MODELS WEFT_URL
}

shell() { # url statement
    case $1 in
    sqlite:*) sqlite3 "${1#sqlite:///}" "$2" ;;
    *) psql -qXAt "$1" -c "$2" ;;
    esac
}

# ---- lint ----

lints() { # url
    rm -rf lints && mkdir lints
    export WEFT_FOLDER=lints
    printf -- '-- revision: a1\n-- parents: none\n-- up\nCREATE TABLE lint_room (id integer PRIMARY KEY, n integer);\n-- down\nDROP TABLE lint_room;\n' >lints/a1.sql
    printf -- '-- revision: b1\n-- parents: a1\n-- up\n-- lint: allow drop-column nobody has it\n-- destructive\nALTER TABLE lint_room DROP COLUMN n;\n-- down\nSELECT 1;\n' >lints/b1.sql
    printf -- '-- revision: c1\n-- parents: b1\n-- up\nALTER TABLE lint_room RENAME TO lint_hall;\n-- down\nALTER TABLE lint_hall RENAME TO lint_room;\n' >lints/c1.sql
    gives 2 '' env -u WEFT_URL "$weft" lint
    says 'what is pending only the database says'
    gives 0 '' "$weft" lint a1 --url "$1"
    gives 0 '' "$weft" lint a1:b1 --url "$1"
    gives 9 'lints/c1.sql:4: error: running … still name lint_room [rename-table]
    instead: a view …
1 error, 0 warnings' "$weft" lint lints/c1.sql --driver sqlite
    gives 3 '' "$weft" lint lints/d1.sql --driver sqlite
    says 'none of the revisions'
    gives 2 '' "$weft" lint head --lint-rules no-such-rule
    gives 0 '' "$weft" lint base:heads --lint-rules=-rename-table --url "$1"
    gives 9 '[
  {"revision": "c1", "file": "lints/c1.sql", "line": 4, "level": "error", "rule": "rename-table", "message": …, "instead": …, "allowed": null}
]' "$weft" lint head --json --url "$1"
    gives 0 '[
  {"revision": "b1", …, "rule": "drop-column", …, "allowed": "nobody has it"}
]' "$weft" lint b1 --json --url "$1"
    gives 0 'up a1' "$weft" upgrade a1 --url "$1"
    sed -i 's/^-- up$/-- lint: allow lint-comment-unused a comment is no part of the revision\n&/' lints/a1.sql
    gives 0 'a1 (applied)' "$weft" current --url "$1"
    gives 9 '…rename-table…
    instead: …
1 error, 0 warnings' bash -c '"$1" lint --url "$2" >pending; code=$?; grep -v "^     " pending; exit $code' bash "$weft" "$1"
    gives 9 '' "$weft" upgrade --strict --allow-destructive --url "$1"
    says 'nothing was run'
    printf '%s\n' '#include <weft/command.h>' '#include <weft/weft.h>' 'WEFT_DECLARE(Room);' 'struct Room { int32_t id, n; };' \
        'WEFT_MODEL(Room, "lint_room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, n));' \
        'static WEFT_METADATA(models, &Room_model);' 'const weft_metadata *weft_command_models(void) { return &models; }' >lint_models.c
    "$compiler" -std=c11 -shared -fPIC -I"$include" lint_models.c -o liblint_models.so || failed=1
    gives 0 '[
  {"revision": "b1", …, "level": "error", "rule": "drop-column", "message": "n of lint_room is lost, and the models still have it", …}
]' "$weft" lint b1 --models liblint_models.so --json --url "$1"
    gives 0 'colours' bash -c 'script -qec "$1 lint c1 --url $2" /dev/null >coloured; grep -q "$(printf "\033\[1;31m")error" coloured && echo colours' bash "$weft" "$1"
    gives 0 'none' bash -c 'NO_COLOR=1 script -qec "$1 lint c1 --url $2" /dev/null >plain; grep -q "$(printf "\033")" plain || echo none' bash "$weft" "$1"
    gives 0 'up b1
up c1' "$weft" upgrade --allow-destructive --url "$1"
    says 'error: running'
    gives 0 '' "$weft" lint --url "$1"
    gives 0 'down c1
down b1
down a1' "$weft" downgrade base --allow-destructive --url "$1"
    unset WEFT_FOLDER
}

# What the database has and no file says: which columns a CHECK keeps from NULL, which types they have, how large tables are.
asked() {
    rm -rf asked && mkdir asked
    export WEFT_FOLDER=asked WEFT_URL=$1
    psql -qX "$1" -c 'CREATE TABLE "Order" (id bigint PRIMARY KEY, "time" varchar(5), n integer CHECK (n IS NOT NULL), m integer CHECK (m > 0))' \
        -c 'INSERT INTO "Order" SELECT i, i, i, i FROM generate_series(1, 900) i' -c 'ANALYZE "Order"'
    printf -- '-- revision: a1\n-- parents: none\n-- up\nALTER TABLE "Order" ALTER n SET NOT NULL, ALTER "time" TYPE varchar(9);\n-- down\nSELECT 1;\n' >asked/a1.sql
    gives 0 '…alter-type-prepared…
    instead: …
0 errors, 1 warning' "$weft" lint
    gives 9 '2 errors, 0 warnings' bash -c '"$1" lint a1 >told; code=$?; tail -1 told; exit $code' bash "$weft"
    gives 0 '0 errors, 1 warning' bash -c '"$1" lint a1 --applied >told; code=$?; tail -1 told; exit $code' bash "$weft"
    sed -i 's/ALTER n SET/ALTER m SET/' asked/a1.sql
    gives 9 '1 error, 1 warning' bash -c '"$1" lint >told; code=$?; tail -1 told; exit $code' bash "$weft"
    gives 9 '1 error, 1 warning' bash -c '"$1" lint --lint-small-table 900 >told; code=$?; tail -1 told; exit $code' bash "$weft"
    gives 0 '0 errors, 1 warning' bash -c '"$1" lint --lint-small-table 901 >told; code=$?; tail -1 told; exit $code' bash "$weft"
    gives 0 '[
  {"revision": "a1", "file": "asked/a1.sql", "line": 4, "level": "error", "rule": "set-not-null", …}
  {"revision": "a1", "file": "asked/a1.sql", "line": 4, "level": "warning", "rule": "alter-type-prepared", …}
  {"revision": "a1", "way": "up", "message": ""}
]' bash -c '"$1" upgrade --json | sed "s/},$/}/"' bash "$weft"
    psql -qX "$1" -c 'DROP TABLE weft_version, "Order"'
    unset WEFT_FOLDER WEFT_URL
}

# odd_names url [-DSCHEMA]: what is printed of a rename is taken, by a shell and by weft, whatever names are like.
odd_names() {
    rm -rf odd
    mkdir odd
    export WEFT_URL=$1 WEFT_FOLDER=odd WEFT_IGNORED=hall,room
    local column
    for column in 'it'\''s \"$x\", `y`' 'it'\''s \"$z\", `y`'; do
        cat >odd.c <<END
#include <weft/command.h>
#include <weft/weft.h>
WEFT_DECLARE(Odd);
struct Odd {
    int64_t id, x;
};
#ifdef SCHEMA
#define PLACE , WEFT_OPTIONS(Odd, .schema = "sche ma")
#else
#define PLACE
#endif
WEFT_MODEL(Odd, "a;b 'c'", WEFT_COLUMN(Odd, id, .primary_key = true), WEFT_COLUMN(Odd, x, .column = "$column") PLACE);
static WEFT_METADATA(models, &Odd_model);
const weft_metadata *weft_command_models(void) { return &models; }
END
        "$compiler" -std=c11 -fPIC -shared -I"$include" ${2:+"$2"} odd.c -o libodd.so || failed=1
        if [ -z "$(find odd -name '*_h1_*')" ]; then
            gives 0 'odd/…_h1_odd.sql' "$weft" revision -m odd --models ./libodd.so --autogenerate --rev-id h1
            gives 0 'up h1 odd' "$weft" upgrade
        fi
    done
    gives 7 '' "$weft" revision --models ./libodd.so --autogenerate --rev-id h2
    for way in 2 4; do # --rename … or --no-rename …
        "$weft" revision --models ./libodd.so --autogenerate --rev-id "h$way" 2>flags
        eval "set -- $(tail -n 1 flags | sed 's/    or    / /')"
        [ $# -eq 4 ] || failed=1
        if [ "$way" -eq 2 ]; then set -- "$1" "$2"; else set -- "$3" "$4"; fi
        gives 0 "odd/…_h$way.sql" "$weft" revision --models ./libodd.so --autogenerate --rev-id "h$way" "$@"
        if [ "$way" -eq 2 ]; then
            grep -q 'RENAME COLUMN "it.s ""$x"", `y`" TO "it.s ""$z"", `y`";' odd/*_h2.sql || failed=1
        else
            ! grep -q RENAME odd/*_h4.sql || failed=1
        fi
        rm -f odd/*_h"$way".sql
    done
    gives 0 'down h1 odd' "$weft" downgrade base --allow-destructive
    unset WEFT_FOLDER WEFT_URL WEFT_IGNORED
}

on_database "sqlite:///$work/app.db"
odd_names "sqlite:///$work/odd.db"
lints "sqlite:///$work/lints.db"
name=weft_command_$$
psql -qX "$WEFT_TEST_PG" -c "CREATE DATABASE $name" >/dev/null || exit 1
url=$(printf '%s' "$WEFT_TEST_PG" | sed -E "s|^([a-z]+://[^/?]*)(/[^?]*)?|\1/$name|")
for other in old new; do psql -qX "$WEFT_TEST_PG" -c "CREATE DATABASE ${name}_$other" >/dev/null || exit 1; done
old=${url/$name/${name}_old} new=${url/$name/${name}_new}
taken_over "sqlite:///$work/old.db" "sqlite:///$work/new.db"
taken_over "$old" "$new"
psql -qX "$old" -c 'DROP TABLE room, weft_version' >/dev/null
psql -qX "$new" -c 'DROP TABLE room, weft_version' >/dev/null
without_rights "$old"
dumped "$old" "$new"
psql -qX "$old" -c 'DROP TABLE weft_version' -c 'CREATE SCHEMA "sche ma"' >/dev/null
odd_names "$old" -DSCHEMA
for other in old new; do psql -qX "$WEFT_TEST_PG" -c "DROP DATABASE ${name}_$other" >/dev/null; done
on_database "$url"
psql -qX "$url" -c 'DROP TABLE weft_version' >/dev/null 2>&1
lints "$url"
psql -qX "$url" -c 'DROP TABLE weft_version' >/dev/null 2>&1
asked "$url"
psql -qX "$url" -c 'DROP TABLE weft_version; DROP TABLE log' >/dev/null 2>&1
on_both "$url"
psql -qX "$WEFT_TEST_PG" -c "DROP DATABASE $name" >/dev/null

gives 1 '' "$weft" upgrade --url 'postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2'
exit "$failed"
