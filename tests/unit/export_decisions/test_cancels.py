"""What a request to cancel cancels."""

from __future__ import annotations

import pytest

from lambdas.exports.decisions import (
    ENDED,
    Cancel,
)
from lambdas.jobs.phases import Reason
from tests.unit.builders import (
    NOW,
    export_task,
)
from tests.unit.export_decisions.decisions import CANCELED, decided, in_words


@pytest.mark.parametrize("ended", sorted(ENDED))
def test_cancels_what_runs_and_not_what_has_ended(ended):
    running = export_task("IN_PROGRESS", task_id="running")
    done = export_task(ended, task_id="done", ended_at=NOW)
    assert decided(done, running, target=CANCELED) == Cancel(running)


def test_cancels_an_export_of_some_tables_when_the_request_names_none():
    running = export_task("IN_PROGRESS", export_only=("shop.orders",))
    assert decided(running, target=CANCELED) == Cancel(running)


def test_does_not_cancel_an_export_of_other_tables_than_the_request_names():
    running = export_task("IN_PROGRESS", export_only=("shop.orders",))
    decision = decided(running, target=CANCELED, export_only=("shop.customers",))
    assert in_words(decision) == Reason.NOTHING_TO_CANCEL


def test_does_not_cancel_an_export_to_another_bucket():
    running = export_task("IN_PROGRESS", bucket="elsewhere")
    assert in_words(decided(running, target=CANCELED)) == Reason.NOTHING_TO_CANCEL
