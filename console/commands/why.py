"""`why`: why a request failed, or what it waits for, in words."""

from __future__ import annotations

import argparse

from commandline.parser import SUCCEEDED
from console.commands import connection
from console.output import Output
from console.views import explanation_view


def run(options: argparse.Namespace, output: Output) -> int:
    """Print an explanation."""
    explanation = connection.connect(options).reading.why(options.reference)
    output.result(explanation.as_json(), lambda _width: explanation_view(explanation))
    return SUCCEEDED
