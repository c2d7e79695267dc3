"""What a pass measures of its work."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.campaigns.contract import ApiVersion, CampaignTarget
from lambdas.campaigns.work import CampaignProgress, CampaignWork
from lambdas.exports.progress import shown
from lambdas.exports.work import ExportProgress, ExportWork
from lambdas.jobs import measures, pass_result
from lambdas.jobs.phases import Phase
from lambdas.jobs.polling import Polling
from lambdas.shared.errors import AccessDeniedException, AwsError, ThrottlingException
from lambdas.shared.observability import metrics, observed
from tests.unit.builders import NOW, AnyContext, export_details, export_work

AT_TEN = export_details(percent_progress=10)
AN_HOUR_AGO = Polling(started_at=NOW - 3600, polls=3)


def campaigns(target: CampaignTarget = CampaignTarget.PAUSED) -> CampaignWork:
    return CampaignWork(
        kind="campaigns",
        key="0.0.0",
        api_version=ApiVersion.V2,
        target=target,
        deadline_seconds=86_400,
        open={"c-1": CampaignProgress()},
        polling=AN_HOUR_AGO,
    )


def export(**progress: Any) -> ExportWork:
    return export_work(progress=ExportProgress(**progress), polling=AN_HOUR_AGO)


@pytest.fixture(autouse=True)
def _now(manual_clock) -> None:
    """The time is NOW."""


def measured() -> dict[str, tuple[float, str]]:
    if not metrics.metric_set:
        return {}
    record: Any = metrics.serialize_metric_set()
    (directive,) = record["_aws"]["CloudWatchMetrics"]
    return {m["Name"]: (sum(record[m["Name"]]), m["Unit"]) for m in directive["Metrics"]}


def test_a_pass_with_another_to_come_says_how_old_its_job_is():
    result = pass_result.next_pass(campaigns(), Phase.IN_PROGRESS, 15)
    assert measures.count_pass(result) is result
    assert measured() == {"ReconcilePasses": (1, "Count"), "JobAge": (3600, "Seconds")}


def test_a_job_that_only_watches_may_grow_old():
    measures.count_pass(
        pass_result.next_pass(campaigns(CampaignTarget.FINISHED), Phase.IN_PROGRESS, 15)
    )
    assert measured() == {"ReconcilePasses": (1, "Count")}


def test_what_has_ended_has_no_age():
    measures.count_pass(pass_result.last_pass(campaigns(), Phase.COMPLETE))
    assert measured() == {"ReconcilePasses": (1, "Count")}


def test_an_export_without_room_says_how_long_it_has_waited():
    measures.count_pass(pass_result.next_pass(export(queued_since=NOW - 90), Phase.QUEUED, 30))
    assert measured()["QueueWait"] == (90, "Seconds")


@pytest.mark.parametrize(
    ("before", "after", "progress"), [(None, "Running", 1), ("Running", "Running", 0)]
)
def test_a_campaign_makes_progress_when_its_state_changes(before, after, progress):
    measures.count_progress(before, after)
    assert measured() == ({"Progress": (1, "Count")} if progress else {})


@pytest.mark.parametrize(
    ("before", "after", "progress"),
    [
        ({"state": "STARTING"}, {"state": "IN_PROGRESS"}, 1),
        (
            {"details": export_details(percent_progress=10)},
            {"details": export_details(percent_progress=11)},
            1,
        ),
        (
            {"details": export_details(percent_progress=10)},
            {"details": export_details(percent_progress=10)},
            0,
        ),
        ({"refusals": 1}, {"refusals": 2}, 0),
    ],
)
def test_an_export_makes_progress_when_its_status_or_percentage_changes(before, after, progress):
    measures.count_progress(shown(ExportProgress(**before)), shown(ExportProgress(**after)))
    assert measured() == ({"Progress": (1, "Count")} if progress else {})


def test_an_end_is_noticed_as_late_as_it_is_seen():
    measures.measure_lateness(NOW - 7, Polling(polls=2))
    assert measured() == {"NoticedAfter": (7, "Seconds")}


@pytest.mark.parametrize(("ended_at", "polls"), [(None, 2), (NOW - 7, 1)])
def test_an_end_before_the_first_pass_or_without_a_time_is_not_measured(ended_at, polls):
    measures.measure_lateness(ended_at, Polling(polls=polls))
    assert measured() == {}


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize(
    ("error", "counted"), [(ThrottlingException, 1), (AccessDeniedException, 0), (KeyError, 0)]
)
def test_an_invocation_that_fails_to_be_retried_is_distinguished_from_one_that_fails(
    capsys, error, counted
):
    @observed
    def handler(_event, _context):
        raise error("Any", "Any", "any") if issubclass(error, AwsError) else error("any")

    with pytest.raises(error):
        handler({}, AnyContext())
    assert capsys.readouterr().out.count('"TransientErrors":[1.0]') == counted
