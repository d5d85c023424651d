# `make demo` and `make test` work on a fresh machine with Python 3.11 or newer and nothing else.
#
#   PYTHON       the interpreter that makes the environment   (make demo PYTHON=python3.12)
#   VENV         where the environment goes                   (default .venv)
#   TORCH_INDEX  another place to take PyTorch from; on Linux the default build carries several
#                gigabytes of GPU libraries, and this one leaves them out:
#                make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
#   WORKERS      how many processes run the tests             (make test WORKERS=1)
#   PYTEST_ARGS  more arguments for pytest                    (make test PYTEST_ARGS="-k loaders")

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
WORKERS ?= logical --maxprocesses 8
PYTEST_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
CODE := dualamn data_loaders eval cli.py tests
DEMO_LINKS := build/demo/links.tsv

.PHONY: help install demo test bench-check lint types format results dist clean

help:
	@echo "make demo      install, align examples/europe and show the links"
	@echo "make test      install what the tests need; lint, types and tests"
	@echo "make bench-check  Hits@1 of every preset on DBP15K ZH-EN in DUALAMN_DATA; minutes"
	@echo "make install   the environment in $(VENV), with dualamn installed from this folder"
	@echo "make format    let ruff mend layout and imports"
	@echo "make results   docs/results.md, its plots and the README's figures, from benchmarks/results"
	@echo "make dist      a wheel and a source archive in dist/"
	@echo "make clean     remove $(VENV) and everything built"

install: $(VENV)/.installed

demo: $(VENV)/.installed
	@mkdir -p $(dir $(DEMO_LINKS))
	@$(BIN)/dualamn align examples/europe --out $(DEMO_LINKS) --show 20

test: lint types
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

# DUALAMN_DATA names the folder of the data sets, see docs/datasets.md.
bench-check: $(VENV)/.tested
	$(BIN)/python -m pytest -q -m slow $(PYTEST_ARGS)

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tested
	$(BIN)/mypy $(CODE)

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Nothing is measured here: the run files come from `dualamn bench --json`.
results: $(VENV)/.installed
	$(PIP) install --quiet --no-build-isolation -c constraints.txt --editable '.[results]'
	$(BIN)/python benchmarks/render

# build/ is cleared first: setuptools would pack modules left there by an earlier version.
dist: $(VENV)/.tested
	rm -rf build dist
	$(BIN)/python -m build --no-isolation
	rm -rf build

clean:
	rm -rf $(VENV) build dist dualamn.egg-info

# The stamps are newer than what they were made from, so a second `make` has nothing to do.

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no '$(PYTHON)' here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "dualamn needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created setup.cfg pyproject.toml constraints.txt
	$(PIP) install --quiet -c constraints.txt setuptools
ifneq ($(TORCH_INDEX),)
	$(PIP) install --no-deps -c constraints.txt --index-url $(TORCH_INDEX) torch
endif
	$(PIP) install --no-build-isolation -c constraints.txt --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(PIP) install --quiet --no-build-isolation -c constraints.txt --editable '.[dev]'
	@touch $@
