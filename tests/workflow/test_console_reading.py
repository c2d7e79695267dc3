"""The console's reading of real histories: one world, read while it runs and after its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import pytest

from console import actions
from console.errors import AmbiguousReference, NotRunning, RequestNotFound
from console.reading import Explanation, Rate, Reading, Request, RequestList, Resource, Slots
from console.stack import Stack
from localcloud.orchestrator import LocalOrchestrator
from localcloud.world import World
from tests.processes import shared_processes
from tests.workflow.export_scenes import own_id, source
from tools.synthesis import synthesise

PAUSE: Final = {
    "correlation_id": "nightly",
    "stages": [
        {"jobs": [{"id": "pause", "kind": "campaigns", "target": "PAUSED", "campaign_ids": ["a"]}]},
        {"jobs": [{"kind": "export", "target": "COMPLETE", "source_arn": source("shop")}]},
        {"run": "always", "jobs": [{"kind": "campaigns", "of": "pause", "target": "RESTORED"}]},
    ],
}
FLEET: Final = {
    "correlation_id": "fleet",
    "kind": "campaigns",
    "target": "PAUSED",
    "campaign_ids": [f"c-{number}" for number in range(60)],
}
QUEUE: Final = {
    "correlation_id": "queue",
    "jobs": [
        {
            "kind": "export",
            "target": "COMPLETE",
            "source_arn": source(f"q-{number}"),
            "on_abort": "cancel",
        }
        for number in range(3)
    ],
}
SELECT: Final = {
    "correlation_id": "select",
    "stages": [
        {"jobs": [{"kind": "campaigns", "target": "STOPPED", "select": {"name_prefix": "spring"}}]},
        {
            "jobs": [
                {"kind": "snapshot", "id": "snap", "db_instance": "shop", "target": "AVAILABLE"}
            ]
        },
        {"jobs": [{"kind": "export", "target": "COMPLETE", "source": {"of": "snap"}}]},
    ],
}
YOUNG: Final = {
    "correlation_id": "young",
    "kind": "export",
    "target": "COMPLETE",
    "source": {"db_instance": "late", "max_age_seconds": 93_600},
}
ADOPTED: Final = {
    "correlation_id": "adopted",
    "kind": "export",
    "target": "COMPLETE",
    "source_arn": source("running"),
}
FAILING: Final = {
    "correlation_id": "failing",
    "stages": [
        {"jobs": [{"kind": "campaigns", "target": "PAUSED", "campaign_ids": ["missing", "b"]}]},
        {"jobs": [{"kind": "campaigns", "target": "STOPPED", "campaign_ids": ["b"]}]},
    ],
}
THROTTLED: Final = {
    "correlation_id": "throttled",
    "kind": "campaigns",
    "target": "STOPPED",
    "campaign_ids": ["busy"],
}
REJECTED: Final = {"correlation_id": "rejected", "kind": "campaigns", "target": "PAUSE"}
DRY: Final = PAUSE | {"correlation_id": "dry", "dry_run": True}

SHORT: Final = {"starting_s": 60, "export_s": 120}

WORLD: Final[Mapping[str, Any]] = {
    "campaigns": [
        *({"id": name} for name in ("a", "b", "busy", *FLEET["campaign_ids"])),
        {"id": "s-1", "name": "spring-1"},
        {"id": "s-2", "name": "spring-2"},
    ],
    "databases": [{"id": "shop", "snapshot_s": 60, **SHORT}, {"id": "late"}],
    "snapshots": [
        *({"arn": source(name)} for name in ("q-0", "q-1", "q-2")),
        *({"arn": source(name), **SHORT} for name in ("shop", "running")),
        {"arn": source("late-1"), "db_instance": "late", "created_at_s": -200_000},
        {
            "arn": source("late-2"),
            "db_instance": "late",
            "created_at_s": 1_000,
            "creating_s": 300,
            **SHORT,
        },
    ],
    "exports": [
        {
            "export_id": own_id(source("running")),
            "source_arn": source("running"),
            "s3_prefix": "exports",
        }
    ],
    "limits": {"concurrent_exports": 2, "campaign_mutations_per_s": 2},
    "faults": [
        {
            "operation": "StopCampaign",
            "error": "ThrottlingException",
            "times": 2,
            "campaign_id": "busy",
        },
        {"operation": "DescribeDBInstances", "error": "Throttling", "times": 1},
    ],
}


@dataclass
class Scene:
    """What was read, by the correlation id of the request."""

    early: dict[str, Request] = field(default_factory=dict)
    later: dict[str, Request] = field(default_factory=dict)
    aborted: dict[str, Request] = field(default_factory=dict)
    ended: dict[str, Request] = field(default_factory=dict)
    why_early: dict[str, Explanation] = field(default_factory=dict)
    why_aborted: dict[str, Explanation] = field(default_factory=dict)
    why: dict[str, Explanation] = field(default_factory=dict)
    slots: list[Slots] = field(default_factory=list)
    rates: tuple[Rate, ...] = ()
    listed: list[RequestList] = field(default_factory=list)
    arns: dict[str, str] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)


REQUESTS: Final[tuple[dict[str, Any], ...]] = (
    PAUSE, FLEET, QUEUE, SELECT, YOUNG, ADOPTED, FAILING, THROTTLED, REJECTED, DRY
)  # fmt: skip


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with (
        LocalOrchestrator(
            World.model_validate(WORLD), synthesise(), processes=shared_processes()
        ) as orchestrator,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ENDPOINT_URL", orchestrator.aws.endpoint)
        session = boto3.Session("test", "test", region_name="us-east-1")
        yield play(orchestrator, session)


def play(orchestrator: LocalOrchestrator, session: boto3.Session) -> Scene:
    """Send the requests, and read them at several moments; time stands still meanwhile."""
    scene, clock = Scene(), orchestrator.clock
    ticks = iter(range(0, 10_000_000, 100))
    orchestrator.begin()
    with clock.held():
        stack = Stack.find(session)
        reading = Reading(stack, session, lambda: float(next(ticks)))
        scene.arns = {
            str(request["correlation_id"]): actions.start(stack, session, request)
            for request in REQUESTS
        }

    def read_all(into: dict[str, Request], why: dict[str, Explanation] | None = None) -> None:
        with clock.held():
            for name, arn in scene.arns.items():
                into[name] = reading.request(arn)
                if why is not None:
                    why[name] = reading.why(arn)

    clock.sleep(3)
    read_all(scene.early, scene.why_early)
    with clock.held():
        scene.slots.append(reading.slots())
        scene.rates = reading.rates()
        scene.listed.append(reading.list(status="RUNNING", limit=4))
    clock.sleep(400)
    read_all(scene.later)
    with clock.held():
        actions.cancel(stack, session, scene.arns["queue"], "not needed any more")
        with pytest.raises(NotRunning):
            actions.cancel(stack, session, scene.arns["rejected"], "too late")
        scene.arns["again"] = actions.again(stack, session, scene.arns["rejected"])
    clock.sleep(10)
    read_all(scene.aborted)
    clean_up = scene.aborted["queue"].clean_up
    assert clean_up is not None
    scene.arns["clean-up"] = clean_up.execution_arn
    read_all(scene.aborted, scene.why_aborted)
    clock.sleep(2_000)
    read_all(scene.ended, scene.why)
    with clock.held():
        scene.listed += [
            reading.list(),
            reading.list(limit=4),
            reading.list(text="REJECT"),
            reading.list(text="3 of 3 reached"),
        ]
        scene.listed.append(reading.list(limit=4, page=scene.listed[2].next))
        assert reading.request("young") == scene.ended["young"]
        with pytest.raises(AmbiguousReference):
            reading.request("rejected")
        with pytest.raises(RequestNotFound):
            reading.request("nobody's")
        with pytest.raises(RequestNotFound):
            reading.request(stack.state_machine_arn)
        scene.usage = reading.usage()
    return scene


def only(request: Request, resource_id: str, job: str | None = None) -> Resource:
    [found] = [
        each for each in request.resources if each.id == resource_id and job in (None, each.job)
    ]
    return found


def states(resource: Resource) -> list[tuple[str | None, str]]:
    return [(span.state, span.phase) for span in resource.spans]


def marks(resource: Resource, *types: str) -> list[str]:
    return [mark.text for mark in resource.marks if mark.type in types]


def phases(request: Request) -> list[str]:
    return [stage.phase for stage in request.stages]


def test_a_campaign_is_paused_and_restored(scene: Scene) -> None:
    early, ended = scene.early["nightly"], scene.ended["nightly"]
    assert [stage.phase for stage in early.stages] == ["COMPLETE", "IN_PROGRESS", "PENDING"]
    paused, restored = only(ended, "a", "pause"), only(ended, "a", "2.0")
    assert states(paused) == [("Running", "IN_PROGRESS"), ("Paused", "COMPLETE")]
    assert marks(paused, "poll", "mutation") == ["Running", "PauseCampaign accepted", "Paused"]
    assert marks(restored, "mutation") == ["ResumeCampaign accepted"]
    assert (restored.initial_state, restored.state, restored.reason) == (
        *("Paused", "Running"),
        "TargetReached",
    )
    assert phases(ended) == ["COMPLETE"] * 3
    assert isinstance(ended.outcome, dict)
    assert ended.outcome["correlation_id"] == "nightly"


def test_an_export_waits_for_a_slot_and_is_woken(scene: Scene) -> None:
    queued = only(scene.early["nightly"], source("shop"))
    assert (queued.phase, queued.state) == ("QUEUED", None)
    assert queued.wait is not None
    assert queued.wait.state_name == "AwaitExportSlot"
    assert queued.wait.reason.startswith("waits for a slot since 00:00:02 UTC, 2 of 5 in use")
    assert queued.wait.until is not None
    assert queued.wait.since < queued.wait.until
    complete = only(scene.ended["nightly"], source("shop"))
    assert states(complete)[:2] == [(None, "QUEUED"), ("STARTING", "IN_PROGRESS")]
    assert states(complete)[-1] == ("COMPLETE", "COMPLETE")
    assert "an event ended the wait" in marks(complete, "wake")
    assert [text.partition(":")[0] for text in marks(complete, "mutation")] == ["StartExportTask"]
    assert (complete.percent, complete.wait) == (100, None)


def test_a_fleet_waits_for_the_rate(scene: Scene) -> None:
    fleet = scene.early["fleet"]
    assert len(fleet.resources) == 60
    assert [len(child.resource_ids) for child in fleet.children] == [25, 25, 10]
    assert fleet.waits_for is not None
    assert "35 campaigns: waits for its turn in the rate of 1 per second" in fleet.waits_for
    assert {each.phase for each in scene.ended["fleet"].resources} == {"COMPLETE"}
    mutations = [marks(each, "mutation") for each in scene.ended["fleet"].resources]
    assert mutations == [["PauseCampaign accepted"]] * 60


def test_throttles_and_retries_are_marked(scene: Scene) -> None:
    busy = only(scene.ended["throttled"], "busy")
    assert marks(busy, "throttle", "mutation") == [
        *["StopCampaign throttled"] * 2,
        "StopCampaign accepted",
    ]
    assert busy.throttles == 2


def test_another_callers_export_is_continued_with(scene: Scene) -> None:
    adopted = only(scene.early["adopted"], source("running"))
    [handover] = marks(adopted, "handover")
    assert own_id(source("running")) in handover
    assert marks(adopted, "mutation") == []
    assert adopted.wait is not None
    assert adopted.wait.until is not None
    until = adopted.wait.until[11:19]
    assert adopted.wait.reason == f"next poll at {until} UTC, {adopted.percent} %"


def test_jobs_are_resolved_when_their_stage_begins(scene: Scene) -> None:
    early, ended = scene.early["select"], scene.ended["select"]
    assert [(each.job, each.id, each.phase) for each in early.resources] == [
        ("0.0", "s-1", "IN_PROGRESS"),
        ("0.0", "s-2", "IN_PROGRESS"),
        ("snap", "shop", "PENDING"),
        ("2.0", "2.0", "PENDING"),
    ]
    assert [each.name for each in ended.resources[:2]] == ["spring-1", "spring-2"]
    snapshot, export = ended.resources[2:]
    assert snapshot.id == export.id
    assert states(snapshot) == [("creating", "IN_PROGRESS"), ("available", "COMPLETE")]
    assert marks(snapshot, "mutation") == [f"CreateDBSnapshot: {snapshot.id.rpartition(':')[2]}"]


def test_a_snapshot_is_waited_for(scene: Scene) -> None:
    late = only(scene.early["young"], "late")
    assert late.phase == "PENDING"
    assert late.wait is not None
    assert late.wait.reason.startswith(
        "waits for a snapshot of late younger than 26 hours until 2026-01-02 00:00:00 UTC"
    )
    chosen = only(scene.ended["young"], source("late-2"))
    assert states(chosen)[:2] == [(None, "PENDING"), (None, "IN_PROGRESS")]


def test_a_failure_is_explained_by_its_first_cause(scene: Scene) -> None:
    failing, why = scene.ended["failing"], scene.why["failing"]
    assert phases(failing) == ["FAILED", "SKIPPED"]
    assert [each.reason for each in failing.resources] == [
        *("CampaignNotFound", "TargetReached"),
        "StageSkipped",
    ]
    assert why.headline.startswith("1 of 3 resources failed, first missing: CampaignNotFound")
    assert why.lines[0].startswith("missing (PAUSED): CampaignNotFound: the campaign does not")
    assert why.hint == "a campaign exists in one of the two APIs: try the other `api_version`"


def test_an_abort_is_explained_with_its_clean_up(scene: Scene) -> None:
    before, after, why = scene.aborted["queue"], scene.ended["queue"], scene.why["queue"]
    assert before.clean_up is not None
    assert before.clean_up.status == "RUNNING"
    assert before.clean_up.cleans_up == scene.arns["queue"]
    assert before.outcome is None
    assert phases(before) == phases(after) == ["FAILED"]
    assert only(before, source("q-0")).state == "IN_PROGRESS"
    assert only(after, source("q-0")).state == "CANCELED"
    assert only(after, source("q-1")).reason == "ExecutionAborted"
    assert why.headline == "ExecutionAborted: the execution was aborted (not needed any more)"
    assert any("in the clean-up: TargetReached: export" in line for line in why.lines)
    assert why.lines[-1].startswith("the outcome was published on the event bus")


def test_a_clean_up_is_a_request_too(scene: Scene) -> None:
    waiting, ended = scene.aborted["clean-up"], scene.ended["clean-up"]
    assert waiting.waits_for is not None
    assert waiting.waits_for.endswith("for what functions may still start")
    assert scene.why_aborted["clean-up"].headline.endswith(waiting.waits_for)
    assert ended.summary.cleans_up == scene.arns["queue"]
    assert source("q-0") in {each.id for each in ended.resources}
    assert {(each.target, each.state) for each in ended.resources} == {("CANCELED", "CANCELED")}
    assert phases(ended) == ["COMPLETE"]


def test_a_rejection_is_explained_by_its_faults(scene: Scene) -> None:
    rejected, why = scene.ended["rejected"], scene.why["rejected"]
    assert (*rejected.stages, *rejected.resources, *rejected.children) == ()
    assert why.lines[0].startswith("target must be one of RUNNING, PAUSED")
    assert rejected.steps[-1].state_name == "RequestRejected"
    assert rejected.steps[-1].error == "RequestRejected"


def test_a_dry_run_shows_what_it_would_do(scene: Scene) -> None:
    dry = scene.ended["dry"]
    assert dry.summary.dry_run
    assert phases(dry) == ["PLANNED"] * 3
    assert [(each.state, each.would) for each in dry.resources] == [
        ("Running", ("PauseCampaign",)),
        (None, ("StartExportTask",)),
        ("Paused", ("ResumeCampaign",)),
    ]


def test_the_graph_has_the_visits_of_all_executions(scene: Scene) -> None:
    nodes = {node.id: node for node in scene.early["queue"].graph.nodes}
    assert (nodes["AwaitExportSlot"].active, nodes["AwaitExportEvent"].active) == (2, 1)
    assert nodes["RunJobs"].active == 1
    assert nodes["AwaitExportSlot"].child
    assert not nodes["RunJobs"].child
    edges = scene.early["queue"].graph.edges
    assert [(each.from_, each.to) for each in edges if each.type == "for_each"] == [
        ("RunJobs", "WhichKind")
    ]


def test_a_running_request_says_what_would_end_its_wait(scene: Scene) -> None:
    why = scene.why_early["queue"]
    assert why.headline.startswith("queue waits: 2 exports: waits for a slot")
    assert any("No slot is free, or the source is busy." in line for line in why.lines)
    assert why.hint is not None
    assert "cancel one that nobody needs" in why.hint


def test_slots_and_rates_are_those_of_the_account(scene: Scene) -> None:
    [slots] = scene.slots
    assert (slots.used, slots.limit) == (2, 5)
    assert {each.source_arn for each in slots.exports} == {source("running"), source("q-0")}
    rates = {rate.name: rate for rate in scene.rates}
    assert rates["campaign-mutations"].per_second == 1
    assert rates["campaign-mutations"].reserved_seconds > 5


def test_lists_are_filtered_and_paged(scene: Scene) -> None:
    running, everything, first, rejected, nightly, second = scene.listed
    assert [each.status for each in running.requests] == ["RUNNING"] * 4
    assert running.next is not None
    assert len(everything.requests) == len(REQUESTS) + 2
    assert everything.next is None
    assert everything.complete
    assert first.requests + second.requests == everything.requests[:8]
    assert {each.correlation_id for each in rejected.requests} == {"rejected"}
    assert [each.correlation_id for each in nightly.requests] == ["nightly"]


def test_what_has_ended_is_not_read_again(scene: Scene) -> None:
    """Fourteen executions with their children, read at four moments and in lists."""
    assert scene.usage["GetExecutionHistory"] <= 130
    assert scene.usage["DescribeStateMachineForExecution"] == len(REQUESTS) + 2
