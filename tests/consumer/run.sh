#!/bin/bash
# Proves that an installed weft can be used: consumer/run.sh cmake build-folder compiler cxx-compiler version [compiler-flags]
set -euo pipefail
cmake=$1 build=$2 compiler=$3 cxx_compiler=$4 version=$5
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=${6:-}

quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log"; echo "failed: $*"; exit 1; }
}

# A first prefix, then moved: what was installed must not remember where.
quietly "$cmake" --install "$build" --prefix "$work/first"
mv "$work/first" "$work/prefix"
cp -r "$here/program" "$work/program"
library=$(dirname "$(find "$work/prefix" -name libweft.so)")

[ -L "$library/libweft.so.${version%%.*}" ] || { echo "no libweft.so.${version%%.*}"; exit 1; }
readelf -d "$library/libweft.so" | grep -q "SONAME.*libweft.so.${version%%.*}\]" || { echo "wrong SONAME"; exit 1; }
readelf -d "$library/libweft.so" | grep -q NODELETE || { echo "not linked with -z nodelete"; exit 1; }

# configure folder components: what find_package gives for them.
configure() {
    "$cmake" -S "$work/program" -B "$work/$1" -DCOMPONENTS="$2" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$compiler" \
        -DCMAKE_CXX_COMPILER="$cxx_compiler" -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags"
}

# gives components program...: with these components exactly these programs are built, and each of them runs.
gives() {
    local program components=$1
    shift
    rm -f "$work"/build/*by_weft*
    quietly configure build "$components"
    quietly "$cmake" --build "$work/build" --parallel 2
    [ "$(cd "$work/build" && printf '%s ' *by_weft*)" = "$(printf '%s ' "$@")" ] || {
        echo "components \"$components\": not exactly $* were built"
        exit 1
    }
    for program in "$@"; do
        quietly "$work/build/$program"
        [ "$(cat "$work/log")" = "$version" ] || { echo "$program printed $(cat "$work/log"), not $version"; exit 1; }
    done
}

gives "" by_weft by_weft_static cxx_by_weft cxx_by_weft_static
gives "shared;static" by_weft by_weft_static cxx_by_weft cxx_by_weft_static
gives static by_weft by_weft_static cxx_by_weft cxx_by_weft_static
gives shared by_weft cxx_by_weft
if configure build "static;other" >"$work/log" 2>&1; then echo "weft has a component that it does not have"; exit 1; fi
grep -q 'components shared, static, command and lint, not other' "$work/log" || { cat "$work/log"; exit 1; }
# Without what it needs the static library is not there, and the message says what is missing.
if PKG_CONFIG_LIBDIR=$work/none PKG_CONFIG_PATH='' configure poor static >"$work/log" 2>&1; then
    echo "the static library was found without what it needs"
    exit 1
fi
grep -q 'not there:.*sqlite3' <(tr '\n' ' ' <"$work/log") || { cat "$work/log"; exit 1; }
PKG_CONFIG_LIBDIR=$work/none PKG_CONFIG_PATH='' quietly configure poor ""

export PKG_CONFIG_PATH="$library/pkgconfig"
[ "$(pkg-config --modversion weft)" = "$version" ] || { echo "weft.pc has another version"; exit 1; }
read -r -a compile <<<"$flags -std=c11 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags weft)"
read -r -a link <<<"$(pkg-config --libs weft)"
quietly "$compiler" "${compile[@]}" "$work/program/main.c" -o "$work/by_pkg_config" "${link[@]}"
LD_LIBRARY_PATH=$library quietly "$work/by_pkg_config"
[ "$(cat "$work/log")" = "$version" ] || { echo "by_pkg_config printed $(cat "$work/log"), not $version"; exit 1; }

# A program that is not linked with it may bring it in later, as servers do with their modules.
quietly "$compiler" -std=c11 -Wall -Wextra -Werror "$work/program/loads.c" -o "$work/loads" -ldl
quietly "$work/loads" "$library/libweft.so"
[ "$(cat "$work/log")" = "$version" ] || { echo "loads printed $(cat "$work/log"), not $version"; exit 1; }

# The driver of docs/drivers.md, whole as it stands there, prints what the page says.
page=$here/../../docs/drivers.md
if [ -e "$page" ]; then
    awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$page" >"$work/driver.c"
    awk '/^```text$/ { on = 1; next } /^```$/ { on = 0 } on' "$page" >"$work/says"
    read -r -a sqlite <<<"$(pkg-config --cflags --libs sqlite3)"
    quietly "$compiler" "${compile[@]}" "$work/driver.c" -o "$work/driver" "${link[@]}" "${sqlite[@]}"
    LD_LIBRARY_PATH=$library quietly "$work/driver"
    diff "$work/says" "$work/log" || { echo "docs/drivers.md says what its driver does not print"; exit 1; }
fi

# And weft alone linked statically, with the shared libraries that weft.pc says it needs.
mapfile -t needed < <(pkg-config --print-requires-private weft | cut -d' ' -f1)
read -r -a link <<<"$(pkg-config --libs "${needed[@]}") -pthread -lm"
quietly "$compiler" "${compile[@]}" "$work/program/main.c" -o "$work/static_by_pkg_config" "$library/libweft.a" "${link[@]}"
quietly "$work/static_by_pkg_config"
