"""What is known of a run, from the histories of its children, the simulators and the outcome."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from commandline.progress import Progress, Request
from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports.contract import ExportTarget
from lambdas.exports.work import ExportSpec, ExportWork
from lambdas.jobs.pass_result import PassResult, TaskError, last_pass, next_pass
from lambdas.jobs.phases import Phase
from lambdas.jobs.work import Work
from localcloud import progress
from localcloud.patches import ChildHistory
from localcloud.progress import ProgressReader
from localcloud.runs import Run

SOURCE = "arn:aws:rds:us-east-1:123456789012:snapshot:shop"
NOW = 1_000_000.0


def campaigns(*ids: str) -> CampaignWork:
    return CampaignWork(
        kind="campaigns",
        key="0.0.0",
        job_label="0.0",
        api_version=ApiVersion.V2,
        target=CampaignTarget.PAUSED,
        deadline_seconds=60,
        open={name: CampaignProgress(state="Paused") for name in ids},
    )


def export() -> ExportWork:
    spec = ExportSpec(source_arn=SOURCE, target=ExportTarget.COMPLETE)
    return ExportWork(kind="export", key="0.1", job_label="0.1", job=spec)


def child(work: Work, result: PassResult | None = None, status: str = "RUNNING") -> ChildHistory:
    entered = {"stateEnteredEventDetails": {"name": "AwaitCampaigns"}}
    events: tuple[dict[str, Any], ...] = (entered,)
    if result is not None:
        answer = {
            "resource": "invoke",
            "output": json.dumps({"Payload": result.model_dump(mode="json", by_alias=True)}),
        }
        events = ({"taskSucceededEventDetails": answer}, entered)
    return ChildHistory(
        name="child",
        execution_arn=f"arn:{work.key}",
        index=0,
        item={"work": work.model_dump(mode="json")},
        status=status,
        output=None,
        error=None,
        cause=None,
        events=events,
    )


def read(
    monkeypatch: pytest.MonkeyPatch,
    *children: ChildHistory,
    run: Run | None = None,
    states: dict[str, Any] | None = None,
    percents: dict[str, int] | None = None,
) -> Progress:
    monkeypatch.setattr(progress, "child_histories", lambda _arn: list(children))
    orchestrator: Any = SimpleNamespace(
        seconds=lambda: 20.0,
        world_seconds=lambda epoch_seconds: epoch_seconds - NOW,
        simulators=SimpleNamespace(
            ledger=SimpleNamespace(states=states or {}), export_percents=lambda: percents or {}
        ),
    )
    runs: Any = SimpleNamespace(all=[run or Run("arn:request")])
    return ProgressReader(orchestrator, runs).read()


def rows(known: Progress) -> list[tuple[str, str, str]]:
    return [(found.name, found.status, found.detail) for found in known.resources]


def test_what_is_open_has_its_state_and_what_has_ended_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = campaigns("open", "done", "warned", "failed")
    end: dict[str, Any] = {"reason": "R", "now": NOW + 9}
    work = work.close("done", phase=Phase.COMPLETE, message="", **end)
    work = work.close("warned", phase=Phase.COMPLETE, message="", warnings=("late",), **end)
    work = work.close("failed", phase=Phase.FAILED, message="why\nand\x1b[1mhow", **end)
    result = next_pass(work, Phase.IN_PROGRESS, 5)
    given = campaigns("open", "done", "warned", "failed")

    known = read(
        monkeypatch, child(given, result), states={"open": ((0.0, "Running"), (12.4, "Paused"))}
    )

    assert sorted(rows(known)) == [
        ("done", "COMPLETE", "Paused"),
        ("failed", "FAILED", "R: why\\nand\\x1b[1mhow"),
        ("open", "IN_PROGRESS", "Paused since 12 s"),
        ("warned", "WARNING", "late"),
    ]
    ends = {found.name: found.ended_at_s for found in known.resources}
    assert ends == {"done": 9.0, "failed": 9.0, "open": None, "warned": 9.0}
    assert known.requests == (Request("request", "RUNNING", "AwaitCampaigns"),)


def test_a_running_export_has_a_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    states = {SOURCE: ((300.0, "IN_PROGRESS"),)}

    known = read(monkeypatch, child(export()), states=states, percents={SOURCE: 42})

    assert rows(known) == [("snapshot:shop", "IN_PROGRESS", "IN_PROGRESS 42% since 300 s")]


def test_the_phase_of_the_last_pass_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    queued = next_pass(export(), Phase.QUEUED, 5)

    assert rows(read(monkeypatch, child(export(), queued))) == [("snapshot:shop", "QUEUED", "")]


def test_the_end_of_a_child_is_the_end_of_all_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = campaigns("a").close("a", phase=Phase.COMPLETE, reason="R", message="", now=NOW)
    ended = child(campaigns("a"), last_pass(done, Phase.COMPLETE), "SUCCEEDED")
    broken = campaigns("b").replace(key="0.0.1")
    error = TaskError(Error="Lambda.Unknown", Cause="it crashed")
    failed = PassResult(key=broken.key, phase=Phase.FAILED, work=broken, error=error, ended_at=0)
    aborted = campaigns("c").replace(key="0.0.2")

    known = read(
        monkeypatch, ended, child(broken, failed, "SUCCEEDED"), child(aborted, None, "ABORTED")
    )

    assert rows(known) == [
        ("a", "COMPLETE", "Paused"),
        ("b", "FAILED", "Lambda.Unknown: it crashed"),
        ("c", "FAILED", "ABORTED"),
    ]


def test_the_outcome_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = campaigns("later").fail_all(reason="StageSkipped", message="", now=NOW).entries
    outcome = {
        "summary": "2 of 2\ndid not",
        "resources": [entry.model_dump(mode="json") for entry in skipped],
    }

    known = read(
        monkeypatch,
        child(campaigns("a"), status="ABORTED"),
        run=Run("arn:request", "FAILED", outcome),
    )

    assert rows(known) == [("later", "FAILED", "StageSkipped")]
    assert known.requests == (Request("request", "FAILED", "2 of 2\\ndid not"),)
