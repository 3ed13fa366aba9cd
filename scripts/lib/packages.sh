# shellcheck shell=bash
# Debian packages that the scripts need. A machine that has them all is not touched: apt is called only when one is missing.
# shellcheck disable=SC2034  # the lists are for the scripts that source this

packages_build="gcc g++ libc6-dev make cmake ninja-build ccache pkg-config libck-dev libpq-dev libsqlite3-dev libgmp-dev libinih-dev libpg-query-dev libjansson-dev libmicrohttpd-dev"
packages_test="$packages_build clang clang-format clang-tidy libcmocka-dev postgresql pgbouncer libzdb-dev sqlite3 spin python3 util-linux locales"
packages_bench="$packages_build postgresql libzdb-dev util-linux valgrind"

packages_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "packages: root or sudo is needed to install packages" >&2
        return 1
    fi
}

packages_missing() {
    local package
    for package in "$@"; do
        if [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | cut -c1-2)" != ii ]; then
            printf '%s\n' "$package"
        fi
    done
}

# packages_install name...: installs those that are missing, says so, and shows apt's output only when it fails.
packages_install() {
    local missing log
    mapfile -t missing < <(packages_missing "$@")
    if [ "${#missing[@]}" -eq 0 ]; then return 0; fi
    echo "installing packages: ${missing[*]}"
    log=$(mktemp)
    if ! packages_as_root apt-get update >"$log" 2>&1 ||
        ! packages_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" \
            >>"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# packages_locales: makes the locales that tests run under, whose decimal point is a comma and whose small I has no dot. The server of
# a test speaks German by one of them.
packages_locales() {
    local name
    for name in de_DE tr_TR; do
        if ! locale -a | grep -qix "$name\.utf-\?8"; then
            packages_as_root localedef --inputfile="$name" --charmap=UTF-8 "$name.UTF-8" || return 1
        fi
    done
}
