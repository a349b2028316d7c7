# The commands of this repository. `make` alone lists them.
#
# Everything is installed into .venv, uv included: nothing but make, git and Python 3.11 with
# its venv module has to be on the machine.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin

# uv works in .venv, with the Python that made it, whatever environment is active outside.
unexport VIRTUAL_ENV
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON := $(BIN)/python
export UV_PYTHON_DOWNLOADS := never
# --inexact: uv itself lives in .venv and is not in the lock file.
SYNC := $(BIN)/uv sync --frozen --inexact --quiet

# As many processes as there are cores share the tests, a file's tests in one process, the longest
# files first (tests/conftest.py).
SIDE_BY_SIDE := --numprocesses logical --dist loadfile --no-loadscope-reorder

.PHONY: help run test check bench format icons wheel install install-dev clean

help:
	@echo "make run     start the course; it prints where to open it"
	@echo "make test    run the tests"
	@echo "make check   formatting, lint, types, layers, lessons, phrases, old browsers"
	@echo "make bench   measure beside others' bots, and print the ratios (ARGS=\"http page\": parts of it)"
	@echo "make format  format the code and bring the phrase catalogue into step with it"
	@echo "make icons   draw the page's icons and its link's picture anew, from docs/icons"
	@echo "make wheel   build dist/course_bot-….whl, the program with its lessons"
	@echo "make clean   delete what was installed and cached; data/ stays"

run: install
	@exec $(BIN)/python -m course_bot run

test: install-dev
	$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

# `make --jobs check` runs them side by side.
CHECKS := check-format check-lint check-types check-layers check-lessons check-phrases \
  check-old-browsers
.PHONY: $(CHECKS)

check: $(CHECKS)

$(CHECKS): install-dev

check-format:
	$(BIN)/ruff format --check .

check-lint:
	$(BIN)/ruff check .

check-types:
	$(BIN)/mypy

check-layers:
	$(BIN)/lint-imports --no-cache

check-lessons:
	$(BIN)/python -m course_bot check lessons

check-phrases:
	$(BIN)/python -m course_bot.locale.check

check-old-browsers:
	$(BIN)/python -m tests.old_browsers

bench: install-dev
	$(BIN)/python -m tests.benchmarks $(ARGS)

format: install-dev
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python -m course_bot.locale.check --update

icons: install-dev
	$(BIN)/python docs/icons/draw.py

wheel: install-dev
	$(BIN)/python -m hatchling build -t wheel

install: .venv/installed
install-dev: .venv/installed-dev

.venv/installed: $(BIN)/uv uv.lock pyproject.toml
	@echo "Installing what course-bot needs…"
	@$(SYNC) --no-dev
	@touch $@

.venv/installed-dev: $(BIN)/uv uv.lock pyproject.toml
	@echo "Installing what course-bot and its tests need…"
	@$(SYNC)
	@touch $@ .venv/installed

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "course-bot needs Python 3.11 or newer, and $(PYTHON) is older or missing." \
	    "Install it (Debian 12: apt install python3 python3-venv)," \
	    "or name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python's venv module is missing (Debian 12: apt install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
