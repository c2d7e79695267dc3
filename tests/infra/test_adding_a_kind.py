"""A kind is added by its folder and a few lines: validation, plan and graph know it then."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.project import ROOT
from tests.added_kind.product import EDITS, run

MOST_FILES = 9
ASKED = """
import json
from tools import diagram
from tools.synthesis import synthesise, template_of
from lambdas.exports.clean_up import left_behind
from lambdas.jobs import clean_ups
from lambdas.jobs.registry import kind_named
from lambdas.requests.acceptance import RequestRejected, parse
from lambdas.requests.plan import Trace, advance, plan
from lambdas.waiting.events import waiters_for

HOME = {"region": "us-east-1", "account": "123456789012"}

def faults(request):
    try:
        parse(request, **HOME)
    except RequestRejected as rejection:
        return [[fault.field, fault.rule] for fault in rejection.faults]


job = {"kind": "timer", "name": "tea", "seconds": 120, "target": "RUNG"}
campaign = {"kind": "campaigns", "campaign_ids": ["c-1"], "target": "PAUSED"}
request = parse({"stages": [{"jobs": [campaign, job]}, {"jobs": [job]}]}, **HOME)
planned = plan(request, Trace(correlation_id="any", execution_arn="any"), 0.0)
carried = type(planned).model_validate(json.loads(planned.model_dump_json()))
template = template_of(synthesise())
graphs = dict(diagram.graphs(diagram.definition(template)))
print(json.dumps({
    "running": [[type(work).__name__, work.key] for work in carried.running],
    "skipped": [
        [entry.kind, entry.id, entry.reason] for entry in advance(carried, [], 5.0).entries
    ],
    "bad target": faults(job | {"target": "SILENT"}),
    "too many": faults({"jobs": [job] * 4}),
    "no kind": faults({"jobs": [{"target": "RUNG"}]}),
    "cleaned up": [read.__module__ for read in clean_ups.READERS],
    "waiters": [whom.on for whom in waiters_for({"source": "timers"})],
    "alarms": [name for name in template["Resources"] if "Throttled" in name],
    "states": {name: state for graph in graphs.values() for name, state in graph.items()},
}))
"""


@pytest.fixture(scope="module")
def report(product: Path) -> dict[str, Any]:
    """What the product reports of timers when they have been added."""
    answer: dict[str, Any] = json.loads(run(product, "-c", ASKED).splitlines()[-1])
    return answer


def test_the_validation_accepts_a_job_of_the_kind_and_names_its_faults(
    report: dict[str, Any],
) -> None:
    assert report["bad target"] == [["target", 'must be one of RUNG; got "SILENT"']]
    assert report["too many"] == [["request", "names 4 timers; at most 3"]]
    ((field, rule),) = report["no kind"]
    assert field == "jobs[0].kind"
    assert "timer" in rule


def test_the_plan_has_its_work_and_reads_it_again(report: dict[str, Any]) -> None:
    assert report["running"] == [["CampaignWork", "0.0.0"], ["TimerWork", "0.1"]]
    assert report["skipped"] == [
        ["campaigns", "c-1", "JobLost"],
        ["timer", "tea", "JobLost"],
        ["timer", "tea", "StageSkipped"],
    ]


def test_the_graph_has_its_loop(report: dict[str, Any]) -> None:
    states = report["states"]
    routes = {each["Condition"]: each["Next"] for each in states["WhichKind"]["Choices"]}
    assert routes["{% $states.input.work.kind = 'timer' %}"] == "ReconcileTimer"
    assert states["ReconcileTimer"]["Next"] == "RouteTimer"
    assert states["RouteTimer"]["Default"] == "AwaitTimer"
    assert states["AwaitTimer"]["Resource"].endswith("putItem.waitForTaskToken")
    assert states["AwaitTimer"]["Next"] == "ReconcileTimer"
    assert states["AwaitTimer"]["Catch"][-1]["Next"] == "AwaitNextPollOfTimer"
    (outcome, *_) = (each["Output"]["outcome"] for each in states["AdvancePlan"]["Catch"])
    assert "$work.kind = 'timer' ? $entry($work, [$work.name]" in outcome


def test_its_events_and_its_clean_up_are_reached(report: dict[str, Any]) -> None:
    assert report["waiters"] == ["waiter#timers"]
    assert "lambdas.timers.clean_up" in report["cleaned up"]


def test_it_is_watched(report: dict[str, Any]) -> None:
    assert any("TimersThrottled" in name for name in report["alarms"])


def test_few_files_are_changed_and_the_page_names_each_of_them() -> None:
    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## Adding a kind of job\n(.*?)^## ", page, re.DOTALL | re.MULTILINE)
    named = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    assert {edit.path for edit in EDITS} <= set(named)
    assert len(named) <= MOST_FILES
    for path in named:
        assert Path(ROOT, path).is_file(), path
