# SPDX-License-Identifier: Apache-2.0
# `make demo` and `make test` do all the set-up. An own interpreter: `make test PYTHON=/path/to/python`.

# Looked up when a target first needs it; scripts/setup.sh builds the environment if there is none.
PYTHON ?= $(eval PYTHON := $$(shell scripts/setup.sh))$(or $(PYTHON),$(error the set-up failed, see above))
export PYTHONPATH := $(CURDIR)/exts$(if $(PYTHONPATH),:$(PYTHONPATH))

.DEFAULT_GOAL := help
.PHONY: help setup converters demo studio test lint style layers pyright format doctor bench clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

setup:  ## build the environments and print the interpreter
	@echo $(PYTHON)

converters:  ## build the environment of the URDF and MJCF converters alone
	@scripts/setup.sh converters

doctor:  ## check this machine
	@$(PYTHON) -m humanoid_brain doctor

demo:  ## build a scene, train a humanoid to walk, evaluate it, film it: outputs/demo
	@$(PYTHON) -m humanoid_brain demo --output outputs/demo

studio:  ## open the panels in a window, without Isaac Sim
	@$(PYTHON) -m humanoid_brain studio

test: lint  ## all checks and all tests
	$(PYTHON) -m pytest

lint: style layers pyright  ## style, types, and who imports whom

style:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

pyright:
	$(PYTHON) -m pyright --pythonpath "$(PYTHON)"

layers:
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

format:  ## let ruff fix what it can
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench:  ## the figures of docs/benchmarks.md for this machine, one JSON object per line
	@$(PYTHON) -m humanoid_brain bench --json

clean:  ## remove caches and builds; outputs and the environment stay
	rm -rf build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find exts tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
