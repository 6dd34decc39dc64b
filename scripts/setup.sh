#!/usr/bin/env bash
# Installs what a build needs and this machine lacks. Says what it installs; says nothing, and
# changes nothing, where all is there. Safe to run again.
#
#   scripts/setup.sh           what `cargo build` needs
#   scripts/setup.sh oracles   the programs that tests compare with
#   scripts/setup.sh tests     both, and the test runner
#   scripts/setup.sh bench     those that proving is measured beside
#
# ZKML_WASM_TOOLCHAIN=rustup|distro chooses how Rust gets its core library for Wasm; without it,
# rustup is tried first.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ONNXRUNTIME_VERSION=1.31.1
ONNX_VERSION=1.23.2
NUMPY_VERSION=2.4.6
SNARKJS_VERSION=0.7.6
CIRCOMLIBJS_VERSION=0.1.7
CIRCOM2_VERSION=0.2.23
CIRCOMLIB_VERSION=2.0.5
CIRCOMLIB_ML_VERSION=1.4.4
SOLC_VERSION=0.8.37
ETHEREUMJS_VERSION=10.1.3
EZKL_VERSION=23.0.5

WASM_TARGET=wasm32v1-none
RUSTUP_TIMEOUT=60
LOG=$ZKML_CACHE/setup.log

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
    say "$1"
    shift
    for line in "$@"; do say "  $line"; done
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# Runs a command whose output matters only if it fails.
quietly() {
    mkdir -p "$ZKML_CACHE"
    "$@" </dev/null >"$LOG" 2>&1 && return
    local status=$?
    say "failed: $* (exit $status). It said:"
    tail -n 20 "$LOG" | sed 's/^/setup:   /' >&2
    return "$status"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}
can_be_root() { [ "$(id -u)" = 0 ] || has sudo; }

# Installs those of some Debian packages that are missing, all at once.
apt_install() {
    local package missing=()
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    set -- "${missing[@]}"
    say "installing with apt-get: $*"
    has apt-get || die "this machine has no apt-get. Install what these Debian packages hold: $*"
    can_be_root || die "neither root nor sudo. As root, run: apt-get install $*"
    local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    # The lists may be missing or old, so that a package is not found or no longer served.
    "${apt[@]}" install --no-install-recommends -y "$@" </dev/null >/dev/null 2>&1 && return
    quietly "${apt[@]}" update || say "going on with the package lists as they are"
    quietly "${apt[@]}" install --no-install-recommends -y "$@" ||
        die "could not install $*"
}

setup_rust() {
    has cargo && has rustc && return
    die "Rust is missing. Install the stable toolchain with rustup, and run this again."
}

setup_system() {
    local missing=()
    has cc || missing+=(gcc libc6-dev)
    has c++ || missing+=(g++)
    has make || missing+=(make)
    has git || missing+=(git)
    has protoc || missing+=(protobuf-compiler)
    if ! has pkg-config; then
        missing+=(pkg-config libssl-dev)
    elif ! pkg-config --exists openssl; then
        missing+=(libssl-dev)
    fi
    [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

# Whether a compiler can build for Wasm, with link-time optimisation as the runtime is.
can_wasm() {
    cat >"$SCRATCH/probe.rs" <<'PROBE'
#![no_std]
extern crate alloc;
use core::alloc::{GlobalAlloc, Layout};
struct None;
unsafe impl GlobalAlloc for None {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 { core::ptr::null_mut() }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
#[global_allocator]
static ALLOCATOR: None = None;
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
PROBE
    "$@" --target "$WASM_TARGET" --edition 2021 --crate-type cdylib -O -Clto=fat \
        --out-dir "$SCRATCH" "$SCRATCH/probe.rs" >/dev/null 2>&1
}
rustup_can_wasm() { can_wasm rustc; }
distro_can_wasm() { can_wasm rustup run "$ZKML_DISTRO_TOOLCHAIN" rustc; }

setup_wasm() {
    case ${ZKML_WASM_TOOLCHAIN:-} in
        rustup)
            rustup_can_wasm || wasm_by_rustup || die "rustup could not add $WASM_TARGET"
            ;;
        distro)
            distro_can_wasm || wasm_by_distro
            ;;
        '')
            if rustup_can_wasm || { has rustup && distro_can_wasm; }; then return; fi
            wasm_by_rustup || wasm_by_distro
            ;;
        *) die "ZKML_WASM_TOOLCHAIN is \"$ZKML_WASM_TOOLCHAIN\": expected rustup or distro" ;;
    esac
}

# The first way: rustup's own build of the library.
wasm_by_rustup() {
    has rustup || return 1
    say "adding the target $WASM_TARGET with rustup"
    quietly timeout "$RUSTUP_TIMEOUT" rustup target add "$WASM_TARGET" || return 1
    rustup_can_wasm || return 1
    say "the runtime is compiled by $(rustc --version), with rustup's $WASM_TARGET"
}

# The second way, where only Debian's packages can be had: Debian's Rust comes with the sources of
# the library, for which it is the right compiler. Crates for this machine stay with rustup's Rust.
wasm_by_distro() {
    has rustup || die "rustup is missing: Debian's Rust can be chosen for one build only through it"
    say "compiling $WASM_TARGET's library with Debian's Rust instead"
    apt_install rustc-web cargo-web rust-web-src
    can_be_root || die "neither root nor sudo: cannot write to /usr/lib/rustlib"

    local host dir lib
    host=$(rustc -vV | sed -n 's/^host: //p')

    # Debian's Rust has no linker for Wasm. rustup's is an LLVM of about the same age.
    local lld=/usr/lib/rustlib/$host/bin/rust-lld
    if [ ! -x "$lld" ]; then
        as_root mkdir -p "$(dirname "$lld")"
        as_root ln -sf "$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld" "$lld"
    fi

    # Cargo compiles the library as a dependency of an empty crate. Without bitcode in it, the
    # runtime's link-time optimisation fails.
    dir=$SCRATCH/empty
    mkdir -p "$dir/src"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n' >"$dir/Cargo.toml"
    echo '#![no_std]' >"$dir/src/lib.rs"
    (
        cd "$dir"
        quietly env -u RUSTUP_TOOLCHAIN -u CARGO_ENCODED_RUSTFLAGS \
            RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS=-Cembed-bitcode=yes \
            CARGO_TARGET_DIR="$dir/target" \
            /usr/bin/cargo build --release -Zbuild-std=core,alloc --target "$WASM_TARGET"
    ) || die "Debian's Rust could not compile core and alloc for $WASM_TARGET"

    lib=/usr/lib/rustlib/$WASM_TARGET/lib
    as_root rm -rf "$lib"
    as_root mkdir -p "$lib"
    as_root cp "$dir/target/$WASM_TARGET"/release/deps/lib{core,alloc,compiler_builtins}-*.rlib "$lib/"

    quietly rustup toolchain link "$ZKML_DISTRO_TOOLCHAIN" /usr ||
        die "rustup could not link /usr as the toolchain \"$ZKML_DISTRO_TOOLCHAIN\""
    distro_can_wasm || die "Debian's Rust still cannot build for $WASM_TARGET"
    say "the runtime is compiled by Debian's $(/usr/bin/rustc --version)"
}

setup_nextest() {
    has cargo-nextest && return
    say "installing cargo-nextest (some minutes)"
    # Not in this project's directory: its settings and its lock file are not nextest's.
    (cd / && quietly env -u CARGO_TARGET_DIR cargo install --locked cargo-nextest) ||
        die "could not install cargo-nextest"
}

# onnxruntime's kernels, at this version, are what integer models mean; snarkjs is the reference for
# proofs and file formats.
setup_oracles() {
    oracle_python
    oracle_npm
}

oracle_python() {
    local venv=$ZKML_CACHE/venv
    local want="$ONNXRUNTIME_VERSION $ONNX_VERSION $NUMPY_VERSION"
    local have='from importlib.metadata import version as v
print(v("onnxruntime"), v("onnx"), v("numpy"))'
    [ "$("$venv/bin/python" -c "$have" 2>/dev/null)" != "$want" ] || return 0

    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv
    say "installing onnxruntime $ONNXRUNTIME_VERSION, onnx $ONNX_VERSION and numpy $NUMPY_VERSION from PyPI"
    rm -rf "$venv"
    quietly python3 -m venv "$venv" &&
        quietly "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            "onnxruntime==$ONNXRUNTIME_VERSION" "onnx==$ONNX_VERSION" "numpy==$NUMPY_VERSION" ||
        die "could not install them into $venv"
}

oracle_npm() {
    local dir=$ZKML_CACHE/npm
    local packages=("snarkjs@$SNARKJS_VERSION" "circomlibjs@$CIRCOMLIBJS_VERSION"
        "circom2@$CIRCOM2_VERSION" "circomlib@$CIRCOMLIB_VERSION"
        "circomlib-ml@$CIRCOMLIB_ML_VERSION" "solc@$SOLC_VERSION"
        "@ethereumjs/evm@$ETHEREUMJS_VERSION") package missing=
    for package in "${packages[@]}"; do
        has node && grep -qs "\"version\": \"${package##*@}\"" \
            "$dir/node_modules/${package%@*}/package.json" || missing=1
    done
    [ -n "$missing" ] || return 0

    { has node && has npm; } || apt_install nodejs npm
    say "installing ${packages[*]} from npm"
    mkdir -p "$dir"
    quietly npm install --prefix "$dir" --no-save --no-audit --no-fund "${packages[@]}" ||
        die "could not install them into $dir"
}

# Its wheels are not for every machine, and nothing else needs it.
bench_ezkl() {
    local venv=$ZKML_CACHE/ezkl
    local have='from importlib.metadata import version; import ezkl; print(version("ezkl"))'
    [ "$("$venv/bin/python" -c "$have" 2>/dev/null)" != "$EZKL_VERSION" ] || return 0

    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv
    say "installing ezkl $EZKL_VERSION from PyPI"
    rm -rf "$venv"
    quietly python3 -m venv "$venv" &&
        quietly "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            "ezkl==$EZKL_VERSION" ||
        say "going on without it"
}

setup_build() {
    setup_rust
    setup_system
    setup_wasm
}

case ${1:-build} in
    build) setup_build ;;
    oracles) setup_oracles ;;
    bench)
        oracle_npm
        bench_ezkl
        ;;
    tests)
        setup_build
        setup_nextest
        setup_oracles
        ;;
    *) die "unknown: $1. Use build (the default), oracles, tests or bench." ;;
esac
