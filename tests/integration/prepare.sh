#!/usr/bin/env bash
# Installs the official SDKs that the client tests use, below build/clients. Quick and without a network when they are
# there already; a change of the pinned versions installs them anew.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$(cd "$here/../.." && pwd)/build/clients}
mkdir -p "$out"

# prepare NAME FILE... -- COMMAND...: runs the command unless it went well before with the same files.
prepare() {
  local name=$1 files=() stamp sum
  shift
  while [ "$1" != -- ]; do files+=("$1"); shift; done
  shift
  stamp=$out/$name.stamp
  sum=$(cat "${files[@]}" | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then return; fi
  rm -rf "${out:?}/$name" "$stamp"
  mkdir -p "$out/$name"
  "$@"
  printf '%s\n' "$sum" > "$stamp"
}

node_packages() {
  cp "$here"/node/package.json "$here"/node/package-lock.json "$here"/node/.npmrc "$out/node/"
  (cd "$out/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
}

python_packages() {
  python3 -m venv "$out/python"
  "$out/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
}

prepare node "$here/node/package.json" "$here/node/package-lock.json" -- node_packages
prepare python "$here/requirements.txt" -- python_packages
