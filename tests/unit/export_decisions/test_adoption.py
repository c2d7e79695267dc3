"""Which task serves a job, or has to end before one is started for it."""

from __future__ import annotations

import pytest

from lambdas.exports.decisions import (
    Queue,
    Reached,
    Start,
    Watch,
)
from lambdas.exports.identifier import identifier
from lambdas.exports.work import ExportProgress
from lambdas.jobs.phases import Reason
from tests.unit.builders import (
    CLUSTER,
    CLUSTER_SNAPSHOT,
    DESTINATION,
    NOW,
    SNAPSHOT,
    export_task,
)
from tests.unit.export_decisions.decisions import CANCELED, decided, own


def test_starts_where_there_is_nothing():
    assert decided() == Start(identifier(SNAPSHOT, (), DESTINATION.prefix, 1))


def test_nothing_to_cancel_where_there_is_nothing():
    assert decided(target=CANCELED) == Reached(None, Reason.NOTHING_TO_CANCEL)


@pytest.mark.parametrize("arn", [SNAPSHOT, CLUSTER_SNAPSHOT])
@pytest.mark.parametrize("started_at", [None, NOW - 90_000, NOW + 1])
def test_a_snapshot_that_is_exported_stays_exported(arn, started_at):
    done = export_task("COMPLETE", source_arn=arn, started_at=started_at)
    assert decided(done, source_arn=arn) == Reached(done, Reason.TARGET_REACHED)


@pytest.mark.parametrize(
    ("started_at", "decision"),
    [(None, Start), (NOW - 1, Start), (NOW, Reached), (NOW + 9, Reached)],
)
def test_a_cluster_that_was_exported_before_is_exported_again(started_at, decision):
    done = export_task("COMPLETE", source_arn=CLUSTER, started_at=started_at, ended_at=NOW)
    assert isinstance(decided(done, source_arn=CLUSTER), decision)


@pytest.mark.parametrize("arn", [SNAPSHOT, CLUSTER])
def test_adopts_what_runs_already(arn):
    running = export_task("STARTING", source_arn=arn, started_at=NOW - 500)
    assert decided(running, source_arn=arn) == Watch(running)


@pytest.mark.parametrize("arn", [SNAPSHOT, CLUSTER_SNAPSHOT, CLUSTER])
def test_what_is_complete_is_enough_whatever_else_runs(arn):
    done = export_task("COMPLETE", task_id="done", source_arn=arn, started_at=NOW)
    running = export_task("IN_PROGRESS", task_id="running", source_arn=arn)
    for tasks in ((done, running), (running, done)):
        assert decided(*tasks, source_arn=arn) == Reached(done, Reason.TARGET_REACHED)


def test_what_runs_is_preferred_to_an_export_of_a_cluster_that_was_complete_before():
    done = export_task("COMPLETE", task_id="done", source_arn=CLUSTER, started_at=NOW - 1)
    running = export_task("IN_PROGRESS", task_id="running", source_arn=CLUSTER)
    assert decided(done, running, source_arn=CLUSTER) == Watch(running)


def test_takes_the_last_of_the_complete_ones():
    old, new = (
        export_task("COMPLETE", task_id=f"at-{end}", ended_at=NOW + end) for end in range(2)
    )
    assert decided(old, new) == decided(new, old) == Reached(new, Reason.TARGET_REACHED)


@pytest.mark.parametrize(
    "other",
    [
        {"bucket": "elsewhere"},
        {"prefix": "elsewhere"},
        {"export_only": ("shop.customers",)},
        {"export_only": ("shop.orders", "shop.customers")},
        {"export_only": ()},
    ],
)
def test_another_export_of_the_source_is_waited_for_and_never_adopted(other):
    fields = {"export_only": ("shop.orders",)} | other
    running = decided(export_task("IN_PROGRESS", **fields), export_only=("shop.orders",))
    assert isinstance(running, Queue)
    assert "any-task" in running.why
    done = decided(export_task("COMPLETE", **fields), export_only=("shop.orders",))
    assert isinstance(done, Start)


def test_the_order_of_tables_makes_no_other_export():
    running = export_task("IN_PROGRESS", export_only=("b", "a"))
    assert decided(running, export_only=("a", "b")) == Watch(running)


def test_a_task_that_is_being_canceled_still_holds_the_source():
    assert isinstance(decided(export_task("CANCELING", bucket="elsewhere")), Queue)


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_starts_again_under_another_identifier_after_a_task_that_came_to_nothing(status):
    first, second, third = (
        identifier(SNAPSHOT, (), DESTINATION.prefix, generation) for generation in (1, 2, 3)
    )
    assert decided(export_task(status, task_id=first)) == Start(second)
    assert decided(
        export_task(status, task_id=first), export_task(status, task_id=second)
    ) == Start(third)


def test_skips_identifiers_of_earlier_generations():
    second = identifier(SNAPSHOT, (), DESTINATION.prefix, 2)
    assert decided(progress=ExportProgress(generation=2)) == Start(second)


def test_a_task_that_was_asked_for_is_its_own_even_if_the_answer_was_lost():
    task = export_task("STARTING", task_id="asked")
    assert decided(task, progress=ExportProgress(requested_task_id="asked")) == Watch(task)


def test_keeps_to_its_own_task():
    mine = export_task("IN_PROGRESS")
    other = export_task("COMPLETE", task_id="other", ended_at=NOW + 1)
    assert decided(other, mine, progress=own()) == Watch(mine)


def test_a_job_with_an_export_id_adopts_only_what_has_it():
    plain = export_task("IN_PROGRESS", task_id=identifier(SNAPSHOT, (), "exports", 1))
    mine = export_task("IN_PROGRESS", task_id=identifier(SNAPSHOT, (), "exports", 2, "nightly"))
    assert isinstance(decided(plain, export_id="nightly"), Queue)
    assert decided(mine, export_id="nightly") == Watch(mine)


def test_a_job_with_an_export_id_exports_again_what_is_exported_under_another():
    done = export_task("COMPLETE", task_id=identifier(SNAPSHOT, (), "exports", 1, "yesterday"))
    started = Start(identifier(SNAPSHOT, (), "exports", 1, "today"))
    assert decided(done, export_id="today") == started
