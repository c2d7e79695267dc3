"""An interrupt ends a command at any moment, with one line, and nothing is left behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline.interrupts import INTERRUPTED
from localcloud.cli import EXAMPLES
from tests.workflow.terminal import CTRL_C, Terminal
from tools.synthesis import CONTEXT

Moment = Callable[[Terminal], bool]


def _synthesises(terminal: Terminal) -> bool:
    return terminal.runs("jsii-runtime")


MOMENTS: dict[str, tuple[Moment, int]] = {
    "imports": (lambda terminal: terminal.handles_interrupts(), 1),
    "synthesis": (_synthesises, 1),
    "deployment": (lambda terminal: terminal.runs("zygote.py"), 3),
    "run": (lambda terminal: "simulated s" in terminal.shown, 1),
}
"""When, and how often, Ctrl-C is pressed."""

_PROGRESS = re.compile(r"simulated s|request: |IN_PROGRESS|Synthesising|Starting|Deploying")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


@pytest.mark.parametrize(("moment", "times"), MOMENTS.values(), ids=MOMENTS)
def test_ctrl_c_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment, times: int
) -> None:
    if moment is _synthesises:
        unique = {"so that it is synthesised again": str(tmp_path)}
        monkeypatch.setenv(CONTEXT, json.dumps(unique))
    terminal = Terminal(tmp_path, "run", EXAMPLES / "watch-campaign.json")
    terminal.until(lambda: moment(terminal))
    before = len(terminal.shown)

    terminal.press(CTRL_C * times)

    assert terminal.exit_code() == INTERRUPTED
    assert _lines(terminal.shown[before:]) == ["localcloud: interrupted"]
    assert list(terminal.processes()) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_that_another_thread_receives_ends_the_process(name: str) -> None:
    done = _python(f"""
        def work():
            with owned(lambda: "what it owned", lambda thing: os.write(saved, thing.encode())):
                signal.pthread_kill(threading.get_ident(), signal.{name})
                while True:
                    time.sleep(1)
    """)

    assert done.returncode == INTERRUPTED
    assert done.stderr == "program: interrupted\n"
    assert done.stdout == "what it owned"


def test_a_full_pipe_without_a_reader_does_not_block_the_exit() -> None:
    done = _python(
        """
        def work():
            os.kill(os.getpid(), signal.SIGTERM)
            while True:
                time.sleep(1)
        """,
        before="reading, writing = os.pipe(); os.dup2(writing, 2); os.write(2, bytes(65536))",
    )

    assert done.returncode == INTERRUPTED


def test_interrupts_that_the_shell_ignored_are_handled() -> None:
    done = _python(
        """
        def work():
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                time.sleep(1)
        """,
        before="signal.signal(signal.SIGINT, signal.SIG_IGN)",
    )

    assert (done.returncode, done.stderr) == (INTERRUPTED, "program: interrupted\n")


def test_work_that_ends_returns_the_exit_code() -> None:
    done = _python("""
        def work():
            return 7
    """)

    assert (done.returncode, done.stderr) == (7, "")


def test_an_error_of_the_work_is_raised() -> None:
    done = _python("""
        def work():
            raise LookupError("what happened")
    """)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "LookupError: what happened"


def test_the_command_line_starts_no_node() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, localcloud.cli; print('jsii' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert loaded.stdout == "False\n"


def _lines(shown: str) -> list[str]:
    """The output since Ctrl-C was pressed, without progress, which may be drawn once more."""
    lines = shown.replace("\x1b[?25h", "").splitlines()
    return [line for line in lines if line.strip("^C ") and not _PROGRESS.search(line)]


def _python(work: str, *, before: str = "") -> subprocess.CompletedProcess[str]:
    script = f"""
import os, signal, sys, threading, time
from textwrap import dedent
from commandline.interrupts import owned, until_interrupted
saved = os.dup(1)
{before}
exec(dedent({work!r}))
sys.exit(until_interrupted(work, "program"))
"""
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=30
    )
