# Two commands for a fresh machine:
#   make train task=tfbind8 [seed=3 method.alpha=0 ...]   set up, then run the main job
#   make test                                             set up, then run the tests
# Another interpreter: PYTHON=python3.12 make train task=tfbind8

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: train test mutation lint types docs setup gpu gpu-pack

setup: $(READY)

# Every pip call is held to the one tested set of versions. design-bench comes without its
# dependencies: they would bring in TensorFlow (see experiments/tasks/_shim.py).
$(READY): pyproject.toml setup.cfg constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt torch
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[fast,propose,baselines,experiments,rna,dev]"
	$(BIN)/python -m pip install -q -c constraints.txt --no-deps design-bench==2.0.20
	touch $@

# MAKEOVERRIDES holds every name=value given on the command line, so all of them reach Hydra.
train: $(READY)
	$(BIN)/python -m experiments.train $(MAKEOVERRIDES)

test: $(READY)
	$(BIN)/python -m pytest

# Wrong signs, weights and transposes in the lines of the objective: every one has to be caught.
mutation: $(READY)
	$(BIN)/python -m pytest tests/torchbdi/mutants.py tests/hardening/mutants.py

# On a machine with a CUDA GPU: its tests and benchmarks, 8 minutes; results in runs/gpu.
gpu: $(READY)
	PYTHON=$(CURDIR)/$(BIN)/python bash experiments/benchmarks/gpu_call.sh

# The same for a machine without a network: build/gpu travels, and `bash call.sh` runs there.
gpu-pack: $(READY)
	$(BIN)/python -m experiments.benchmarks._gpu_pack build/gpu

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The reference, from the docstrings: build/docs/index.html.
docs: $(READY)
	$(BIN)/python docs/reference.py build/docs

# mypy reads folders, not import hooks: it is shown the packages as they are installed.
TREE := .mypy_cache/tree
types: $(READY)
	rm -rf $(TREE) && mkdir -p $(TREE)
	cp -r torchbdi experiments $(TREE)/ && cp -r kernels $(TREE)/torchbdi/kernels
	cd $(TREE) && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml
