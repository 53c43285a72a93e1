# The four commands of the README. Each makes .venv when it is missing or out of date.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
OUT := out
LAB ?= 01

export HF_HUB_OFFLINE ?= 1
export OMP_NUM_THREADS ?= 2

.PHONY: help demo test lint lab bench model clean

help:  ## what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "this course needs Python 3.11 or newer, and $(PYTHON) is %d.%d: make PYTHON=python3.11 ..." % v[:2])'
	echo "making $(VENV): a few minutes the first time"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c requirements.lock -e '.[dev]'
	# JupyterLab asks every newcomer whether it may fetch news: the course is offline.
	$(BIN)/jupyter labextension disable --level=sys_prefix \
		@jupyterlab/apputils-extension:announcements 2>/dev/null
	touch $@

model: $(READY)  ## fetch smollm2 (93 MB, once)
	@$(BIN)/python -m labkit.fetch

demo: $(READY)  ## lab 01 on the real model, then a graded class
	@$(BIN)/python -m labkit.fetch
	$(BIN)/python -m grader.demo --out $(OUT)/demo

test: $(READY)  ## everything that guards the project
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m grader release --check
	$(BIN)/python -m labkit.fetch
	$(BIN)/python -m pytest -n 2 --dist worksteal

lab: $(READY)  ## JupyterLab on lab 01, or LAB=03
	@notebook=$$(ls labs/*$(LAB)*/*.ipynb 2>/dev/null | head -1)
	[ -n "$$notebook" ] || { echo "no lab $(LAB): there are $$(cd labs && echo [0-9]*)"; exit 2; }
	$(BIN)/jupyter lab "$$notebook" --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

bench: $(READY)  ## figures: grading per submission, boot times
	@$(BIN)/python -m tests.bench

clean:  ## take away what running left behind; the model's cache stays
	@rm -rf $(OUT) build .pytest_cache .mypy_cache .ruff_cache
