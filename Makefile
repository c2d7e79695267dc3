# The verbs of this project. Each does its own set-up; a second run does not set up again.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LAYER  := build/layer
REQUEST ?= examples/pause-export-resume.json

# Node comes from PyPI with the virtual environment; CDK finds it first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check local synth layer clean

run: $(READY) layer            ## one request, end to end, on the local AWS
	$(BIN)/python -m localcloud run $(REQUEST)

test: $(READY) layer           ## all tests
	$(BIN)/python -m pytest

check: $(READY) layer          ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

local: $(READY) layer          ## the local AWS, until interrupted
	$(BIN)/python -m localcloud up

synth: $(READY) layer          ## the CloudFormation template, in cdk.out
	CDK_OUTDIR=cdk.out $(BIN)/python app.py

layer: $(LAYER)/.ready         ## what the functions import, for their runtime

$(READY): requirements.txt lambdas/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

$(LAYER)/.ready: lambdas/requirements.txt $(READY)
	rm -rf $(LAYER)
	$(BIN)/pip install --quiet --target $(LAYER)/python --requirement $< \
	  --python-version 3.13 --implementation cp --only-binary=:all: \
	  --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 \
	  --platform manylinux_2_28_aarch64
	touch $@

clean:                         ## all that the verbs made
	rm -rf $(VENV) build cdk.out
