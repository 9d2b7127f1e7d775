#!/bin/sh
# The example plugins against nothing but the installed headers and linker map. usage: installed.sh BUILD_DIR PLUGIN_SOURCES
set -eu
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cmake -DCMAKE_INSTALL_PREFIX="$work" -P "$1/plugin-api/cmake_install.cmake" >/dev/null
map=$work/share/ai-gateway/gwp-plugin.map
link="-shared -fPIC -fvisibility=hidden -Wl,--version-script=$map -Wl,-z,defs -Wl,-z,now -Wl,-z,relro"
for cc in gcc clang-19; do
    command -v $cc >/dev/null || continue
    $cc -std=c99 -Wall -Wextra -Wpedantic -Werror -O2 -I"$work/include" $link "$2/plain_c.c" -o "$work/c-$cc.so"
done
for cxx in g++ clang++-19; do
    command -v $cxx >/dev/null || continue
    $cxx -std=c++17 -Wall -Wextra -Wpedantic -Werror -O2 -I"$work/include" $link -static-libstdc++ -static-libgcc \
        "$2/plain_cpp.cpp" -o "$work/cpp-$cxx.so"
done
for file in "$work"/*.so; do
    needed=$(readelf -d "$file" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -Ev '^(libc\.so\.6|libm\.so\.6|ld-linux.*)$' || true)
    [ -z "$needed" ] || { echo "FAILED: $file needs $needed"; exit 1; }
    echo "ok: $(basename "$file")"
done
