"""The page of the local AWS: the console's, in a process of its own, as any caller has.

As a script, it is that process: it ends when its standard input does, because a parent that was
killed cannot end it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from commandline.interrupts import owned
from infra.project import ROOT
from localcloud.turns import callers_environment


@contextmanager
def page(endpoint: str) -> Iterator[str]:
    """Serve the page while the context lasts; yield a line that says where, or why not."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # A configuration file may name other endpoints.
    environment = {**others, **callers_environment(endpoint), "AWS_CONFIG_FILE": os.devnull}

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a terminal's interrupt is for its parent
        )

    with owned(start, _end) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip() or "The page could not be started."


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def _serve() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        session = import_module("boto3").Session()
        import_module("console.page").serve(None, session, open_browser=False)
    except Exception as error:
        print(f"The page could not be started: {error}", flush=True)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _serve()
