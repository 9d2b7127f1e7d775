#!/bin/sh
# What changed in the ABI since 1.0, for a human; fails on what abidiff calls incompatible. The gate is frozen_1_0.c.
# usage: abidiff.sh INCLUDE_DIR WITNESS.c BASELINE.abi [--write]
set -u
include=$1 witness=$2 baseline=$3
if ! command -v abidiff >/dev/null; then echo "skipped: abidiff (abigail-tools) is not installed"; exit 77; fi
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
clang-19 -std=c99 -g -fPIC -shared -fvisibility=hidden -Wl,-soname,witness.so -I"$include" "$witness" -o "$work/witness.so" || exit 1
if [ "${4:-}" = --write ]; then
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$work/witness.so" > "$baseline"
    exit
fi
abidiff --no-show-locs "$baseline" "$work/witness.so"
status=$? # a set of bits: 1 error, 2 usage, 4 changed, 8 incompatible
[ $((status & 11)) -eq 0 ]
