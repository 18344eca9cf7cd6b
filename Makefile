# `make chat` opens the page over the sample documents; `make test` runs every check.
PYTHON ?= python3
PORT ?= 7860
VENV := .venv
BIN := $(VENV)/bin
export QA_BOT_HOME ?= .qa-bot

.PHONY: chat test check unit lock clean

chat: $(VENV)/.installed
	$(BIN)/qa-bot chat --port $(PORT) --ingest examples/support

test: check
	$(BIN)/pytest

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	$(BIN)/pytest -m "not slow"

# A change of the project's dependencies or of the lock installs again.
$(VENV)/.installed: pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --group dev
	touch $@

lock: $(VENV)/.installed-dev
	$(BIN)/python scripts/lock.py

clean:
	rm -rf $(VENV) .qa-bot build dist *.egg-info
