"""Every reason has a hint: that of docs/troubleshooting.md."""

from __future__ import annotations

from console.reading.hints import advice_on
from lambdas.jobs.phases import Phase, Reason
from lambdas.requests import outcome
from tests.unit.test_troubleshooting import GOOD


def test_every_reason_that_may_surprise_has_advice() -> None:
    without = [reason for reason in set(Reason) - GOOD if advice_on(reason) is None]
    assert without == []


def test_so_have_the_ends_of_requests_and_the_waits() -> None:
    for word in (outcome.REQUEST_REJECTED, outcome.WORKFLOW_FAILED, Phase.QUEUED, Phase.PENDING):
        assert advice_on(word) is not None


def test_the_kind_decides_between_two_rows() -> None:
    of_export, of_snapshot = (advice_on(Phase.QUEUED, kind) for kind in ("export", "snapshot"))
    assert of_export is not None
    assert of_snapshot is not None
    assert of_export.section == "Exports"
    assert of_snapshot.section == "Snapshots"


def test_a_hint_is_plain_text() -> None:
    advice = advice_on(outcome.REQUEST_REJECTED)
    assert advice is not None
    assert "](" not in advice.action


def test_an_unknown_word_has_none() -> None:
    assert advice_on("NoSuchReason") is None
