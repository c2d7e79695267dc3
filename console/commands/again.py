"""`again`: the request of an earlier execution, once more."""

from __future__ import annotations

import argparse

from commandline.output import one_line
from console import actions
from console.check import checked
from console.commands import connection
from console.commands.confirm import confirm
from console.commands.start import require_valid, started
from console.output import Output
from console.views import shown_id


def run(options: argparse.Namespace, output: Output) -> int:
    """Start the same input again, after a confirmation that names what it does."""
    connected = connection.connect(options)
    request = connected.reading.request(options.reference)
    require_valid(request.input, connected)
    jobs = [job for stage in checked(request.input).stages for job in stage.jobs]
    confirm(
        [
            f"{shown_id(request.summary)} is started once more, with the same input:",
            *(f"  {one_line(job)}" for job in jobs),
        ],
        "Start it again?",
        yes=options.yes,
    )
    arn = actions.again(connected.stack, connected.session, request.summary.execution_arn)
    return started(arn, connected, options, output)
