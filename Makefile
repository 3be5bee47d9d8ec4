# audiosearch: `make` lists what there is. CARGO_FLAGS goes to every cargo call, for example CARGO_FLAGS=--offline.
CARGO ?= cargo
PYTHON ?= python3
CARGO_FLAGS ?= --locked
DEMO_STORE := target/demo
TARGET = $(abspath $(or $(CARGO_TARGET_DIR),target))

.DEFAULT_GOAL := help
.PHONY: help libtorch build torch demo check test test-light test-browser examples bench stress fuzz coverage bench-kernels bench-size pages install uninstall dist fmt clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

libtorch: ## fetch LibTorch into ./libtorch, unless there is one (LIBTORCH, LIBTORCH_USE_PYTORCH, ./libtorch)
	@$(PYTHON) tools/setup/get_libtorch.py

build: ## release build: target/release/audiosearch, which needs no LibTorch
	$(CARGO) build --release $(CARGO_FLAGS)

torch: build libtorch ## release build of both programs: audiosearch starts audiosearch-torch for train, reconstruct and --device cuda
	$(CARGO) build --release --features torch --bin audiosearch-torch $(CARGO_FLAGS)

demo: build ## index the demo recordings, ask with clips, print hits
	$(PYTHON) tools/demo/run_demo.py --store $(DEMO_STORE)

check: libtorch ## rustfmt and clippy
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --features torch $(CARGO_FLAGS) -- -D warnings

# Every folder of tools/ that holds tests.
SCRIPT_TESTS = $(sort $(dir $(wildcard tools/*/test_*.py)))
# The tests share one profile with clippy's build scripts and with `cargo build`, so that nothing is compiled twice.
test: check ## everything that CI checks: rustfmt, clippy, the scripts' tests, all tests and doc tests
	for folder in $(SCRIPT_TESTS); do $(PYTHON) -m unittest discover --start-directory $$folder || exit 1; done
	$(CARGO) test --workspace --features torch $(CARGO_FLAGS)

test-light: ## clippy and all tests of the program without LibTorch, which need none
	$(CARGO) clippy --workspace --all-targets $(CARGO_FLAGS) -- -D warnings
	$(CARGO) test --workspace $(CARGO_FLAGS)

HOURS := 3
bench: build libtorch ## the whole way, each room, and what one would use instead; RECORDINGS=folder HOURS=3 PEERS=python-that-has-them
	$(CARGO) build --release --features torch --bin audiosearch-torch $(CARGO_FLAGS)
	$(CARGO) build --release -p audiosearch-tools --features torch --bin rooms $(CARGO_FLAGS)
	$(PYTHON) tools/benchmarks/bench.py $(RECORDINGS) --hours $(HOURS) --program $(TARGET)/release/audiosearch --rooms $(TARGET)/release/rooms $(if $(PEERS),--python $(PEERS))

bench-kernels: ## criterion on the small kernels: products, curves, log-mel, alignment, dot products of codes
	$(CARGO) bench -p audiosearch-tools --bench kernels $(CARGO_FLAGS)
	$(CARGO) bench -p audiosearch-index --bench codes $(CARGO_FLAGS)

# Needs numpy and soundfile, takes the better part of an hour and 9 GB.
bench-size: build ## what 1, 10 and 100 hours cost; RECORDINGS=folder
	$(PYTHON) tools/benchmarks/bench_size.py $(RECORDINGS) --work $(TARGET)/size --program $(TARGET)/release/audiosearch --picture tools/figures/size.svg

# The same profile as the tests; many points are made by a program of tools/.
test-browser: ## the map in chromium (apt-get install chromium chromium-driver), and exports and annotations read by the tools they are for
	$(CARGO) build -p audiosearch -p audiosearch-tools --bins $(CARGO_FLAGS)
	cd tools/checks && AUDIOSEARCH=$(TARGET)/debug/audiosearch AUDIOSEARCH_MAP_STORE=$(TARGET)/debug/map_store \
		$(PYTHON) -m unittest -v test_browser test_exports test_annotations

examples: build ## run the examples of README.md in a scratch folder
	$(PYTHON) tools/checks/run_examples.py --program $(TARGET)/release/audiosearch

# The program is a release build: in others a kill comes before it has begun.
stress: build ## kills, full disks, other users, files that lie (STRESS=--long: the long form; some of it needs root)
	$(PYTHON) tools/stress/stress.py --program $(TARGET)/release/audiosearch $(STRESS)

RUNS := 1000000
FUZZ := decode manifest frozen sentences checkpoint
# No sanitizer: without unsafe code there is nothing for it to see, and it halves the speed.
fuzz: ## RUNS=1000000 inputs for each of FUZZ=targets (rustup toolchain install nightly; cargo install cargo-fuzz)
	cd fuzz && $(CARGO) +nightly run --example seeds
	cd fuzz && for target in $(FUZZ); do \
		$(CARGO) +nightly fuzz run -O -s none $$target -- \
			-runs=$(RUNS) -timeout=10 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 || exit 1; done

# What is killed on purpose leaves half a profile, which is passed over.
coverage: libtorch ## lines that tests reach (cargo install cargo-llvm-cov; rustup component add llvm-tools)
	$(CARGO) llvm-cov --workspace --features torch $(CARGO_FLAGS) --no-report
	$(CARGO) llvm-cov report --failure-mode all --summary-only -p audiosearch
	$(CARGO) llvm-cov report --failure-mode all --summary-only -p audiosearch-index

PREFIX ?= /usr/local
DESTDIR ?=
LIGHT ?=
INSTALL = $(PYTHON) tools/setup/install.py --programs $(TARGET)/release --pages $(TARGET)/pages $(if $(LIGHT),--light)
pages: ## manual pages and completions, into target/pages
	$(CARGO) run --quiet --release -p audiosearch-tools --bin pages $(CARGO_FLAGS) -- $(TARGET)/pages

install: $(if $(LIGHT),build,torch) pages ## programs, LibTorch, manual pages and completions below PREFIX=/usr/local (packagers: DESTDIR=folder; LIGHT=1: no LibTorch)
	@$(INSTALL) --prefix "$(PREFIX)" --destdir "$(DESTDIR)"

uninstall: ## take away what install put there
	@$(INSTALL) --prefix "$(PREFIX)" --destdir "$(DESTDIR)" --uninstall

dist: $(if $(LIGHT),build,torch) pages ## target/dist/audiosearch-….tar.gz: the same, to be unpacked anywhere
	@$(INSTALL) --dist $(TARGET)/dist

fmt: ## format the code
	$(CARGO) fmt --all

clean: ## remove what was built
	$(CARGO) clean

distclean: clean ## remove what was built and the fetched LibTorch
	rm -rf libtorch .cargo/libtorch.toml
