"""Every invariant finds what violates it, and nothing in what is as it should be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.simulators.ledger import Call, Change
from localcloud.storm.invariants import INVARIANTS
from localcloud.storm.observe import Observed
from tests.unit.storm.observations import (
    CREATE,
    DATABASE,
    EXPORT,
    PAUSE,
    RESTORE,
    SNAPSHOT,
    SOURCE,
    broken,
    call,
    change,
    entry,
    execution,
    export,
    moment,
    observed,
    outcome,
    pause,
    resume,
    started,
)

FAILED = {"phase": "FAILED", "reason": "IllegalTransition"}
ON_ABORT = PAUSE | {"on_abort": "restore"}
CLUSTER = SOURCE.replace(":snapshot:", ":cluster:")

PAUSED = observed([PAUSE], execution(outcome(entry(PAUSE))), timeline=pause(1.0))
RESTORED = observed(
    [PAUSE, RESTORE],
    execution(
        outcome(
            entry(PAUSE),
            entry(RESTORE, final_state="Running", ended_at=moment(2.0)),
        )
    ),
    timeline=[*pause(1.0), *resume(2.0)],
)
EXPORTED_ENTRY = entry(
    EXPORT,
    ended_at=moment(9.0),
    elapsed_seconds=8.0,
    details={"export_task_identifier": "e-1"},
)
EXPORTED = observed(
    [EXPORT],
    execution(outcome(EXPORTED_ENTRY)),
    timeline=[*started("e-1", 1.0), change(9.0, SOURCE, "COMPLETE")],
    exports=(export("e-1"),),
)
CREATED = observed(
    [CREATE],
    execution(outcome(entry(CREATE, id=SNAPSHOT))),
    timeline=[
        change(0.5, SNAPSHOT, "creating"),
        call("CreateDBSnapshot", 0.5, DATABASE, SNAPSHOT),
        change(1.0, SNAPSHOT, "available"),
    ],
)
ABORTED = observed(
    [ON_ABORT],
    execution(outcome(entry(PAUSE), phase="FAILED", reason="ExecutionAborted"), status="ABORTED"),
    timeline=[*pause(1.0), *resume(95.0)],
)


SELECT = {name: PAUSE[name] for name in ("id", "kind", "target")} | {
    "select": {"states": ["Paused"]}
}
SELECTED = observed(
    [SELECT],
    execution(outcome(entry(SELECT, initial_state="Paused"))),
    timeline=[change(0.0, "c", "Paused")],
)
OF_SHOP = {
    "id": "export",
    "kind": "export",
    "target": "COMPLETE",
    "source": {"db_instance": "shop"},
}
OLDER, YOUNGER = f"{SOURCE}-older", f"{SOURCE}-younger"
SHOP = {
    "snapshots": [
        {"arn": OLDER, "db_instance": "shop", "created_at_s": -500},
        {"arn": YOUNGER, "db_instance": "shop", "created_at_s": -200},
    ]
}
NEWEST = observed([OF_SHOP], execution(outcome(entry(OF_SHOP, id=YOUNGER))), world=SHOP)


def by(execution_arn: str, each: Call | Change) -> Call | Change:
    """A call that is known to be an execution's."""
    return replace(each, execution_arn=execution_arn) if isinstance(each, Call) else each


@pytest.mark.parametrize("seen", [SELECTED, NEWEST])
@pytest.mark.parametrize("name", ["selected", "newest"])
def test_what_was_promised_is_found_kept(name: str, seen: Observed) -> None:
    assert list(INVARIANTS[name](seen)) == []


def test_a_later_stage_of_a_dry_run_selects_by_what_the_earlier_ones_would_leave() -> None:
    planned = entry(SELECT, id="c", phase="PLANNED")
    seen = observed([PAUSE, SELECT], execution(outcome(planned)), request={"dry_run": True})
    assert list(INVARIANTS["selected"](seen)) == []


@pytest.mark.parametrize("seen", [PAUSED, RESTORED, EXPORTED, CREATED, ABORTED])
def test_nothing_is_found_in_what_is_as_it_should_be(seen: Observed) -> None:
    assert broken(seen) == set()


VIOLATIONS: dict[str, list[Observed]] = {
    "ends": [replace(PAUSED, executions=(execution(status="RUNNING", ended_s=None),))],
    "one outcome": [
        observed([PAUSE], execution(output=None), timeline=pause(1.0)),
        observed([PAUSE], execution(*[outcome(entry(PAUSE))] * 2), timeline=pause(1.0)),
        replace(PAUSED, doubled=("arn:1",)),
    ],
    "schema": [
        observed([PAUSE], execution(outcome(entry(PAUSE), phase="DONE"))),
        observed([PAUSE], execution(outcome(entry(PAUSE, polls="1")))),
    ],
    "entries": [
        observed([PAUSE], execution(outcome())),
        observed([PAUSE], execution(outcome(entry(PAUSE), entry(PAUSE)))),
        observed([PAUSE], execution(outcome(entry(PAUSE), entry(PAUSE, id="d")))),
        observed([PAUSE], execution(outcome(entry(PAUSE), entry(EXPORT)))),
        observed([PAUSE], execution(outcome(entry(PAUSE, target="RUNNING")))),
        observed([EXPORT], execution(outcome(entry(EXPORT, id=CLUSTER)))),
    ],
    "agreement": [
        observed([PAUSE], execution(outcome(entry(PAUSE)), status="FAILED")),
        observed([PAUSE], execution(outcome(entry(PAUSE)), output={"phase": "COMPLETE"})),
        observed([PAUSE], execution(outcome(entry(PAUSE, **FAILED)), cause="another")),
        observed([PAUSE], execution(outcome(entry(PAUSE, **FAILED), phase="COMPLETE"))),
        observed([PAUSE], execution(outcome(entry(PAUSE), phase="FAILED", reason="RequestFailed"))),
        observed([PAUSE], execution(outcome(entry(PAUSE, phase="PLANNED")))),
        observed([PAUSE], execution(outcome(reason="RequestRejected", phase="FAILED"))),
        observed(
            [PAUSE], execution(outcome(entry(PAUSE), reason="States.Timeout"), status="ABORTED")
        ),
    ],
    "truth": [
        observed([PAUSE], execution(outcome(entry(PAUSE)))),
        observed([PAUSE], execution(outcome(entry(PAUSE))), timeline=pause(1.5)),
        replace(
            PAUSED,
            timeline=(*PAUSED.timeline, change(500.0, "c", "Running")),
            executions=(execution(outcome(entry(PAUSE, ended_at=moment(600.0)))),),
        ),
        replace(EXPORTED, timeline=EXPORTED.timeline[:-1]),
        replace(EXPORTED, exports=(export("e-1", tables=("shop.orders",)),)),
        replace(EXPORTED, exports=(export("e-1", bucket="another"),)),
        observed(
            [EXPORT | {"source_arn": CLUSTER}],
            execution(outcome(EXPORTED_ENTRY | {"id": CLUSTER, "ended_at": moment(60.0)})),
            timeline=[
                change(1.0, CLUSTER, "STARTING"),
                call("StartExportTask", 1.0, "e-1", CLUSTER),
                change(9.0, CLUSTER, "COMPLETE"),
            ],
            exports=(replace(export("e-1"), source_arn=CLUSTER),),
        ),
        replace(CREATED, timeline=CREATED.timeline[:-1]),
        replace(CREATED, timeline=(*CREATED.timeline[:-1], change(1.5, SNAPSHOT, "available"))),
        observed(
            [EXPORT | {"target": "CANCELED"}],
            execution(outcome(entry(EXPORT | {"target": "CANCELED"}, ended_at=moment(5.0)))),
            timeline=started("e-1", 1.0),
            exports=(export("e-1"),),
        ),
    ],
    "stage order": [
        observed(
            [PAUSE, EXPORT],
            execution(outcome(entry(PAUSE, ended_at=moment(5.0)), entry(EXPORT))),
        ),
        observed(
            [PAUSE, EXPORT],
            execution(outcome(entry(PAUSE), entry(EXPORT, phase="FAILED", reason="StageSkipped"))),
        ),
    ],
    "reasons": [
        observed([PAUSE], execution(outcome(entry(PAUSE, phase="FAILED", reason=reason))))
        for reason in (
            "KeyError",
            "ValidationError",
            "Runtime.ExitError",
            "States.Runtime",
            "JobLost",
        )
    ]
    + [
        observed([PAUSE], execution(outcome(reason="Sandbox.Timedout", phase="FAILED"))),
        replace(PAUSED, failures={"KeyError": 1}),
        replace(PAUSED, failures={"Lambda.Unknown": 1}),
    ],
    "sizes": [
        replace(PAUSED, largest_payload=256 * 1024 + 1),
        replace(PAUSED, longest_child=25_000),
    ],
    "rate": [
        replace(
            PAUSED,
            timeline=tuple(call("PauseCampaign", at_s, "c") for at_s in (0.0, 0.0, 0.5)),
        ),
        replace(
            PAUSED,
            timeline=tuple(call("GetCampaignStateBatch", 1.0, "c") for _ in range(11)),
        ),
    ],
    "slots": [replace(EXPORTED, max_concurrent_exports=6)],
    "legal": [
        replace(
            PAUSED,
            timeline=(
                change(0.0, "c", "Stopped"),
                call("GetCampaignStateBatch", 0.5, "c"),
                call("PauseCampaign", 1.0, "c", answer="InvalidCampaignStateException"),
            ),
        ),
        replace(
            PAUSED,
            timeline=(
                change(0.0, "c", "Running"),
                call("PauseCampaign", 1.0, "c", answer="InvalidCampaignStateException"),
            ),
        ),
        replace(
            PAUSED,
            timeline=(
                change(0.0, "c", "Running"),
                call("GetCampaignStateBatch", 0.5, "c"),
                *pause(1.0),
                call("PauseCampaign", 1.5, "c", answer="InvalidCampaignStateException"),
            ),
        ),
    ],
    "legal of RDS": [
        replace(
            EXPORTED,
            timeline=(
                *EXPORTED.timeline,
                call("CancelExportTask", 20.0, "e-1", SOURCE, answer="InvalidExportTaskStateFault"),
            ),
        ),
        replace(
            CREATED,
            timeline=(
                *CREATED.timeline[:-1],
                call("DeleteDBSnapshot", 20.0, SNAPSHOT, answer="InvalidDBSnapshotState"),
            ),
        ),
    ],
    "started once": [
        replace(
            EXPORTED,
            timeline=(*EXPORTED.timeline, *started("e-2", 20.0)),
            exports=(export("e-1"), export("e-2")),
        )
    ],
    "created once": [
        replace(
            CREATED,
            timeline=(*CREATED.timeline, call("CreateDBSnapshot", 2.0, DATABASE, SNAPSHOT + "1")),
        )
    ],
    "explained": [
        observed([PAUSE], execution(outcome(entry(PAUSE))), timeline=[*pause(1.0), *resume(2.0)]),
        replace(RESTORED, timeline=(RESTORED.timeline[0], *resume(2.0))),
        replace(
            RESTORED,
            timeline=(*RESTORED.timeline, change(3.0, "c", "Paused"), *resume(4.0)),
        ),
        replace(ABORTED, executions=(execution(outcome(entry(PAUSE))),)),
        observed(
            [PAUSE],
            execution(outcome(entry(PAUSE))),
            timeline=pause(1.0),
            request={"dry_run": True},
        ),
        replace(
            EXPORTED, timeline=(*EXPORTED.timeline, call("CancelExportTask", 5.0, "e-1", SOURCE))
        ),
        observed(
            [EXPORT | {"on_deadline": "cancel"}],
            timeline=[call("CancelExportTask", 5.0, "before-1", SOURCE)],
            exports=(export("before-1"),),
        ),
        observed(
            [EXPORT | {"target": "CANCELED"}],
            timeline=[call("CancelExportTask", 5.0, "before-1", SOURCE)],
            exports=(export("before-1", bucket="another"),),
        ),
        replace(CREATED, timeline=(*CREATED.timeline, call("DeleteDBSnapshot", 5.0, SNAPSHOT))),
        observed(
            [CREATE, {"id": "d", "kind": "snapshot", "of": "create", "target": "DELETED"}],
            timeline=[call("DeleteDBSnapshot", 5.0, SOURCE)],
        ),
    ],
    "selected": [
        replace(SELECTED, timeline=(change(0.0, "c", "Running"),)),
        replace(SELECTED, scenario=observed([SELECT | {"select": {"at_most": 0}}]).scenario),
        observed(
            [PAUSE | {"campaign_ids": ["c", "d"]}, PAUSE | {"id": "again", "of": "pause"}],
            execution(
                outcome(entry(PAUSE), entry(PAUSE, id="d"), entry(PAUSE | {"id": "again"}, id="c"))
            ),
        ),
    ],
    "newest": [
        replace(NEWEST, executions=(execution(outcome(entry(OF_SHOP, id=name))),))
        for name in (OLDER, SOURCE)
    ]
    + [
        replace(
            NEWEST,
            scenario=observed(
                [OF_SHOP | {"source": {"db_instance": "shop", "max_age_seconds": 99}}],
                world=SHOP,
            ).scenario,
        )
    ],
    "attempts": [
        replace(
            EXPORTED,
            timeline=(
                *(by("arn:0", each) for each in started("e-1", 1.0)),
                change(2.0, SOURCE, "FAILED"),
                *(by("arn:0", each) for each in started("e-2", 3.0)),
            ),
            exports=(export("e-1"), export("e-2")),
        )
    ],
    "deadlines": [
        replace(
            PAUSED,
            executions=(execution(outcome(entry(PAUSE, elapsed_seconds=3_721.0))),),
        )
    ],
    "no needless failure": [
        observed(
            [PAUSE | {"campaign_ids": ["own-0"]}],
            execution(outcome(entry(PAUSE, id="own-0", **FAILED))),
            timeline=[change(0.0, "own-0", "Running")],
        )
    ],
    "restored": [
        replace(
            RESTORED,
            executions=(
                execution(
                    outcome(entry(PAUSE), entry(RESTORE, ended_at=moment(2.0), reason=reason))
                ),
            ),
        )
        for reason in ("Untouched", "ChangedSince")
    ]
    + [
        replace(RESTORED, timeline=RESTORED.timeline[:-2]),
        replace(RESTORED, timeline=RESTORED.timeline[:1]),
    ],
    "after abort": [
        replace(ABORTED, timeline=ABORTED.timeline[:-2]),
        observed(
            [EXPORT | {"on_abort": "cancel"}],
            execution(outcome(entry(EXPORT)), status="ABORTED"),
            timeline=[*started("e-1", 1.0), change(500.0, SOURCE, "COMPLETE")],
            exports=(export("e-1"),),
        ),
        replace(
            CREATED,
            scenario=observed([CREATE | {"on_abort": "delete"}]).scenario,
            executions=(execution(outcome(entry(CREATE, id=SNAPSHOT)), status="ABORTED"),),
        ),
    ],
}


def test_a_clean_up_that_cannot_read_snapshots_may_leave_one() -> None:
    *_, seen = VIOLATIONS["after abort"]
    fault = {"operation": "DescribeDBSnapshots", "error": "InternalFailure", "rate": 0.5}
    hindered = replace(seen.scenario, world=seen.scenario.world | {"faults": [fault]})
    assert list(INVARIANTS["after abort"](replace(seen, scenario=hindered))) == []


def test_every_invariant_can_be_violated() -> None:
    assert set(VIOLATIONS) == set(INVARIANTS)


@pytest.mark.parametrize(
    ("name", "seen"), [(name, seen) for name, several in VIOLATIONS.items() for seen in several]
)
def test_a_violation_is_found(name: str, seen: Observed) -> None:
    assert name in broken(seen)


def test_a_call_is_legal_if_only_another_caller_made_it_illegal() -> None:
    raced = replace(
        PAUSED,
        timeline=(
            change(0.0, "c", "Running"),
            call("GetCampaignStateBatch", 0.5, "c"),
            change(0.8, "c", "Stopped"),
            call("PauseCampaign", 1.0, "c", answer="InvalidCampaignStateException"),
        ),
    )

    assert "legal" not in broken(raced)
