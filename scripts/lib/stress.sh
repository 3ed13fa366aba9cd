# shellcheck shell=bash
# Running the stress programs. Each takes --seconds, --threads and --seed; those that work on a database take --database and are run
# on SQLite and on PostgreSQL (WEFT_TEST_PG).

stress_names() {
    local source
    for source in stress/stress_*.c; do
        if [ -e "$source" ]; then basename "$source" .c; fi
    done
}

# Those of what all threads share.
stress_names_of_lower_layers() {
    stress_names | grep -E '^stress_(pool|cache|scoped)'
}

# stress_time preset name seconds: fairness is measured over ten seconds, once.
stress_time() {
    if [ "$1 $2" = "dev stress_pool_starves_nobody" ] && [ "$3" -lt 10 ]; then echo 10; else echo "$3"; fi
}

# stress_figures name: of a program's output, the lines that are figures to be read, not only a verdict.
stress_figures() {
    if [ "$1" = stress_pool_starves_nobody ]; then grep -vE '^seed ' | sed 's/^/    /'; fi
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
