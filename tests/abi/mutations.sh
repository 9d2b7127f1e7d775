#!/bin/sh
# Proves that the frozen layout bites: edits a copy of the headers and looks whether frozen_1_0.c notices.
# usage: mutations.sh INCLUDE_DIR FROZEN.c CC
set -u
include=$1 frozen=$2 cc=$3
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
failed=0
judge() { # accept|reject FILE SED-SCRIPT
    rm -rf "$work/gwp" && cp -r "$include/gwp" "$work/gwp" && sed -i "$3" "$work/gwp/$2"
    if cmp -s "$include/gwp/$2" "$work/gwp/$2"; then echo "FAILED: no effect: $3"; failed=1; return; fi
    verdict=reject
    "$cc" -std=c11 -I"$work" "$frozen" -o "$work/frozen" 2>/dev/null && "$work/frozen" >/dev/null && verdict=accept
    if [ $verdict = "$1" ]; then echo "ok: $1 $3"; else echo "FAILED: ${verdict}ed: $3"; failed=1; fi
}
judge reject host.h 's/^  uint32_t (\*type)(const gwp_json/  void (*inserted)(void);\n&/'   # insert in the middle
judge reject provider.h 's/^  gwp_str text, id, name, json;/  gwp_str text, id, json;/'      # remove a member
judge reject host.h 's/(\*pause)/(*paused)/'                                                 # rename
judge reject base.h 's/GWP_E_BUSY          -7/GWP_E_BUSY          -8/'                       # change a constant
judge reject host.h 's/uint64_t ttl_ms,$/uint32_t ttl_ms,/'                                  # parameter width
judge reject host.h 's/const gwp_http_request \*rq/gwp_http_request *rq/'                    # drop const
judge reject storage.h 's/^  int64_t i;  /  uint64_t i; /'                                   # signedness
judge reject base.h 's/typedef struct gwp_kv { gwp_str key;/& gwp_str more;/'                # grow a frozen POD
judge reject provider.h 's/^  uint32_t choice;/  uint32_t swap;/; s/^  uint32_t block;/  uint32_t choice;/; s/^  uint32_t swap;/  uint32_t block;/'
judge reject host.h 's|"gwp.kv/1"|"gwp.kv/2"|'                                               # an id's text
judge accept provider.h 's/^  const gwp_json \*request;.*/&\n  uint64_t appended;/'          # append a member
judge accept host.h 's/^  gwp_status (\*quote).*/&\n  void (*appended)(void) GWP_NX;/'       # append a function
judge accept base.h 's/^#define GWP_REFORM .*/&\n#define GWP_LATER 5/'                       # add a constant
[ $failed -eq 0 ]
