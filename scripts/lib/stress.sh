# shellcheck shell=bash
# Running the stress programs. Each takes --seconds, --threads and --seed; those that work on a database take --database and are run
# on SQLite and on PostgreSQL (WEFT_TEST_PG).

stress_names() {
    local source
    for source in stress/stress_*.c; do
        if [ -e "$source" ]; then basename "$source" .c; fi
    done
}

stress_databases() {
    if grep -q -e '--database' "stress/$1.c"; then
        echo "sqlite postgresql"
    else
        echo "none"
    fi
}

# stress_run preset name database seconds: one run, its output to stdout.
stress_run() {
    local preset=$1 name=$2 database=$3 seconds=$4 folder status=0
    local program=(timeout --kill-after=10 "$((seconds * 10 + 120))" "build/$preset/stress/$name" --seconds "$seconds")
    folder=$(mktemp -d)
    case $database in
    sqlite) program+=(--database "sqlite:///$folder/stress.db") ;;
    postgresql) program+=(--database "$WEFT_TEST_PG") ;;
    esac
    if [[ $preset == *tsan ]]; then
        without_address_randomisation "${program[@]}" </dev/null 2>&1 || status=$?
    else
        "${program[@]}" </dev/null 2>&1 || status=$?
    fi
    rm -rf "$folder"
    return "$status"
}
