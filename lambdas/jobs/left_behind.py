"""What a clean-up has to undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lambdas.jobs.work import Work


class LeftBehind(NamedTuple):
    """What an execution has left behind and one unit of work undoes.

    Attributes:
        jobs_of: for each thing that is undone, the execution's jobs that did it. A thing is what
            `Kind.undone_by` returns for the resources that it is about.
        work: the unit of work that undoes it; the plan gives it its key.
        is_undone_after_abort_only: whether it stays if the execution did all that it should, even
            if the publication of its outcome failed.
    """

    jobs_of: Mapping[str, tuple[str, ...]]
    work: Work
    is_undone_after_abort_only: bool = False
