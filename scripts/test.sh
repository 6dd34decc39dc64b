#!/usr/bin/env bash
# Everything that must hold before a change lands, in the order in which it fails soonest. Each step
# says how long it took. Needs what `scripts/setup.sh tests` installs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ZKML_ROOT"

began=$SECONDS
step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@" || {
        printf '== %s: FAILED after %s\n' "$name" "$(clock $((SECONDS - start)))"
        exit 1
    }
    printf '== %s: %s\n' "$name" "$(clock $((SECONDS - start)))"
}
clock() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# Two versions of one polkadot-sdk crate compile, and then disagree on types and host functions.
one_sdk() {
    local found
    found=$(grep -c '^name = "sp-runtime"$' Cargo.lock)
    [ "$found" = 1 ] || {
        echo "Cargo.lock holds $found versions of sp-runtime: two lines of polkadot-sdk are mixed."
        return 1
    }
}

step 'format' cargo fmt --all --check
step 'one polkadot-sdk line' one_sdk
step 'build' cargo build --release --locked --all-targets
step 'generated files' scripts/generated.sh --check
step 'tests' cargo nextest run --release --locked
grep -qsw avx512ifma /proc/cpuinfo ||
    echo '== skipped: the tests of vectors, as this processor has no AVX-512 IFMA'
step 'benchmarks and migrations' cargo test --release --locked --lib \
    -p pallet-attestation -p pallet-governance -p pallet-lending -p pallet-npc \
    -p pallet-reputation -p pallet-zkml --features runtime-benchmarks,try-runtime
step 'documentation tests' cargo test --release --locked --doc
step 'lints' cargo clippy --release --locked --all-targets -- -D warnings

printf '\nAll steps passed in %s.\n' "$(clock $((SECONDS - began)))"
