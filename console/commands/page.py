"""`page`: serves the page on this machine until it is interrupted."""

from __future__ import annotations

import argparse

from commandline.interrupts import at_interrupt
from commandline.parser import SUCCEEDED
from console.output import Output
from console.page import serve
from console.session import session


def run(options: argparse.Namespace, _output: Output) -> int:
    """Serve; an interrupt is the way to stop."""
    at_interrupt("stopped", SUCCEEDED)
    serve(
        options.stack,
        session(options.profile, options.region),
        options.port,
        open_browser=not options.no_open,
    )
    return SUCCEEDED
