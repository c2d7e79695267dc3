"""What the comparison says of runs, from ledgers written by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from bench.compare.cases import HOME, Case, Fault, Job, Kind, case, cases
from bench.compare.dag_run import DagRun, State, Task
from bench.compare.measure import End, Result, Run, Said, Timeline, doubled, noticed_after, result
from bench.compare.page import cost, page
from infra.project import ROOT
from localcloud.clock import Event, VirtualClock
from localcloud.simulators.ledger import Call, Change
from localcloud.world import World

SOURCE = f"{HOME}:snapshot:shop"
STARTED = Change(5.0, SOURCE, "STARTING")
COMPLETE = Change(905.0, SOURCE, "COMPLETE")


def call(operation: str, at_s: float, *resources: str, answer: str | None = None) -> Call:
    return Call(operation, at_s, resources, answer, illegal=False, took_effect=answer is None)


def start(at_s: float = 5.0) -> Call:
    return call("StartExportTask", at_s, f"nightly-{at_s:g}", SOURCE)


def window(*campaigns: str) -> Job:
    return Job(Kind.WINDOW, campaigns=campaigns, sources=(SOURCE,))


def run(
    job: Job,
    *timeline: Call | Change,
    said: Said = Said.DONE,
    fault: Fault | None = None,
    rival_of: str | None = None,
) -> Run:
    action = {"at_s": 1, "operation": "StopCampaign", "campaign_id": rival_of}
    world = World.model_validate(
        {
            "campaigns": [{"id": name} for name in job.campaigns],
            "actions": [action] if rival_of else [],
        }
    )
    return Run(Case(0, job, world, fault), said, 1_000.0, timeline)


def end(*given: Any, **more: Any) -> End:
    return result(run(*given, **more)).end


PAUSED_AND_RESUMED: Timeline = (
    Change(0.0, "one", "Running"),
    Change(0.0, "two", "Paused"),
    Change(1.0, "one", "Paused"),
    call("PauseCampaign", 1.0, "one"),
    STARTED,
    start(),
    COMPLETE,
    Change(906.0, "one", "Running"),
    call("ResumeCampaign", 906.0, "one"),
)


def test_what_is_done_and_said_to_be_done_is_right() -> None:
    assert end(window("one", "two"), *PAUSED_AND_RESUMED) is End.RIGHT


def test_a_campaign_that_had_not_run_is_not_to_be_resumed() -> None:
    resumed = (Change(907.0, "two", "Running"), call("ResumeCampaign", 907.0, "two"))

    assert end(window("one", "two"), *PAUSED_AND_RESUMED, *resumed) is End.RESUMED


@pytest.mark.parametrize("said", [Said.FAILED, Said.ABORTED])
def test_a_campaign_that_ran_is_not_to_be_left_paused(said: Said) -> None:
    paused = [entry for entry in PAUSED_AND_RESUMED if entry.at_s < 906.0]

    assert end(window("one", "two"), *paused) is End.UNTRUE
    assert end(window("one", "two"), *paused, said=said) is End.LEFT


def test_an_export_that_is_started_while_a_campaign_runs_is_not_what_was_asked() -> None:
    ran = (Change(0.0, "one", "Running"), STARTED, start(), COMPLETE)

    assert end(window("one"), *ran) is End.UNTRUE


def test_a_campaign_that_another_caller_stopped_is_nobodys_fault() -> None:
    stopped = [entry for entry in PAUSED_AND_RESUMED if entry.at_s < 906.0]
    stopped.append(Change(950.0, "one", "Stopped"))
    job = window("one", "two")

    assert end(job, *stopped, fault=Fault.RIVAL, rival_of="one") is End.RIGHT
    assert end(job, *stopped, fault=Fault.RIVAL, rival_of="one", said=Said.FAILED) is End.RIGHT


def test_a_failure_is_right_only_if_the_job_could_not_be_done() -> None:
    job = Job(Kind.EXPORTS, sources=(SOURCE,))
    failed = (STARTED, start(), Change(300.0, SOURCE, "FAILED"))

    assert end(job, *failed, said=Said.FAILED, fault=Fault.FAILED) is End.RIGHT
    assert end(job, *failed, fault=Fault.FAILED) is End.UNTRUE
    assert end(job, said=Said.FAILED, fault=Fault.SLOTS) is End.NEEDLESS


@pytest.mark.parametrize("said", [Said.FAILED, Said.ABORTED])
def test_an_export_that_nobody_waits_for_is_left_behind(said: Said) -> None:
    left = result(run(Job(Kind.EXPORTS, sources=(SOURCE,)), STARTED, start(), said=said))

    assert (left.end, left.running) == (End.LEFT, 1)


def test_a_new_snapshot_is_to_be_exported_and_deleted() -> None:
    job = Job(Kind.FRESH, database="shop")
    exported = (
        Change(0.0, SOURCE, "creating"),
        call("CreateDBSnapshot", 0.0, f"{HOME}:db:shop", SOURCE),
        Change(5.0, SOURCE, "available"),
        STARTED,
        start(),
        COMPLETE,
    )
    deleting = Change(906.0, SOURCE, "deleting")

    assert end(job, *exported, deleting) is End.RIGHT
    assert end(job, *exported) is End.UNTRUE
    assert result(run(job, *exported, said=Said.FAILED)).snapshots == 1


def test_a_campaign_that_another_caller_stopped_is_stopped() -> None:
    job = Job(Kind.STOP, campaigns=("one",))
    stopped = (Change(0.0, "one", "Running"), Change(1.0, "one", "Stopped"))

    assert end(job, *stopped, fault=Fault.RIVAL, rival_of="one") is End.RIGHT
    assert end(job, *stopped[:1]) is End.UNTRUE
    assert end(job, *stopped, said=Said.FAILED, fault=Fault.RIVAL) is End.NEEDLESS


def test_a_second_start_is_doubled_unless_the_first_export_failed() -> None:
    job = Job(Kind.EXPORTS, sources=(SOURCE,))
    failed = Change(300.0, SOURCE, "FAILED")
    again = (Change(400.0, SOURCE, "STARTING"), start(400.0))

    assert doubled(run(job, STARTED, start(), COMPLETE, *again)) == 1
    assert doubled(run(job, STARTED, start(), failed, *again)) == 0


def test_an_end_is_noticed_when_something_is_done_about_it() -> None:
    job = Job(Kind.EXPORTS, sources=(SOURCE,))
    read = call("DescribeExportTasks", 910.0, "nightly", SOURCE)
    resumed = call("ResumeCampaign", 920.0, "one", answer="ThrottlingException")

    assert noticed_after(run(job, STARTED, start(), COMPLETE, read)) == 95.0
    assert noticed_after(run(job, STARTED, start(), COMPLETE, read, resumed)) == 15.0
    assert noticed_after(run(job, STARTED, start())) is None


def test_calls_are_counted_by_their_answers() -> None:
    throttled = call("PauseCampaign", 1.0, "one", answer="ThrottlingException")
    illegal = Call("ResumeCampaign", 2.0, ("one",), "x", illegal=True, took_effect=False)

    counted = result(run(Job(Kind.STOP), throttled, illegal, start()))

    assert (counted.calls, counted.throttled, counted.illegal) == (3, 1, 1)


def test_a_run_costs_transitions_functions_or_a_machine() -> None:
    idle = result(run(Job(Kind.STOP)))

    assert cost(idle) == 0.0
    assert cost(idle._replace(transitions=1_000)) == pytest.approx(0.025)
    assert cost(idle._replace(invocations=1)) > 0.0
    assert cost(idle._replace(process_s=3_600.0)) == pytest.approx(0.009875)


def test_a_case_has_the_same_job_without_its_fault_and_is_the_same_each_time() -> None:
    every = list(cases())

    assert {each.fault for each in every} == {None, *Fault}
    assert len({each.name for each in every}) == len(every)
    for each in every:
        assert case(each.job.kind, each.number, None).job == each.job
        assert case(each.job.kind, each.number, each.fault) == each
        assert (each.abort_at_s is not None) == (each.fault is Fault.ABORT)


class Tasks:
    """Runs tasks whose attempts take ten seconds, and fail as often as is said."""

    def __init__(self, *tasks: Task, fails: Mapping[str, int] | None = None) -> None:
        self.clock = VirtualClock()
        self.tasks = tasks
        self.fails = dict(fails or {})
        self.began: list[tuple[str, float]] = []
        self.states: dict[str, State] = {}

    def execute(
        self, task: Task, attempt: int, _: Mapping[str, Any], interrupt: Event
    ) -> dict[str, Any]:
        self.began.append((task.id, self.clock.now() - self.clock.origin))
        if interrupt.wait(10.0):
            return {"said": "aborted"}
        if attempt <= self.fails.get(task.id, 0):
            return {"said": "failed"}
        return {"said": "done", "value": None}

    def finish(self, abort_after_s: float | None = None) -> Said:
        with self.clock.turn("a test"):
            dag_run = DagRun(self.tasks, self.execute, self.clock, slots=2)
            said = dag_run.finish(abort_after_s)
        self.states = dag_run.states
        return said


FIND = Task("find")
EXPORT = Task("export", upstream=("find",), retries=1, retry_delay_s=300.0)
AFTER = Task("after", upstream=("export",))
RESUME = Task("resume", upstream=("export", "find"), setups=("find",), is_teardown=True)


def test_a_task_that_fails_is_retried_after_its_delay() -> None:
    tasks = Tasks(FIND, EXPORT, AFTER, RESUME, fails={"export": 1})

    assert tasks.finish() is Said.DONE
    assert tasks.began == [
        ("find", 0.0),
        ("export", 10.0),
        ("export", 320.0),
        ("after", 330.0),
        ("resume", 330.0),
    ]


def test_after_a_failure_only_teardowns_run_and_do_not_hide_it() -> None:
    tasks = Tasks(FIND, EXPORT, AFTER, RESUME, fails={"export": 2})

    assert tasks.finish() is Said.FAILED
    assert tasks.states["after"] is State.UPSTREAM_FAILED
    assert tasks.states["resume"] is State.SUCCESS


def test_a_teardown_does_not_run_if_its_setup_failed() -> None:
    tasks = Tasks(FIND, EXPORT, RESUME, fails={"find": 1})

    assert tasks.finish() is Said.FAILED
    assert tasks.states["resume"] is State.UPSTREAM_FAILED


@pytest.mark.parametrize("at_s", [15.0, 100.0])
def test_an_abort_kills_what_runs_or_waits_and_runs_teardowns(at_s: float) -> None:
    tasks = Tasks(FIND, EXPORT, AFTER, RESUME, fails={"export": 1})

    assert tasks.finish(at_s) is Said.ABORTED
    assert tasks.states["after"] is State.SKIPPED
    assert tasks.began[-1] == ("resume", at_s)


def test_a_pool_limits_how_many_tasks_run_at_once() -> None:
    tasks = Tasks(*(Task(f"export-{number}", pool="exports") for number in range(3)))

    assert tasks.finish() is Said.DONE
    assert [at_s for _, at_s in tasks.began] == [0.0, 0.0, 10.0]


def some_result(job: Case) -> Result:
    ended = result(run(Job(Kind.STOP)))
    return ended._replace(
        case=job.name, kind=job.job.kind, fault=job.fault, noticed_after_s=1.5, calls=3
    )


def test_the_page_is_one_that_the_command_writes() -> None:
    results = [some_result(each) for each in cases()]
    made = page([results] * 6)
    written = (ROOT / "docs" / "comparison.md").read_text("utf-8")

    assert without_numbers(written) == without_numbers(made)


def without_numbers(text: str) -> str:
    return re.sub(r"[\d,.]*\d", "0", text)
