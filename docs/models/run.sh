#!/bin/bash
# Checks the models with Spin and prints the states; then plants each mistake and demands that it is found.
# --long adds the larger searches (some minutes, up to 3 GB). Exit 0 only where every right model is without error and every mutation is caught.
set -euo pipefail
cd "$(dirname "$0")"
models=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
at_once=$(nproc)
if [ "${1:-}" = --long ]; then at_once=1; fi # for their memory
number=0

# check MODEL CC-FLAGS PAN-FLAGS DEFINES...: leaves pan's report in ./report
check() {
    local model=$1 cc_flags=$2 pan_flags=$3
    shift 3
    cp "$models/$model.pml" model.pml
    if ! spin "$@" -a model.pml >spin.log 2>&1; then
        cat spin.log
        exit 1
    fi
    # shellcheck disable=SC2086  # lists of words
    gcc -O2 -w $cc_flags -DVECTORSZ=4096 -DMEMLIM=3000 -o pan pan.c
    # shellcheck disable=SC2086
    ./pan -m2000000 $pan_flags >report 2>&1 || true
}

states() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' report | head -1; }
errors() { sed -n 's/.*errors: \([0-9]*\).*/\1/p' report | head -1; }
complete() { ! grep -qE 'max search depth too small|out of memory|Search not completed' report; }

# start is_right|is_caught title...: beside those that run already, in a folder of its own, its output in "out" there.
start() {
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n || true; done
    number=$((number + 1))
    mkdir "$work/$number"
    (cd "$work/$number" && "$@" >out 2>&1) &
}

# finish: prints what was found, in order; false where one of them was not as it should be.
finish() {
    local i
    wait
    for ((i = 1; i <= number; i++)); do cat "$work/$i/out"; done
    ! grep -q '^FAILED' "$work"/*/out && [ "$(cat "$work"/*/out | grep -cE ' states, no error, |: caught ')" = "$number" ]
}

is_right() {
    local title=$1
    shift
    check "$@"
    if [ "$(errors)" = 0 ] && complete; then
        echo "$title: $(states) states, no error, $(sed -n 's/^pan: elapsed time \([0-9.]*\) seconds/\1/p' report) s"
    else
        echo "FAILED: $title"
        cat report
    fi
}

is_caught() {
    local title=$1
    shift
    check "$@"
    if [ "$(errors)" != 0 ] && [ -n "$(errors)" ]; then
        echo "planted: $title: caught ($(sed -n 's/^pan:1: \(.*\) (at depth.*/\1/p' report | head -1))"
    else
        echo "FAILED: planted: $title: not caught"
        cat report
    fi
}

safe='-DSAFETY -DCOLLAPSE'
live='-DCOLLAPSE -DNFAIR=6'
start is_right 'pool, 3 threads on 1 connection' pool "$safe" '' -DCYCLES=1
start is_right 'pool, 2 threads on 1 connection, 3 cycles' pool "$safe" '' -DTHREADS=2 -DCYCLES=3
if [ "${1:-}" = --long ]; then
    start is_right 'pool, close, 3 threads' pool "$safe" '' -DCLOSER -DCYCLES=1
    start is_right 'pool, a waiting thread is served, 3 threads' pool "$live" '-a -f' -DLIVENESS
    start is_right 'cache, 2 readers, 3 entries, 4 epochs' cache "$safe" ''
fi
start is_right 'pool, 3 threads on 2 connections' pool "$safe" '' -DSLOTS=2 -DCYCLES=1
start is_right 'pool, a thread that may time out' pool "$safe" '' -DDEADLINE_OF=1 -DCYCLES=1
start is_right 'pool, close, 2 threads' pool "$safe" '' -DCLOSER -DCYCLES=2 -DTHREADS=2
start is_right 'pool, close, a thread that may time out' pool "$safe" '' -DCLOSER -DCYCLES=1 -DDEADLINE_OF=0 -DTHREADS=2
start is_right 'pool, a waiting thread is served (liveness, weak fairness)' pool "$live" '-a -f' -DLIVENESS -DTHREADS=2
start is_right 'cache, 2 readers, eviction, reclamation' cache "$safe" '' -DENTRIES=3 -DADVANCES=3

start is_caught 'pool: looks, then announces itself' pool "$safe" '' -DMUTATION=1 -DCYCLES=1
start is_caught 'pool: no second look at the line after giving up' pool "$safe" '' -DMUTATION=2 -DCYCLES=1
start is_caught 'pool: claims in two steps' pool "$safe" '' -DMUTATION=3
start is_caught 'pool: times out without looking whether it was served' pool "$safe" '' -DMUTATION=4 -DDEADLINE_OF=1 -DCYCLES=1
start is_caught 'pool: claims from the line while slots are handed to it, forgets one' pool "$safe" '' -DMUTATION=5 -DSLOTS=2 -DCYCLES=1
start is_caught 'pool: serves the youngest (starvation)' pool "$live" '-a -f' -DMUTATION=6 -DLIVENESS
start is_caught 'pool: tries for what it sees for ever (starvation)' pool "$live" '-a -f' -DMUTATION=10 -DLIVENESS -DTHREADS=2
start is_caught 'pool: close sends the line home before it says that it closes' pool "$safe" '' -DMUTATION=7 -DCLOSER -DCYCLES=1
start is_caught 'pool: hands over a slot already given up' pool "$safe" '' -DMUTATION=8 -DCYCLES=1
start is_caught 'pool: hands over without waking' pool "$safe" '' -DMUTATION=9
start is_caught 'cache: frees one epoch too early' cache "$safe" '' -DMUTATION=1
start is_caught 'cache: finds before it enters the section' cache "$safe" '' -DMUTATION=2
start is_caught 'cache: gives up its reference at eviction' cache "$safe" '' -DMUTATION=3
start is_caught 'cache: advances without looking at sections' cache "$safe" '' -DMUTATION=4
start is_caught 'cache: publishes without the lock' cache "$safe" '' -DMUTATION=5
finish
