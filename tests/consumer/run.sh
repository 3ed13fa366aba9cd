#!/bin/bash
# Proves that an installed weft can be used: consumer/run.sh cmake build-folder compiler version [compiler-flags]
set -euo pipefail
cmake=$1 build=$2 compiler=$3 version=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=${5:-}

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

quietly "$cmake" -S "$work/program" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_C_FLAGS="$flags"
quietly "$cmake" --build "$work/build"
for program in consumer consumer_static; do
    quietly "$work/build/$program"
    [ "$(cat "$work/log")" = "$version" ] || { echo "$program printed $(cat "$work/log"), not $version"; exit 1; }
done

export PKG_CONFIG_PATH="$library/pkgconfig"
[ "$(pkg-config --modversion weft)" = "$version" ] || { echo "weft.pc has another version"; exit 1; }
read -r -a compile <<<"$flags -std=c11 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags weft)"
read -r -a link <<<"$(pkg-config --libs weft)"
quietly "$compiler" "${compile[@]}" "$work/program/main.c" -o "$work/by_pkg_config" "${link[@]}"
LD_LIBRARY_PATH=$library quietly "$work/by_pkg_config"
[ "$(cat "$work/log")" = "$version" ] || { echo "by_pkg_config printed $(cat "$work/log"), not $version"; exit 1; }

# And weft alone linked statically, with the shared libraries that weft.pc says it needs.
mapfile -t needed < <(pkg-config --print-requires-private weft | cut -d' ' -f1)
read -r -a link <<<"$(pkg-config --libs "${needed[@]}") -pthread"
quietly "$compiler" "${compile[@]}" "$work/program/main.c" -o "$work/static_by_pkg_config" "$library/libweft.a" "${link[@]}"
quietly "$work/static_by_pkg_config"
