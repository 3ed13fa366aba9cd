# shellcheck shell=bash disable=SC2154,SC2034
# What a command gives: for scripts that have a folder $work and a variable $failed.

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
