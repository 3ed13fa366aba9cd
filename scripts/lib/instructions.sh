# shellcheck shell=bash
# Instructions per call, by callgrind: they do not depend on what else the machine does. A program is run for N and for 2 N calls;
# the difference is free of what it does before and after.

instructions_of() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 </dev/null | sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

# instructions_row label goal program what: one line of the table. goal may be "-".
instructions_row() {
    local label=$1 goal=$2 program=$3 what=$4 calls=20000 once twice
    once=$(instructions_of "$program" --calls "$what" "$calls")
    twice=$(instructions_of "$program" --calls "$what" $((2 * calls)))
    printf '  %-52s %8d   goal %s\n' "$label" $(((twice - once) / calls)) "$goal"
}

instructions_table() {
    local folder=$1
    echo "Instructions per call"
    instructions_row "pool: checkout and return" - "$folder/bench_pool" cycle
    instructions_row "pool: with leak detection" - "$folder/bench_pool" leaks
    instructions_row "pool: with leak detection and histogram" - "$folder/bench_pool" histogram
    instructions_row "cache: hash of 32 bytes and hit among 1000 shapes" - "$folder/bench_pool" hit
    instructions_row "statement: three conditions, shape, hit, binding" 1000 "$folder/bench_statement" statement
    instructions_row "  the same as constant data (WEFT_STATEMENT)" 700 "$folder/bench_statement" constant
    instructions_row "scoped getter after first use" - "$folder/bench_pool" getter
    instructions_row "SQLite load, per row" 2650 "$folder/bench_weft" load
    instructions_row "  by hand" - "$folder/bench_weft" load-by-hand
    instructions_row "SQLite insert, per row" - "$folder/bench_weft" insert
    instructions_row "  by hand, one per statement" - "$folder/bench_weft" insert-by-hand
    instructions_row "SQLite load and update, per row" - "$folder/bench_weft" load-update
    instructions_row "  update alone by hand" - "$folder/bench_weft" update-by-hand
    instructions_row "SQLite get by key" - "$folder/bench_weft" get
    instructions_row "get of a loaded object" - "$folder/bench_weft" get-loaded
    instructions_row "SQLite rows into plain structs, per row" - "$folder/bench_weft" rows
    instructions_row "  by hand" - "$folder/bench_weft" rows-by-hand
    instructions_row "SQLite one row into a plain struct" - "$folder/bench_weft" row
    instructions_row "  the same as constant data (WEFT_STATEMENT)" - "$folder/bench_weft" row-statement
    instructions_row "  by hand" - "$folder/bench_weft" row-by-hand
    instructions_row "SQLite one value of one row" - "$folder/bench_weft" value
    instructions_row "  by hand" - "$folder/bench_weft" value-by-hand
}
