# Kakou: everything that a person or the continuous build runs. `make help` lists it.
# A recipe longer than a few lines is a script in scripts/.

.DEFAULT_GOAL := help
.PHONY: help demo test check bench fuzz soak audit setup

# Where rustup puts cargo, for shells that have not been told.
export PATH := $(PATH):$(HOME)/.cargo/bin

# Programs are run where the build left them: asked for by its package, one is built again with other features of its libraries.
BUILT = $(or $(CARGO_TARGET_DIR),target)

SECONDS ?= 60
TARGETS ?=
ONLY ?=
FOR ?= check
RUNS ?=

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## A yard on this machine: centre, gate, simulated readers and barrier (ONCE=1 plays the story once and ends with a table)
	@scripts/setup demo
	@cargo build --workspace --bins --locked
	@scripts/portal
	@$(BUILT)/debug/demo $(if $(filter 1,$(ONCE)),--once)

test: ## Every test of the workspace
	@scripts/setup test
	@scripts/test

check: ## Format, lints, documentation, bare metal, licences and bans, unused dependencies; warnings are errors
	@scripts/setup check
	@scripts/check

bench: ## Measurements, in release build, each beside its floor; a part of them, without the page: make bench ONLY="mqtt flood size"
	@scripts/setup bench
	@cargo build --release --workspace --bins --locked
	@scripts/with-postgres --durable $(BUILT)/release/bench $(ONLY:%=--only %)

fuzz: ## Every decoder and parser against random input: make fuzz SECONDS=60 TARGETS="uhf_decoder identifiers"
	@scripts/setup fuzz
	@scripts/fuzz $(SECONDS) $(TARGETS)

soak: ## Faults at length, and docs/faults.md written from them: make soak RUNS="kill power", SMALL=1 as in make test
	@scripts/setup test
	@scripts/soak $(if $(filter 1,$(SMALL)),small) $(RUNS)

audit: ## Known weaknesses of dependencies; needs the internet
	@scripts/setup audit
	@target/tools/bin/cargo-deny --locked check advisories

setup: ## Only makes sure that this machine has what a target needs: make setup FOR=test
	@scripts/setup $(FOR)
