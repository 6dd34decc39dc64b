#!/usr/bin/env bash
# Measures the weights of this project's pallets in the runtime's Wasm, on this machine, and writes
# them to the pallets. For an otherwise idle machine: whatever else runs makes calls dearer. Of
# several rounds the middle one counts, call by call, because the speed of a machine drifts.
#
#   scripts/weights.sh [PALLET...]     for example pallet_zkml; without one, all
#
# ROUNDS, STEPS and REPEAT are numbers of measurements; 5, 10 and 4 take about four minutes a pallet.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ZKML_ROOT"

pallets=("$@")
[ $# -gt 0 ] || pallets=(
    pallet_attestation pallet_governance pallet_lending pallet_npc pallet_reputation pallet_zkml
)

# A directory of its own: the Wasm of a runtime that can be measured must not take the place of the
# one that nodes run.
export CARGO_TARGET_DIR=$ZKML_CACHE/target-weights
# The tool has the runtime's feature, too: its dependencies do not compile with a half of it.
cargo build --release --locked -p zkml-weights -p zkml-runtime \
    --features zkml-runtime/runtime-benchmarks
runtime=$CARGO_TARGET_DIR/release/wbuild/zkml-runtime/zkml_runtime.compact.compressed.wasm

written=$(mktemp -d)
trap 'rm -rf "$written"' EXIT
for pallet in "${pallets[@]}"; do
    rounds=()
    for ((round = 1; round <= ${ROUNDS:-5}; round++)); do
        rounds+=("$written/$round.rs")
        "$CARGO_TARGET_DIR/release/zkml-weights" \
            --runtime "$runtime" --genesis-builder runtime --genesis-builder-preset development \
            --pallet "$pallet" --extrinsic '*' --steps "${STEPS:-10}" --repeat "${REPEAT:-4}" \
            --no-storage-info --no-median-slopes --no-min-squares \
            --template tools/weights/pallet.hbs --output "$written/$round.rs"
        rustfmt --edition 2021 --config-path "$ZKML_ROOT" "$written/$round.rs"
    done
    "$CARGO_TARGET_DIR/release/zkml-weights" --merge "$written/weights.rs" "${rounds[@]}"
    rustfmt --edition 2021 --config-path "$ZKML_ROOT" "$written/weights.rs"
    mv "$written/weights.rs" "pallets/${pallet#pallet_}/src/weights.rs"
done
