"""What the measurements say of a run, whatever it measured."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bench.measured import Measured
from bench.plot import Watch, cadence_plot
from bench.scenarios import EVENTS_DELIVERED, EVENTS_DROPPED, ONE_FLEET, Requirement
from bench.table import bound_text, missed, page, value_text

STATES = [(5.0, "STARTING"), (605.0, "IN_PROGRESS"), (3605.0, "COMPLETE")]


def measured(describes: int = 9, noticed_after: float | None = 1.5) -> Measured:
    return Measured(
        report={
            "calls": {"DescribeExportTasks": describes, "StartExportTask": 1},
            "state_transitions": 38,
            "lambda_invocations": {"ReconcileExport": describes, "WakeWaiters": 1},
            "simulated_seconds": 3610.2,
            "exports_started": 1,
            "max_concurrent_exports": 1,
            "resources": [{"phase": "COMPLETE", "noticed_after_seconds": noticed_after}],
        },
        describes_at=[5.0, 185.0, 3607.0],
        states={"arn": STATES},
    )


def fleet() -> Measured:
    return Measured(
        report={
            "calls": {"GetCampaignStateBatch": 5, "StopCampaign": 55},
            "throttled": {"StopCampaign": 3},
            "mutations": {"first_at_s": 2.0, "last_at_s": 51.5},
            "state_transitions": 20,
            "lambda_invocations": {"ReconcileCampaigns": 4, "AdvancePlan": 3},
            "simulated_seconds": 61.2,
            "resources": [
                {"phase": "COMPLETE", "noticed_after_seconds": 2.0},
                {"phase": "FAILED", "noticed_after_seconds": None},
            ],
        },
        describes_at=(),
        states={},
    )


def test_a_run_within_its_bounds_misses_nothing() -> None:
    assert list(missed([(EVENTS_DELIVERED, measured())])) == []


def test_a_miss_is_reported_with_both_numbers() -> None:
    [miss] = missed([(EVENTS_DELIVERED, measured(describes=12))])

    assert miss.endswith("DescribeExportTasks calls 12, required at most 10")


def test_an_end_that_was_never_noticed_is_a_miss() -> None:
    [miss] = missed([(EVENTS_DROPPED, measured(noticed_after=None))])

    assert "end noticed after" in miss


@pytest.mark.parametrize(
    ("requirement", "bound", "value"),
    [
        (Requirement("", lambda run: run.describes, most=10), "at most 10", "9"),
        (Requirement("", lambda run: run.starts, least=1, most=1), "exactly 1", "1"),
        (
            Requirement("", lambda run: run.first_start_to_last_end, most=3960, unit="s"),
            "at most 3,960 s",
            "3,600.0 s",
        ),
    ],
)
def test_a_bound_and_a_value_read_alike(requirement: Requirement, bound: str, value: str) -> None:
    assert (bound_text(requirement), value_text(requirement, measured())) == (bound, value)


def test_the_page_says_what_each_run_met_and_cost() -> None:
    text = page(
        [(EVENTS_DELIVERED, measured(describes=12))], [(ONE_FLEET, fleet())], plot="plot.svg"
    )

    name = EVENTS_DELIVERED.name
    assert f"| {name} | DescribeExportTasks calls | at most 10 | 12 | **missed** |" in text
    assert "|  | state transitions | at most 45 | 38 | met |" in text
    assert f"| {name} | 3,607 | 12 | 1 | 38 | 13 | 3,610 | 1.5 s | 1 | 1 |" in text
    name = ONE_FLEET.name
    assert f"| {name} | first mutation to last | at most 49.4 s | 49.5 s | **missed** |" in text
    assert "|  | calls throttled | at most 2 % | 5.0 % | **missed** |" in text
    assert "|  | state reads per pass | at most 2.00 | 1.25 | met |" in text
    assert f"| {name} | 48 | 4 | 5 | 60 | 5.0 % | 20 | 7 | 61 | 49.5 s |  | 1 |" in text
    assert "](plot.svg)" in text


def test_the_plot_shows_every_poll() -> None:
    watch = Watch("A & B", STATES, [5.0, 185.0, 3607.0], 2.0)

    root = ElementTree.fromstring(cadence_plot([watch, watch], [(5.0, 0), (3605.0, 100)]))

    svg = "{http://www.w3.org/2000/svg}"
    polls = [line for line in root.iter(f"{svg}line") if line.get("class") == "poll"]
    assert len(polls) == 6
    assert "A & B" in {text.text for text in root.iter(f"{svg}text")}
