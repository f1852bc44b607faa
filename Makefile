# A fresh machine needs Python 3.11 or newer and this file; everything else is fetched
# into .venv the first time it is needed, and again when pyproject.toml has changed.
#
#   make run     answer questions here (ARGS="--listen 127.0.0.1:5300" for elsewhere)
#   make fast    compile it (needs a C compiler); make run then takes that
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

# The compiled copy has its own place, so that .venv and the tests always have the
# sources.  Where it has been made, `make run` runs it, made anew if it is older.
FAST := build/fast
FAST_MADE := $(FAST)/.made
SOURCES := pyproject.toml setup.py packaging/backend.py \
  $(shell find resolver -type f ! -name '*.pyc')
FAST_IF_MADE := $(wildcard $(FAST_MADE))

.PHONY: run fast test test-fast check format bench demo clean

run: $(NEEDED) $(FAST_IF_MADE)
	@PYTHONPATH='$(if $(FAST_IF_MADE),$(CURDIR)/$(FAST))' exec $(BIN)/resolver serve $(ARGS)

fast: $(FAST_MADE)
	@PYTHONPATH='$(CURDIR)/$(FAST)' $(BIN)/resolver --version

test: check
	$(BIN)/python -m pytest $(ARGS)

# The same tests over the compiled copy: it stands before the checkout on every path.
test-fast: $(FAST_MADE) $(NEEDED_TO_DEVELOP)
	EXPECTED_BUILD=compiled PYTHONSAFEPATH=1 PYTHONPATH='$(CURDIR)/$(FAST):$(CURDIR)' \
	  $(BIN)/python -m pytest --override-ini='pythonpath=$(FAST) .' $(ARGS)

check: $(NEEDED_TO_DEVELOP)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo

format: $(NEEDED_TO_DEVELOP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Measures what `make run` would run.
bench: $(NEEDED_TO_DEVELOP) $(FAST_IF_MADE)
	PYTHONPATH='$(if $(FAST_IF_MADE),$(CURDIR)/$(FAST))' $(BIN)/python -m benchmarks $(ARGS)

demo: $(NEEDED)
	@$(BIN)/python -m resolver.lab.demo $(ARGS)

clean:
	rm -rf .venv build dist *.egg-info .coverage
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed; name one: make PYTHON=python3.12'; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo 'Python cannot make virtual environments here (Debian: apt-get install python3-venv)'; exit 1; }

$(FAST_MADE): $(SOURCES) | $(NEEDED)
	@echo 'Compiling into $(FAST) ...'
	@rm -rf $(FAST).new && mkdir -p $(FAST).new
	@touch $(FAST).new/.made  # before: what is edited meanwhile is newer
	@RESOLVER_COMPILE=1 $(PIP) --no-deps --target $(FAST).new . || \
	  { echo 'Not compiled.  To go on without: rm -rf $(FAST)'; exit 1; }
	@rm -r $(FAST).new/bin  # it would start what is in .venv
	@rm -rf $(FAST) && mv $(FAST).new $(FAST)

$(NEEDED): pyproject.toml | $(BIN)/python
	@echo 'Installing what it stands on into .venv ...'
	@$(PIP) --editable .
	@touch $@

$(NEEDED_TO_DEVELOP): pyproject.toml | $(BIN)/python
	@echo 'Installing what it stands on, and the tools to develop it, into .venv ...'
	@$(PIP) --editable '.[dev]'
	@touch $@ $(NEEDED)
