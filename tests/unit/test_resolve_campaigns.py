"""A deferred campaign job becomes work about the campaigns that it selects or takes over."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.campaigns import resolve as of_campaigns
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import ApiVersion, CampaignJob
from lambdas.campaigns.rates import UNLIMITED, CampaignLimits
from lambdas.campaigns.resolve import resolve_of, resolve_select
from lambdas.campaigns.selection_reads import MAX_TRIES, SelectionReads
from lambdas.campaigns.tagging import Tagging
from lambdas.jobs.phases import Phase
from lambdas.jobs.resolution import Context, Resolved, entry_of_job
from lambdas.jobs.resource_result import Entry
from lambdas.rate_limit.limiter import RateLimiter
from lambdas.rate_limit.quota import CampaignRates
from lambdas.shared import limits
from lambdas.shared.errors import (
    AccessDeniedException,
    PermanentError,
    ServiceUnavailableException,
    ThrottlingException,
)
from tests.unit.builders import EXECUTION, NOW, campaign_work, json_bytes
from tests.unit.fakes import FakeTable, client_error
from tests.unit.test_campaign_selection import Fleet, arn_of, fleet_of

KEY = "1.0"


@pytest.fixture(autouse=True)
def _clock(manual_clock):
    return manual_clock


def job(**fields: Any) -> CampaignJob:
    given: dict[str, Any] = {"kind": "campaigns", "id": "sales", "target": "PAUSED"}
    if "of" not in fields:
        given["select"] = {"states": ["Running"]}
    return CampaignJob.model_validate(given | fields)


def context(*entries: Entry, at_most: int = limits.MAX_CAMPAIGNS_PER_REQUEST) -> Context:
    return Context(EXECUTION, entries, NOW, at_most)


def select_of(fleet: Fleet, given: Context | None = None, **select: Any) -> Resolved:
    wanted = job(select={"states": ["Running"]} | select)
    assert wanted.select is not None
    return resolve_select(wanted, wanted.select, KEY, given or context(), fleet)


def campaigns_of(resolved: Resolved) -> list[str]:
    return [name for work in resolved.work for name in work.open]


def entry_of(resolved: Resolved) -> Entry:
    assert resolved.work == ()
    (entry,) = resolved.entries
    return entry


def test_selected_campaigns_become_batches_that_know_their_names():
    fleet = fleet_of(60, name="winter sale")
    resolved = select_of(fleet)
    assert [work.key for work in resolved.work] == ["1.0.0", "1.0.1", "1.0.2"]
    assert [len(work.open) for work in resolved.work] == [25, 25, 10]
    assert {work.job_label for work in resolved.work} == {"sales"}
    assert resolved.entries == ()
    failed = resolved.work[0].fail_all(reason="Any", message="any", now=NOW)
    assert {entry.name for entry in failed.entries} == {"winter sale"}


def test_a_long_name_is_cut():
    fleet = Fleet()
    fleet.add("c-1", name="😀" * 127)
    (work,) = select_of(fleet).work
    assert json_bytes(work.open["c-1"].name) - 2 <= of_campaigns.MAX_NAME_BYTES


def test_nothing_selected_is_complete():
    entry = entry_of(select_of(fleet_of(3, state="Paused"), tags={"team": "sales"}))
    assert (entry.job, entry.id, entry.kind, entry.target) == (
        "sales",
        "sales",
        "campaigns",
        "PAUSED",
    )
    assert (entry.phase, entry.reason) == (Phase.COMPLETE, "NothingSelected")
    assert entry.details == {
        "select": {"states": ["Running"], "tags": {"team": "sales"}, "at_most": 250}
    }


def test_a_job_without_an_id_is_called_by_its_place():
    wanted = job(id=None)
    assert wanted.select is not None
    resolved = resolve_select(wanted, wanted.select, KEY, context(), Fleet())
    assert (entry_of(resolved).job, entry_of(resolved).id) == (KEY, KEY)


@pytest.mark.parametrize(("count", "at_most"), [(251, 250), (2, 1), (1_000, 30)])
def test_more_than_may_match_is_a_failure_that_says_how_many(count, at_most):
    entry = entry_of(select_of(fleet_of(count), at_most=at_most))
    assert (entry.phase, entry.reason) == (Phase.FAILED, "TooManySelected")
    assert entry.message.startswith(f"at least {at_most + 1} campaigns match")


@pytest.mark.parametrize(("count", "at_most"), [(250, 250), (1, 1)])
def test_as_many_as_may_match_are_selected(count, at_most):
    assert len(campaigns_of(select_of(fleet_of(count), at_most=at_most))) == count


def test_a_request_that_may_have_fewer_bounds_its_selections():
    entry = entry_of(select_of(fleet_of(5), context(at_most=4)))
    assert entry.reason == "TooManySelected"
    assert entry_of(select_of(fleet_of(1), context(at_most=0))).reason == "TooManySelected"
    assert entry_of(select_of(Fleet(), context(at_most=0))).reason == "NothingSelected"


def test_a_state_that_is_not_known_fails_the_job():
    fleet = fleet_of(2)
    fleet.add("c-9", state=None)
    entry = entry_of(select_of(fleet))
    assert (entry.phase, entry.reason) == (Phase.FAILED, "Unreadable")
    assert "c-9" in entry.message


def ended(label: str, *ids: str, phase: Phase = Phase.COMPLETE) -> tuple[Entry, ...]:
    assert phase is Phase.COMPLETE or phase is Phase.FAILED
    work = campaign_work(*ids, job_label=label)
    for name in ids:
        work = work.close(name, phase=phase, reason="Any", message="any", now=NOW)
    return work.entries


def test_takes_the_campaigns_of_the_named_job_whatever_became_of_them():
    entries = (
        *ended("first", "a", "b"),
        *ended("first", "c", phase=Phase.FAILED),
        *ended("other", "d"),
    )
    resolved = resolve_of(job(of="first"), KEY, context(*entries))
    assert campaigns_of(resolved) == ["a", "b", "c"]


def test_the_names_of_an_earlier_selection_are_passed_on():
    (work,) = select_of(fleet_of(1, name="winter")).work
    entries = work.fail_all(reason="Any", message="any", now=NOW).entries
    (later,) = resolve_of(job(of="sales", id="later"), KEY, context(*entries)).work
    assert later.open["c-0"].name == "winter"


@pytest.mark.parametrize("reason", ["NothingSelected", "TooManySelected", "AccessDeniedException"])
def test_a_job_that_selected_nothing_leaves_nothing_to_the_next_one(reason):
    earlier = entry_of_job(
        "first",
        kind="campaigns",
        target="PAUSED",
        phase=Phase.FAILED,
        reason=reason,
        message="any",
        now=NOW,
    )
    entry = entry_of(resolve_of(job(of="first", id="later"), KEY, context(earlier)))
    assert (entry.id, entry.phase, entry.reason) == ("later", Phase.COMPLETE, "NothingSelected")
    assert entry.details == {"of": "first"}


class AnsweringClient:
    """Stands for boto3's clients of all services: each operation has its own responses.

    Attributes:
        calls: the operations with their parameters.
    """

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            answer = self._answers[operation].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def reads_of(
    client: AnsweringClient, limits: CampaignLimits = UNLIMITED, until: float = NOW + 30
) -> SelectionReads:
    campaigns = Campaigns(ApiVersion.V2, connect=lambda _service: client)
    tagging = Tagging(connect=lambda _service: client)
    return SelectionReads(campaigns, tagging, limits, until)


def page(*ids: str, **more: Any) -> dict[str, Any]:
    listed = [
        {"id": name, "arn": arn_of(name), "name": name, "connectInstanceId": "i-1"} for name in ids
    ]
    return {"campaignSummaryList": listed} | more


def tagged(*ids: str, **more: Any) -> dict[str, Any]:
    found = [{"ResourceARN": arn_of(name), "Tags": []} for name in ids]
    return {"ResourceTagMappingList": found} | more


def throttled() -> Exception:
    return client_error("TooManyRequestsException", 429)


def test_campaigns_are_listed_page_by_page():
    pages = [page("a", nextToken="1"), page(nextToken="2"), page("b")]
    client = AnsweringClient(list_campaigns=pages)
    listed = list(reads_of(client).listed("i-1"))
    assert [(each.id, each.arn, each.name) for each in listed] == [
        ("a", arn_of("a"), "a"),
        ("b", arn_of("b"), "b"),
    ]
    of_instance = {"instanceIdFilter": {"value": "i-1", "operator": "Eq"}}
    first = {"maxResults": 50, "filters": of_instance}
    assert client.calls == [
        ("list_campaigns", first),
        ("list_campaigns", first | {"nextToken": "1"}),
        ("list_campaigns", first | {"nextToken": "2"}),
    ]


def test_tags_are_asked_for_page_by_page():
    client = AnsweringClient(get_resources=[tagged("a", PaginationToken="1"), tagged("b")])
    arns = list(reads_of(client).tagged({"team": "sales"}))
    assert arns == [arn_of("a"), arn_of("b")]
    first = {
        "ResourceTypeFilters": ["connect-campaigns:campaign"],
        "ResourcesPerPage": 100,
        "TagFilters": [{"Key": "team", "Values": ["sales"]}],
    }
    assert client.calls == [
        ("get_resources", first),
        ("get_resources", first | {"PaginationToken": "1"}),
    ]


def test_tagging_that_rejects_the_type_of_campaigns_knows_none():
    client = AnsweringClient(get_resources=[client_error("InvalidParameterException")])
    assert list(reads_of(client).tagged({"team": "sales"})) == []


def test_tagging_that_is_not_allowed_is_no_answer():
    client = AnsweringClient(get_resources=[client_error("AccessDeniedException")])
    with pytest.raises(AccessDeniedException):
        list(reads_of(client).tagged({"team": "sales"}))


@pytest.mark.parametrize("code", ["InternalServiceException", "PaginationTokenExpiredException"])
def test_tagging_that_failed_is_asked_again_by_step_functions(code):
    client = AnsweringClient(get_resources=[client_error(code)])
    with pytest.raises(ServiceUnavailableException):
        list(reads_of(client).tagged({"team": "sales"}))


def states(**known: str) -> dict[str, Any]:
    return {
        "successfulRequests": [
            {"campaignId": name, "state": state} for name, state in known.items()
        ],
        "failedRequests": [],
    }


def test_a_state_that_aws_did_not_return_is_read_again():
    client = AnsweringClient(get_campaign_state_batch=[states(a="Running"), states(b="Paused")])
    assert reads_of(client).states(["a", "b"]) == {"a": "Running", "b": "Paused"}
    assert [call[1]["campaignIds"] for call in client.calls] == [["a", "b"], ["b"]]


def test_a_state_that_aws_does_not_return_again_and_again_is_not_known():
    client = AnsweringClient(get_campaign_state_batch=[states(a="Running")] + [states()] * 9)
    assert reads_of(client).states(["a", "b"]) == {"a": "Running", "b": None}
    assert len(client.calls) == MAX_TRIES


def test_a_description_holds_the_tags_and_a_missing_campaign_has_none():
    described = {"campaign": {"id": "a", "tags": {"team": "sales"}}}
    gone = client_error("ResourceNotFoundException", 404)
    reads = reads_of(AnsweringClient(describe_campaign=[described, {"campaign": {}}, gone]))
    assert [reads.tags("a"), reads.tags("b"), reads.tags("c")] == [{"team": "sales"}, {}, None]


def test_a_throttled_read_is_made_again_after_a_pause(manual_clock):
    client = AnsweringClient(list_campaigns=[throttled(), throttled(), page("a")])
    assert [each.id for each in reads_of(client).listed(None)] == ["a"]
    assert len(manual_clock.slept) == MAX_TRIES - 1


def test_a_read_that_is_throttled_repeatedly_is_left_to_step_functions():
    client = AnsweringClient(list_campaigns=[throttled()] * MAX_TRIES)
    with pytest.raises(ThrottlingException):
        list(reads_of(client).listed(None))


def test_a_refused_read_is_not_repeated():
    client = AnsweringClient(list_campaigns=[client_error("ValidationException")])
    with pytest.raises(PermanentError):
        list(reads_of(client).listed(None))


def test_no_read_begins_when_the_function_has_no_time_left(manual_clock):
    client = AnsweringClient(list_campaigns=[page("a", nextToken="1"), page("b")])
    listed = reads_of(client, until=NOW + 5).listed(None)
    assert next(listed).id == "a"
    manual_clock.advance(6)
    with pytest.raises(ThrottlingException, match="no time"):
        next(listed)
    assert len(client.calls) == 1


def test_reads_keep_to_the_rate_that_all_executions_share(manual_clock):
    rates = CampaignRates()
    table = FakeTable()
    limiter = RateLimiter(table.NAME, "campaign-reads", rates.reads, connect=lambda _name: table)
    limits = CampaignLimits(reads=limiter, mutations=limiter, descriptions=limiter)
    pages = [page(f"c-{number}", nextToken="more") for number in range(29)]
    client = AnsweringClient(list_campaigns=[*pages, page("last")])
    assert len(list(reads_of(client, limits).listed(None))) == 30
    assert manual_clock.time - NOW == pytest.approx((30 - rates.reads.burst + 1) / 5)
