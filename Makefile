# What people type. Each target is a script or a command that can be run without make, too.
SHELL := /bin/bash
ENV := . scripts/env.sh &&

.PHONY: help setup demo test bench bench-prove bench-verify node network weights fuzz

help: ## Show this.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

setup: ## Install what a build needs and this machine lacks.
	@scripts/setup.sh

demo: setup ## Prove handwritten digits, and verify the proofs on a chain of this machine; or STORY=credit, game, governance, ballot.
	@$(ENV) cargo build --release --locked && exec "$$CARGO_TARGET_DIR/release/demo" $(STORY)

test: ## Check everything: formats, lints, tests.
	@scripts/setup.sh tests && scripts/test.sh

bench: setup ## Measure.
	@$(ENV) cargo build --release --locked && \
	    cargo bench --locked --bench figures --bench compile --bench capacity --bench stream --bench setup

# BENCH="--powers 14..20" for more; `cargo bench --bench prove -- --help` tells what else.
bench-prove: setup ## Measure proving beside other provers, and write docs/proving.md: BENCH="--powers 14..20" RAPIDSNARK=program
	@scripts/setup.sh bench && $(ENV) cargo build --release --locked --bin zkml && \
	    $(if $(RAPIDSNARK),ZKML_RAPIDSNARK="$(RAPIDSNARK)") \
	    cargo bench --locked --bench prove -- --write $(BENCH)

# For Wasm as substrate-wasm-builder has it: its toolchain, its link-time optimisation.
bench-verify: setup ## Measure verification in Wasm and natively, and write docs/verification.md.
	@$(ENV) CARGO_PROFILE_RELEASE_LTO=thin \
	    $${WASM_BUILD_TOOLCHAIN:+rustup run "$$WASM_BUILD_TOOLCHAIN"} cargo build --release --locked \
	    --target wasm32v1-none -p zkml-bench-verify-guest && \
	    export ZKML_BENCH_VERIFY_WASM="$$CARGO_TARGET_DIR/wasm32v1-none/release/zkml_bench_verify_guest.wasm" && \
	    cargo bench --locked --bench verify -- --write

node: setup ## Start a chain in one process, gone when it ends.
	@$(ENV) cargo build --release --locked && exec "$$CARGO_TARGET_DIR/release/zkml-node" --dev --tmp

network: setup ## Start two validators on this machine, which finalise, until Ctrl-C.
	@$(ENV) cargo build --release --locked && exec scripts/network.sh

weights: setup ## Measure the pallets' weights on this machine and write them down.
	@scripts/weights.sh

fuzz: ## Fuzz one target, or all in turn: TARGET=submit_inference SECONDS=60
	@scripts/fuzz.sh "$(TARGET)" "$(SECONDS)"
