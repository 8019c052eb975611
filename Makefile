# Every task of the project. `make` lists them.
SHELL := /bin/bash
export CARGO_TARGET_DIR ?= $(HOME)/.cache/hikeshi/target
DATA ?= $(HOME)/.local/share/hikeshi
LISTEN ?= 127.0.0.1:8420
CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help setup run console build test test-rust test-console test-e2e shots lint fmt release bench trust fuzz deny clean

help: ## list the tasks
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: ## install what is missing from the system's packages (asks first; CI=1 does not ask)
	@scripts/setup

run: console ## build, start the desk with a drill loaded, print the address and the sign-in link
	$(CARGO) build -p hikeshi-cli
	$(CARGO_TARGET_DIR)/debug/hikeshi serve --data $(DATA) --listen $(LISTEN) --drill company-week

console: ## build the web console into console/dist
	@scripts/setup run
	@scripts/build-console

build: console ## build everything that the tests use
	$(CARGO) build --workspace --all-targets

test: setup lint deny test-rust test-console test-e2e ## all tests: Rust, console, browser; ten seconds of fuzzing a reader; licences
	@scripts/report-skipped

lint: console ## formatting, clippy, tidiness
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings

test-rust: console ## the Rust tests
	@scripts/test-rust

test-console: console ## types and unit tests of the console
	cd console && npm run --silent check && npm run --silent test

test-e2e: console ## a real browser against the real server
	$(CARGO) build -p hikeshi-cli
	cd e2e && npm run --silent test

shots: console ## pictures of every page in both languages, widths and colours, compared with those in e2e/looks (HIKESHI_WRITE_LOOKS=1 keeps them)
	$(CARGO) build -p hikeshi-cli
	cd e2e && npm run --silent shots -- $(or $(FOLDER),shots) $(FILTER)

fmt: ## format the Rust code
	$(CARGO) fmt --all

release: console ## build the optimised binary: $(CARGO_TARGET_DIR)/release/hikeshi (needs this system's glibc, why: docs/operation.md)
	$(CARGO) build --release -p hikeshi-cli

bench: console ## benchmarks, side by side with peers; figures go to bench/README.md
	@bench/run

trust: release ## faults on the release build, long: 200 kills, 500 power losses, 20 failed syncs, a full disk (root for all of it); then 1 h of fuzzing a reader
	HIKESHI_TRUST_BINARY=$(CARGO_TARGET_DIR)/release/hikeshi HIKESHI_TRUST_KILLS=$(or $(KILLS),200) HIKESHI_TRUST_POWER_LOSSES=$(or $(POWER_LOSSES),500) \
	HIKESHI_TRUST_SYNCS=$(or $(SYNCS),20) $(CARGO) test --workspace --test main -- trust:: --nocapture --test-threads 1
	$(MAKE) fuzz FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3600)

fuzz: setup ## change the input of every reader for FUZZ_SECONDS each (10), two side by side, from seed number SEED (1); TARGET=name for one
	$(CARGO) run --profile fuzz -p hikeshi-fuzz -- $(or $(TARGET),all) --seconds $(or $(FUZZ_SECONDS),10) --seed $(or $(SEED),1) --keep fuzz/found

deny: setup ## licences, sources and advisories of all dependencies (builds cargo-deny once where it is missing)
	@scripts/deny

clean: ## remove the console's build
	rm -rf console/dist console/node_modules e2e/node_modules
