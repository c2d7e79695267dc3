"""What a pass did and why the resource waits after it, from the progress before and after."""

from __future__ import annotations

from typing import Any

import pytest

from console.reading.kinds import comment_on, reader_of
from console.reading.observed import ONE, WaitFacts
from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.transitions import Move
from lambdas.exports.details import ExportAttempt, ExportDetails
from lambdas.exports.slots import SlotWait
from lambdas.exports.work import SnapshotQuery
from lambdas.jobs.databases import Database
from lambdas.jobs.work import Work
from lambdas.snapshots.contract import SnapshotTarget
from lambdas.snapshots.work import SnapshotDetails, SnapshotProgress, SnapshotWork
from tests.unit.builders import SNAPSHOT, export_work
from tests.unit.console.reading.histories import campaign_work

FACTS = WaitFacts(until="NEXT", at=lambda moment: f"AT {moment:g}", mutations_per_second=1.0)


def happened(before: Work, after: Work, key: str = ONE) -> list[tuple[str, str]]:
    did = reader_of(after.kind).happened(before, after, key)
    return [(each.type, each.text) for each in did]


def waits(before: Work, after: Work, key: str = ONE) -> str:
    return reader_of(after.kind).waits(before, after, key)(FACTS)


def campaign(**progress: Any) -> Work:
    return campaign_work("a", **({"state": "Running", "initial_state": "Running"} | progress))


@pytest.mark.parametrize(
    ("after", "did", "reason"),
    [
        (
            campaign(polls=1, attempts=1),
            [("mutation", "PauseCampaign accepted")],
            "PauseCampaign accepted; next poll at NEXT",
        ),
        (
            campaign(polls=1, attempts=1, refusal="ConflictException"),
            [("error", "PauseCampaign refused: ConflictException")],
            "PauseCampaign refused as ConflictException; tries again at NEXT",
        ),
        (
            campaign(polls=1),
            [],
            "waits for its turn in the rate of 1 per second; next pass at NEXT",
        ),
        (campaign(polls=0), [], "waits for its turn in the rate of reads; next pass at NEXT"),
        (
            campaign(polls=1, unexplained_polls=1),
            [("error", "AWS returned no state that is documented")],
            "no known state in 1 poll; next poll at NEXT",
        ),
        (
            campaign(polls=1, attempts=2, state="Paused", refusal="InvalidCampaignStateException"),
            [("error", "a mutation refused: InvalidCampaignStateException")],
            "a mutation refused as InvalidCampaignStateException; tries again at NEXT",
        ),
    ],
)
def test_a_pass_over_a_campaign(after: Work, did: object, reason: str) -> None:
    before = campaign_work("a")
    assert happened(before, after, "a") == did
    assert waits(before, after, "a") == reason


def test_a_deletion_is_waited_for() -> None:
    before = campaign_work("a").replace(target=CampaignTarget.DELETED)
    after = campaign_work(
        "a", state="Stopped", polls=1, attempts=1, delete_accepted_at=50.0
    ).replace(target=CampaignTarget.DELETED)
    assert happened(before, after, "a") == [("mutation", "DeleteCampaign accepted")]
    assert waits(before, after, "a") == "deletion accepted at AT 50; next poll at NEXT"
    assert reader_of("campaigns").phase(after, "a") == "DELETING"


def test_a_restoration_undoes_what_was_done() -> None:
    move = Move(found="Running", asked="Paused")
    before = campaign_work("a", move=move).replace(target=CampaignTarget.RESTORED)
    after = campaign_work(
        "a", move=move, state="Paused", polls=1, attempts=1, restored_at=9.0
    ).replace(target=CampaignTarget.RESTORED)
    assert happened(before, after, "a") == [("mutation", "ResumeCampaign accepted")]


def test_a_throttled_pass_is_one_of_the_campaigns_that_it_was_about() -> None:
    before = campaign_work("a", "b")
    after = before.replace(
        throttled_passes=1,
        open={
            "a": before.open["a"].replace(state="Running", polls=1),
            "b": before.open["b"].replace(state="CREATING", polls=1),
        },
    )
    assert happened(before, after, "a") == [("throttle", "PauseCampaign throttled")]
    assert happened(before, after, "b") == []
    assert waits(before, after, "a") == "throttled; tries again at NEXT"


def export(**progress: Any) -> Any:
    work = export_work()
    return work.replace(progress=work.progress.replace(**progress))


def details(percent: int = 0, *, adopted: bool = False) -> ExportDetails:
    return ExportDetails(
        export_task_identifier="task",
        adopted=adopted,
        s3_location="s3://bucket/",
        percent_progress=percent,
        total_extracted_gb=0,
        failure_cause=None,
    )


@pytest.mark.parametrize(
    ("after", "did", "reason"),
    [
        (
            export(requested_task_id="task", state="STARTING", task_id="task"),
            [("mutation", "StartExportTask: task")],
            "RDS prepares the export; next poll at NEXT",
        ),
        (
            export(task_id="task", state="IN_PROGRESS", details=details(62, adopted=True)),
            [("handover", "continues with export task, which another one started")],
            "next poll at NEXT, 62 %",
        ),
        (
            export(queued_since=7.0, slot=SlotWait(refused_at=7.0, taken=5)),
            [("error", "StartExportTask refused: no slot is free")],
            "waits for a slot since AT 7, 5 of 5 in use",
        ),
        (
            export(queued_since=7.0),
            [("error", "not started: the source is busy")],
            "waits until its source is free since AT 7; next poll at NEXT",
        ),
        (
            export(throttles=1),
            [("throttle", "the call was throttled")],
            "throttled; tries again at NEXT",
        ),
        (
            export(refusals=2),
            [("error", "the call had no effect, as far as is known")],
            "no answer to 2 calls; tries again at NEXT",
        ),
        (
            export(task_id="task", state="CANCELING", cancel_requested=True),
            [("mutation", "CancelExportTask: task")],
            "cancel accepted; next poll at NEXT",
        ),
        (
            export(
                failed=(
                    ExportAttempt(
                        export_task_identifier="one", status="FAILED", failure_cause="broken"
                    ),
                ),
                requested_task_id="two",
                task_id="two",
            ),
            [("error", "one FAILED: broken"), ("mutation", "StartExportTask: two")],
            "next poll at NEXT",
        ),
        (
            export(pointer_failures=1),
            [("error", "the pointer to the export was not replaced")],
            "the pointer was not replaced; tries again at NEXT",
        ),
        (
            export(passed_over=(SNAPSHOT,)),
            [("error", f"{SNAPSHOT} does not exist any more; another one is chosen")],
            "the snapshot is chosen; starts at NEXT",
        ),
    ],
)
def test_a_pass_over_an_export(after: Work, did: object, reason: str) -> None:
    assert happened(export_work(), after) == did
    assert waits(export_work(), after) == reason


def test_an_export_waits_for_a_snapshot_and_chooses_it() -> None:
    chosen = export_work()
    query = SnapshotQuery(db_instance="shop", max_age_seconds=7_200)
    before = chosen.replace(job=chosen.job.replace(source_arn=None, source=query))
    assert waits(before, before).startswith("waits for a snapshot of shop younger than 2 hours")
    assert happened(before, chosen) == [("poll", f"chose {SNAPSHOT}")]


def snapshot(target: SnapshotTarget = SnapshotTarget.AVAILABLE, **progress: Any) -> SnapshotWork:
    return SnapshotWork(
        kind="snapshot",
        key="0.0",
        resource_id="arn",
        target=target,
        details=SnapshotDetails(database=Database(db_instance="shop"), snapshot_id="s"),
        progress=SnapshotProgress(**progress),
    )


@pytest.mark.parametrize(
    ("after", "did", "reason"),
    [
        (
            snapshot(called=True, state="creating"),
            [("mutation", "CreateDBSnapshot: s")],
            "next poll at NEXT",
        ),
        (
            snapshot(called=True, busy_since=3.0),
            [("error", "CreateDBSnapshot refused: the database is not available")],
            "waits until shop is available since AT 3; tries again at NEXT",
        ),
        (
            snapshot(throttles=1),
            [("throttle", "CreateDBSnapshot throttled")],
            "throttled; tries again at NEXT",
        ),
        (
            snapshot(SnapshotTarget.DELETED, called=True, calls=1, state="deleting"),
            [("mutation", "DeleteDBSnapshot: s")],
            "deletion accepted; next poll at NEXT",
        ),
    ],
)
def test_a_pass_over_a_snapshot(after: SnapshotWork, did: object, reason: str) -> None:
    before = snapshot(after.target)
    assert happened(before, after) == did
    assert waits(before, after) == reason


def test_a_kind_without_a_reader_has_its_states_only() -> None:
    reader = reader_of("timer")
    work = export_work()
    assert list(reader.happened(work, work, ONE)) == []
    assert reader.waits(work, work, ONE)(FACTS) == "next poll at NEXT"
    assert comment_on("timer", "AwaitTimer") is None


def test_the_states_of_a_loop_say_what_ends_the_wait() -> None:
    assert comment_on("export", "AwaitExportEvent") == "Until the export ends, or the next poll."
    assert comment_on("campaigns", "ReconcileCampaigns") is None
