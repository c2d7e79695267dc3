"""Each reason for which a request or a resource fails has a place in the troubleshooting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from lambdas.jobs.phases import Reason
from lambdas.requests import outcome
from lambdas.shared.errors import AwsError

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = (ROOT / "docs" / "request-reference.md").read_text("utf-8")
TROUBLESHOOTING: Final = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
OPERATIONS: Final = (ROOT / "docs" / "operations.md").read_text("utf-8")

GOOD: Final = frozenset(
    {
        Reason.TARGET_REACHED,
        Reason.ALREADY_GONE,
        Reason.ENDED_BY_ITSELF,
        Reason.NOTHING_TO_CANCEL,
        Reason.FINISHED_BEFORE_CANCEL,
    }
)
"""Nobody asks why."""

OF_REQUESTS: Final = frozenset(
    {
        outcome.REQUEST_FAILED,
        outcome.REQUEST_REJECTED,
        outcome.WORKFLOW_FAILED,
        outcome.OUTCOME_NOT_PUBLISHED,
    }
)


def errors(of: type[AwsError] = AwsError) -> set[str]:
    return {name for error in of.__subclasses__() for name in {error.__name__, *errors(error)}}


def names(text: str) -> set[str]:
    """Return the words in code that begin as reasons do."""
    return set(re.findall(r"`([A-Z][a-z]\w*)`", text))


def first_cells(text: str) -> str:
    return "\n".join(re.findall(r"^\|([^|]+)\|", text, re.MULTILINE))


def test_every_reason_that_may_surprise_is_a_symptom() -> None:
    assert set(Reason) - GOOD - names(first_cells(TROUBLESHOOTING)) == set()
    assert OF_REQUESTS - {outcome.REQUEST_FAILED} - names(first_cells(TROUBLESHOOTING)) == set()


def test_every_symptom_in_code_exists() -> None:
    alarms = names(first_cells(OPERATIONS))
    symptoms = names(first_cells(TROUBLESHOOTING))
    assert symptoms - set(Reason) - OF_REQUESTS - errors() - alarms == set()


def test_the_reference_has_no_reason_that_does_not_exist() -> None:
    _, _, rest = REFERENCE.partition("| Reason of an entry |")
    listed = names(first_cells(f"| Reason of an entry |{rest}"))
    assert set(Reason) - listed == set()
    assert listed - set(Reason) - errors() == set()


def test_every_queue_of_dead_letters_is_mentioned() -> None:
    queues = set(re.findall(r"`(\w+Url)`", OPERATIONS))
    assert len(queues) == 3
    assert queues - set(re.findall(r"`(\w+Url)`", TROUBLESHOOTING)) == set()
