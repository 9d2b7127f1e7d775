#!/usr/bin/env bash
# usage: headers_alone.sh JOBS     Fails when a header of gateway/ does not compile by itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
find gateway -name '*.h' -print0 | sort -z | xargs -0 -P "${1:-2}" -I{} \
  clang++-19 -std=c++20 -fsyntax-only -DGATEWAY_VERSION='""' -Igateway -Iplugin-api/include -include {} -x c++ /dev/null
echo 'headers alone: ok'
