#!/bin/bash
# The weft command and servers that cannot do what they should: a standby, a full disk. servers.sh weft compiler include-folder
set -uo pipefail
weft=$1 compiler=$2 include=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
small=
finish() {
    if [ -n "$small" ]; then
        pg_control stop --mode=immediate
        umount "$small"
    fi
    pg_stop
    rm -rf "$work"
}
# shellcheck source=scripts/lib/postgres.sh
. "$here/../../scripts/lib/postgres.sh"
pg_start || exit 1
trap finish EXIT
cd "$work" || exit 1
unset WEFT_FOLDER WEFT_MODELS
export WEFT_URL=$WEFT_TEST_PG
failed=0

# shellcheck source=tests/tools/expect.sh
. "$here/expect.sh"

sql() { psql -qAtX "$WEFT_TEST_PG" "$@"; }

# ---- a standby ----

export WEFT_FOLDER=migrations WEFT_MODELS=libmodels.so
cat >models.c <<'END'
#include <weft/command.h>
#include <weft/weft.h>
WEFT_DECLARE(Room);
struct Room {
    int64_t id;
    const char *name;
    int32_t floor;
};
WEFT_MODEL(Room, "room", WEFT_SEQUENCE(Room, "codes", .counting = {.start = 7}),
           WEFT_COLUMN(Room, id, .primary_key = true, .counting = {.start = 100}), WEFT_COLUMN(Room, name),
           WEFT_COLUMN(Room, floor, .server_default = "least(1, 2)", .zero_is_unset = true));
static WEFT_METADATA(models, &Room_model);
const weft_metadata *weft_command_models(void) { return &models; }
END
"$compiler" -std=c11 -fPIC -shared -I"$include" models.c -o libmodels.so || exit 1
mkdir migrations
gives 0 'migrations/…_a1_room.sql' "$weft" revision -m room --autogenerate --rev-id a1
gives 0 'up a1 room' "$weft" upgrade
pg_standby || exit 1
place=${pg_directory//\//%2F}
standby=${WEFT_TEST_PG//"$place"/"$place%2Fstandby"}

# What the primary has now the standby has, too: also what is not written yet, for commits do not wait.
follow() {
    local here
    here=$(sql -c 'SELECT pg_current_wal_insert_lsn()')
    for _ in $(seq 600); do
        if [ "$(psql -qAtX "$standby" -c "SELECT pg_last_wal_replay_lsn() >= '$here'")" = t ]; then return; fi
        sleep 0.05
    done
    echo 'FAILED: the standby does not follow' && failed=1
}

follow
gives 0 'a1 (head) (applied) room' "$weft" current --url "$standby"
gives 0 '' "$weft" check --url "$standby"
gives 0 '' "$weft" check
if grep -q 'not compared' "$work/err"; then echo 'FAILED: the primary compares texts' && failed=1; fi
sql -c 'ALTER TABLE room ALTER floor SET DEFAULT least(3, 4)' # a text, which the standby cannot ask about
follow
gives 0 '' "$weft" check --url "$standby"
says 'were not compared: the database is read-only'
gives 8 'alter column room.floor: default least(1, 2)' "$weft" check
sql -c 'ALTER TABLE room ADD COLUMN more integer, ALTER id SET INCREMENT BY 5' # structure is compared
follow
gives 8 'alter column room.id: counting
drop column room.more (loses what is stored)' "$weft" check --url "$standby"
sql -c 'ALTER TABLE room DROP COLUMN more, ALTER id SET INCREMENT BY 1, ALTER floor SET DEFAULT least(1, 2)'
printf -- '-- revision: b1\n-- parents: a1\n-- up\nCREATE TABLE other (id integer);\n-- down\nDROP TABLE other;\n' >migrations/b1.sql
follow
gives 1 'up b1' "$weft" upgrade --url "$standby"
says 'migrations/b1.sql:4: the transaction is read-only'
gives 0 'a1 (applied) room' "$weft" current --url "$standby"
[ -z "$(psql -qAtX "$standby" -c "SELECT 1 FROM pg_class WHERE relname = 'other'")" ] || { echo 'FAILED: it was applied' && failed=1; }
gives 0 'up b1' "$weft" upgrade
follow
gives 0 'b1 (head) (applied)' "$weft" current --url "$standby"
gives 0 'down b1' "$weft" downgrade a1 --allow-destructive

# ---- a full disk ----

# The standby would write to the same folder.
pg_as_server_user "$(pg_bin)/pg_ctl" --pgdata="$pg_directory/standby/data" --wait --mode=fast stop >>"$pg_directory/start.log" 2>&1 || exit 1

# limit_files bytes: the server's files become no larger. A page of which only a half fits is what a full disk leaves of it, too. Files of
# the log of 16 MB must fit.
limit_files() { pg_as_server_user prlimit --pid "$(head -n 1 "$pg_directory/data/postmaster.pid")" --fsize="$1:"; }

# full_disk tablespace small large smaller largest: commands that make the place of the tablespace so.
full_disk() {
    rm -f migrations/b1.sql
    printf -- '-- revision: b1\n-- parents: a1\n-- up\nCREATE TABLE other (id integer);\n-- down\nDROP TABLE other;\n' >migrations/b1.sql
    printf -- '-- revision: c1\n-- parents: b1\n-- up\nCREATE TABLE large (id integer, text text) TABLESPACE %s;\n\nINSERT INTO large SELECT i, repeat('\''x'\'', 500) FROM generate_series(1, 40000) AS i;\n-- down\nDROP TABLE large;\n' "$1" >migrations/c1.sql
    $2
    gives 1 'up b1
up c1' "$weft" upgrade
    says "migrations/c1.sql:6: the server's disk is full"
    gives 0 'b1 (applied)' "$weft" current
    [ -z "$(sql -c "SELECT 1 FROM pg_class WHERE relname = 'large'")" ] || { echo 'FAILED: half of it is there' && failed=1; }
    $3
    gives 0 'up c1' "$weft" upgrade
    [ "$(sql -c 'SELECT count(*) FROM large')" = 40000 ] || { echo 'FAILED: rows are missing' && failed=1; }
    # Outside of a transaction: the step before is noted, and the next upgrade goes on there.
    $4
    printf -- '-- revision: d1\n-- parents: c1\n-- up\nCREATE TABLE last (id integer);\n-- no transaction\nCREATE INDEX CONCURRENTLY large_text ON large (id, text) TABLESPACE %s;\n-- down\nDROP INDEX large_text; DROP TABLE last;\n' "$1" >migrations/d1.sql
    gives 1 'up d1' "$weft" upgrade
    says "migrations/d1.sql:6: the server's disk is full"
    gives 0 'c1 (applied)
d1 (head) (interrupted)' "$weft" current
    $5
    gives 0 'up d1' "$weft" upgrade
    [ "$(sql -c "SELECT indisvalid FROM pg_index WHERE indexrelid = 'large_text'::regclass")" = t ] || { echo 'FAILED: no index' && failed=1; }
    gives 0 'down d1
down c1
down b1' "$weft" downgrade a1 --allow-destructive
    rm migrations/[bcd]1.sql
}

full_disk pg_default 'limit_files 17829888' 'limit_files unlimited' 'limit_files 17829888' 'limit_files unlimited' # 17 MB and half a page

small=$pg_directory/small
mkdir "$small"
if mount -t tmpfs -o "size=6m,mode=700,uid=$(stat -c %u "$pg_directory/data"),gid=$(stat -c %g "$pg_directory/data")" tmpfs "$small" 2>/dev/null; then
    sql -c "CREATE TABLESPACE small LOCATION '$small'"
    full_disk small true "mount -o remount,size=60m $small" "mount -o remount,size=40m $small" "mount -o remount,size=100m $small"
else
    small= # no right to mount: the limit has to do
fi
exit "$failed"
