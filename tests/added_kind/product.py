"""A copy of the product to which a kind is added: its folder, and a few lines in other files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from infra.project import LAYER, ROOT

TIMERS = Path(__file__).parent / "timers"
COPIED = (
    *("lambdas", "infra", "commandline", "console", "localcloud", "tools"),
    *("app.py", "cdk.json", "pyproject.toml"),
)


class Edit(NamedTuple):
    """Lines that are added behind a line of a file."""

    path: str
    behind: str
    lines: str


EDITS = (
    Edit(
        "lambdas/jobs/registry.py",
        "from lambdas.jobs.work import Work\n",
        "from lambdas.timers.kind import TIMER\n",
    ),
    Edit("lambdas/jobs/registry.py", "KINDS: Final[tuple[Kind[Any, Any], ...]] = (", "TIMER, "),
    Edit(
        "lambdas/jobs/clean_ups.py",
        "from lambdas.jobs.left_behind import LeftBehind\n",
        "from lambdas.timers import clean_up as of_timers\n",
    ),
    Edit(
        "lambdas/jobs/clean_ups.py",
        "READERS: Final[tuple[Callable[[str], Iterable[LeftBehind]], ...]] = (",
        "of_timers.left_behind, ",
    ),
    Edit(
        "lambdas/waiting/events.py",
        "from lambdas.exports import wakes as of_exports\n",
        "from lambdas.timers import wakes as of_timers\n",
    ),
    Edit(
        "lambdas/waiting/events.py",
        "READERS: Final[tuple[Reader, ...]] = (",
        "of_timers.waiters_for, ",
    ),
    Edit(
        "lambdas/jobs/phases.py",
        '    UNKNOWN_KIND = "UnknownKind"\n',
        '    TIME_ELAPSED = "TimeElapsed"\n',
    ),
    Edit(
        "lambdas/shared/limits.py",
        "MAX_EXPORTS_PER_REQUEST: Final = 15\n",
        "MAX_TIMERS_PER_REQUEST: Final = 3\n",
    ),
    Edit(
        "infra/stack.py",
        '        exports = Exports(self, "Exports", settings=settings, platform=platform, '
        "waiting=waiting)\n",
        '        timers = platform.functions.add(self, "ReconcileTimer", package="timers")\n',
    ),
    Edit(
        "infra/stack.py",
        '                "export": Reconciler(exports.function),\n',
        '                "timer": Reconciler(timers),\n',
    ),
    Edit(
        "infra/stack.py",
        "                exports.function,\n",
        "                timers,\n",
    ),
)
"""All that is changed outside of the folder of timers. They call no service: a kind that does has
a simulator, and names the errors of its service in lambdas/shared/errors.py."""


def with_timers(product: Path) -> Path:
    """Copy the product to a directory, and add the kind."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, product / name)  # with its bytecode
        else:
            shutil.copy(source, product / name)
    (product / "build").mkdir()
    (product / "build" / "layer.zip").symlink_to(LAYER)
    shutil.copytree(TIMERS, product / "lambdas" / "timers")
    for path, behind, lines in EDITS:
        file = product / path
        text = file.read_text(encoding="utf-8")
        assert text.count(behind) == 1, f"{path} has no single {behind!r}"
        file.write_text(text.replace(behind, behind + lines), encoding="utf-8")
    return product


def run(product: Path, *arguments: str) -> str:
    """Run Python in the product, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=product,
        env={**os.environ, "PYTHONPATH": str(product)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
