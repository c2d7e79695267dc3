"""`schema`: the published JSON Schema of requests or of outcomes."""

from __future__ import annotations

import argparse

from commandline.output import show
from commandline.parser import FAILED, SUCCEEDED
from console import PROGRAM
from console.output import Output
from console.schemas import as_text, schemas


def run(options: argparse.Namespace, _output: Output) -> int:
    """Print a schema, which is JSON in either format."""
    return SUCCEEDED if show(as_text(schemas()[options.name]), PROGRAM) else FAILED
