"""What a clean-up has to undo."""

from __future__ import annotations

from typing import NamedTuple

from lambdas.jobs.work import Work


class LeftBehind(NamedTuple):
    """One thing that an execution has left behind and that must not outlive it.

    Attributes:
        thing: its identifier: what `Kind.undone_by` returns for the resources that it is about.
        jobs: the execution's jobs that started it.
        work: the unit of work that undoes it; the plan gives it its key.
    """

    thing: str
    jobs: tuple[str, ...]
    work: Work
