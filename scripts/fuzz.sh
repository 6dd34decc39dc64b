#!/usr/bin/env bash
# Fuzzes one target, or all in turn, for some seconds each: see fuzz/README.md.
#
#   scripts/fuzz.sh [TARGET] [SECONDS]
#
# What is found to reach new code goes to fuzz/found, which git ignores; what fails, to
# fuzz/artifacts. Set FUZZ_TOOLCHAIN=+nightly and FUZZ_SANITIZER=address for another build.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ZKML_ROOT/fuzz"

targets=${1:-}
time=${2:-60}
toolchain=${FUZZ_TOOLCHAIN:-}
sanitizer=${FUZZ_SANITIZER:-none}

command -v cargo-fuzz >/dev/null || {
    echo 'fuzz: cargo-fuzz is missing. Run: cargo install cargo-fuzz --locked' >&2
    exit 1
}
options=(--sanitizer "$sanitizer" --target-dir "$ZKML_CACHE/target-fuzz")

[ -n "$targets" ] || targets=$(cargo fuzz list)
# No toolchain is no argument, and targets are words.
# shellcheck disable=SC2086
{
    cargo $toolchain fuzz build "${options[@]}"
    for target in $targets; do
        printf '\n== %s: %s s\n' "$target" "$time"
        mkdir -p "found/$target"
        cargo $toolchain fuzz run "${options[@]}" "$target" "found/$target" "corpus/$target" \
            -- -max_total_time="$time" -timeout=600 -print_final_stats=1
    done
}
