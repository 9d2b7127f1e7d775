#!/bin/sh
# The public headers alone, under every compiler and language standard there is: usage: headers.sh INCLUDE_DIR
set -u
include=$1
flags="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fsyntax-only -I$include"
passed=0 failed=0
try() { # LANGUAGE COMPILER STANDARD HEADERS...
    language=$1 compiler=$2 standard=$3
    shift 3
    command -v "$compiler" >/dev/null || { echo "skipped: no $compiler"; return; }
    if for header; do echo "#include <gwp/$header>"; done | "$compiler" -x "$language" "-std=$standard" $flags -; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $compiler -std=$standard"
    fi
}
headers="base.h host.h plugin.h provider.h storage.h middleware.h"
for compiler in gcc clang-19; do
    for standard in c99 c11 c17; do
        try c $compiler $standard $headers
        for header in $headers; do try c $compiler $standard $header; done # each stands alone
    done
done
for compiler in g++ clang++-19; do
    for standard in c++11 c++14 c++17 c++20; do try c++ $compiler $standard $headers; done
    for standard in c++17 c++20; do try c++ $compiler $standard gwp.hpp; done
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
