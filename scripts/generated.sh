#!/usr/bin/env bash
# Writes again the committed files that a program wrote. With --check, changes nothing, and fails
# where it would. Weights are not among them: they differ from machine to machine.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ZKML_ROOT"

check=false
[ "${1:-}" != --check ] || check=true
stale=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# generate FILE COMMAND...: FILE is what COMMAND prints.
generate() {
    local file=$1
    shift
    "$@" >"$scratch/new"
    if cmp -s "$scratch/new" "$file"; then return; fi
    if $check; then
        diff -u "$file" "$scratch/new" | head -n 40 || true
        echo "$file is not what this prints: $*"
        stale=1
    else
        mv "$scratch/new" "$file"
    fi
}

# The list: one `generate` a line. The programs were built with everything else.
generate circuits/constraints.csv "$CARGO_TARGET_DIR/release/examples/constraints"

exit "$stale"
