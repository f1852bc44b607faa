# A fresh machine needs Python 3.11 or newer and this file; everything else is fetched
# into .venv the first time it is needed, and again when pyproject.toml has changed.
#
#   make run     answer questions here (ARGS="--listen 127.0.0.1:5300" for elsewhere)
#   make test    everything that can tell whether it works; includes check
#   make check   formatting, lint, types, floors: without running anything
#   make bench   how fast it is, beside others
#   make demo    an Internet in a box, and one question's way through it
#   make clean   remove what was built; the next target builds it again

PYTHON ?= python3
BIN := .venv/bin
NEEDED := .venv/.installed
NEEDED_TO_DEVELOP := .venv/.installed-dev
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test check format bench demo clean

run: $(NEEDED)
	@exec $(BIN)/resolver serve $(ARGS)

test: check
	$(BIN)/python -m pytest $(ARGS)

check: $(NEEDED_TO_DEVELOP)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo

format: $(NEEDED_TO_DEVELOP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(NEEDED_TO_DEVELOP)
	$(BIN)/python -m benchmarks $(ARGS)

demo: $(NEEDED)
	@$(BIN)/python -m resolver.lab.demo $(ARGS)

clean:
	rm -rf .venv build dist *.egg-info .coverage
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name '*.so' -delete

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed; name one: make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo 'Python cannot make virtual environments here (Debian: apt-get install python3-venv)'; exit 1; }

$(NEEDED): pyproject.toml | $(BIN)/python
	@echo 'Installing what it stands on into .venv ...'
	@$(PIP) --editable .
	@touch $@

$(NEEDED_TO_DEVELOP): pyproject.toml | $(BIN)/python
	@echo 'Installing what it stands on, and the tools to develop it, into .venv ...'
	@$(PIP) --editable '.[dev]'
	@touch $@ $(NEEDED)
