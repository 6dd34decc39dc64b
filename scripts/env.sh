# Sourced before a build (Makefile, scripts/, .ci/run): where it puts its files, and with what it
# compiles the runtime to Wasm. Set any of these yourself, and yours is kept.

ZKML_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export ZKML_ROOT

# Outside of the checkout, so that a fresh one starts warm.
export ZKML_CACHE=${ZKML_CACHE:-$HOME/.cache/zkml}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$ZKML_CACHE/target}
# The Wasm builder looks for the workspace above its target directory, unless told where it is.
export WASM_BUILD_WORKSPACE_HINT=${WASM_BUILD_WORKSPACE_HINT:-$ZKML_ROOT}

# The name that scripts/setup.sh gives to Debian's Rust in rustup, and whether builds need it: where
# the Rust in use has no core library for Wasm.
ZKML_DISTRO_TOOLCHAIN=distro
if [ -z "${WASM_BUILD_TOOLCHAIN:-}" ]; then
    zkml_sysroot=$(rustc --print sysroot 2>/dev/null || true)
    if [ "${ZKML_WASM_TOOLCHAIN:-}" = distro ] ||
        { [ -z "${ZKML_WASM_TOOLCHAIN:-}" ] &&
            [ ! -d "$zkml_sysroot/lib/rustlib/wasm32v1-none/lib" ] &&
            [ -d /usr/lib/rustlib/wasm32v1-none/lib ]; }; then
        export WASM_BUILD_TOOLCHAIN=$ZKML_DISTRO_TOOLCHAIN
    fi
    unset zkml_sysroot
fi
