"""What an ended execution has left behind, for every kind whose jobs a clean-up can undo.

Not in the registry of kinds, because it imports AWS clients that only PlanCleanUp needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from lambdas.campaigns import clean_up as of_campaigns
from lambdas.exports import clean_up as of_exports
from lambdas.jobs.left_behind import LeftBehind
from lambdas.snapshots import clean_up as of_snapshots

READERS: Final[tuple[Callable[[str], Iterable[LeftBehind]], ...]] = (
    of_campaigns.left_behind,
    of_exports.left_behind,
    of_snapshots.left_behind,
)


def left_behind(execution_arn: str) -> tuple[LeftBehind, ...]:
    """Return what an execution has left behind and is to be undone.

    Raises:
        AwsError: when the table did not answer.
    """
    return tuple(left for read in READERS for left in read(execution_arn))
