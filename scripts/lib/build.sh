# shellcheck shell=bash
# Building by preset, quietly: what a build prints is shown when it fails.

jobs_count=$(nproc)

# say words...: a progress line with the seconds since the script began.
say() {
    printf '[%4ds] %s\n' "$SECONDS" "$*"
}

# build_preset name [target...]: configures build/<name> and builds it; only what changed is compiled.
build_preset() {
    local preset=$1 log generator=()
    shift
    log=$(mktemp)
    if [ ! -e "build/$preset/CMakeCache.txt" ] && command -v ninja >/dev/null 2>&1; then generator=(-G Ninja); fi
    local targets=()
    if [ $# -gt 0 ]; then targets=(--target "$@"); fi
    if ! cmake --preset "$preset" "${generator[@]}" >"$log" 2>&1 </dev/null ||
        ! cmake --build "build/$preset" --parallel "$jobs_count" "${targets[@]}" >"$log" 2>&1 </dev/null; then
        cat "$log"
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# without_address_randomisation command...: ThreadSanitizer needs memory maps that newer kernels randomise away.
without_address_randomisation() {
    if setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null; then
        setarch "$(uname -m)" --addr-no-randomize "$@"
    else
        "$@"
    fi
}
