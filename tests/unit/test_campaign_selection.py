"""A selection finds exactly the campaigns that match, with few reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.campaigns.client import Listed
from lambdas.campaigns.contract import STATES, ApiVersion, Select, SelectableState
from lambdas.campaigns.selection import UnreadableError, selected
from lambdas.campaigns.transitions import CampaignState
from tests.unit.builders import ACCOUNT, REGION

PAGE = 50
BATCH = 25


class Fleet:
    """Campaigns as `SelectionReads` reads them.

    Attributes:
        calls: the names of the calls made, one for each page.
    """

    def __init__(self, *, known_to_tagging: bool = True) -> None:
        self._campaigns: dict[str, dict[str, Any]] = {}
        self._known = known_to_tagging
        self.calls: list[str] = []

    def add(
        self,
        campaign_id: str,
        state: str | None = "Running",
        *,
        name: str = "any name",
        instance: str = "i-1",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self._campaigns[campaign_id] = {
            "state": state,
            "name": name,
            "instance": instance,
            "tags": dict(tags or {}),
        }

    def listed(self, instance_id: str | None) -> Iterator[Listed]:
        of_instance = [
            Listed(name, arn_of(name), each["name"])
            for name, each in self._campaigns.items()
            if instance_id in (None, each["instance"])
        ]
        for start in range(0, max(1, len(of_instance)), PAGE):
            self.calls.append("ListCampaigns")
            yield from of_instance[start : start + PAGE]

    def tagged(self, tags: Mapping[str, str]) -> Iterator[str]:
        self.calls.append("GetResources")
        for name, each in self._campaigns.items():
            if self._known and each["tags"] and tags.items() <= each["tags"].items():
                yield arn_of(name)

    def states(self, campaign_ids: Sequence[str]) -> dict[str, str | None]:
        assert 1 <= len(campaign_ids) <= BATCH
        self.calls.append("GetCampaignStateBatch")
        return {name: self._campaigns[name]["state"] for name in campaign_ids}

    def tags(self, campaign_id: str) -> dict[str, str] | None:
        self.calls.append("DescribeCampaign")
        each = self._campaigns[campaign_id]
        return None if each["state"] == CampaignState.GONE else each["tags"]

    def matching(self, select: Select) -> list[str]:
        """Return what a selection without any regard for costs finds."""
        return [
            name
            for name, each in self._campaigns.items()
            if select.instance_id in (None, each["instance"])
            and each["name"].startswith(select.name_prefix or "")
            and (select.tags or {}).items() <= each["tags"].items()
            and (select.states is None or each["state"] in select.states)
        ]

    def select(self, **fields: Any) -> list[str]:
        return [campaign.id for campaign in selected(Select(**fields), self)]


def arn_of(campaign_id: str) -> str:
    return f"arn:aws:connect-campaigns:{REGION}:{ACCOUNT}:campaign/{campaign_id}"


def fleet_of(count: int, **fields: Any) -> Fleet:
    fleet = Fleet()
    for number in range(count):
        fleet.add(f"c-{number}", **fields)
    return fleet


@pytest.mark.parametrize(
    ("version", "service"),
    [(ApiVersion.V1, "connectcampaigns"), (ApiVersion.V2, "connectcampaignsv2")],
)
def test_a_campaign_is_selected_by_the_states_that_its_api_has(version, service):
    model = botocore.session.get_session().get_service_model(service)
    assert sorted(STATES[version]) == sorted(model.shape_for("CampaignState").enum)


def test_everything_that_is_given_has_to_match():
    fleet = Fleet()
    sales = {"team": "sales", "region": "north"}
    fleet.add("match", name="winter-1", tags=sales)
    fleet.add("other-name", name="summer-1", tags=sales)
    fleet.add("other-tag", name="winter-2", tags={"team": "support", "region": "north"})
    fleet.add("one-tag", name="winter-3", tags={"team": "sales"})
    fleet.add("other-state", "Paused", name="winter-4", tags=sales)
    fleet.add("other-instance", name="winter-5", tags=sales, instance="i-2")
    chosen = fleet.select(
        instance_id="i-1", name_prefix="winter-", tags=sales, states=["Running", "Stopped"]
    )
    assert chosen == ["match"]


def test_a_hundred_campaigns_take_six_reads_by_state():
    fleet = fleet_of(100)
    assert len(fleet.select(states=["Running"])) == 100
    assert sorted(fleet.calls) == ["GetCampaignStateBatch"] * 4 + ["ListCampaigns"] * 2


def test_states_are_read_only_of_what_matches_otherwise():
    fleet = fleet_of(100, name="summer")
    fleet.add("w-1", name="winter", tags={"team": "sales"})
    fleet.add("w-2", name="winter")
    assert fleet.select(name_prefix="winter", states=["Running"]) == ["w-1", "w-2"]
    assert fleet.calls.count("GetCampaignStateBatch") == 1
    assert fleet.select(tags={"team": "sales"}, states=["Running"]) == ["w-1"]
    assert fleet.calls.count("GetCampaignStateBatch") == 2
    assert "DescribeCampaign" not in fleet.calls


def test_nothing_is_read_beyond_the_campaigns_that_are_taken():
    fleet = fleet_of(1_000)
    found = list(islice(selected(Select(states=(SelectableState.RUNNING,)), fleet), 51))
    assert len(found) == 51
    assert fleet.calls.count("ListCampaigns") <= 2
    assert fleet.calls.count("GetCampaignStateBatch") == 3


def test_each_campaign_is_described_if_tagging_knows_none_of_them():
    fleet = Fleet(known_to_tagging=False)
    fleet.add("sales", tags={"team": "sales"})
    fleet.add("support", tags={"team": "support"})
    fleet.add("paused", "Paused", tags={"team": "sales"})
    assert fleet.select(tags={"team": "sales"}, states=["Running"]) == ["sales"]
    assert fleet.calls.count("DescribeCampaign") == 2, "only of those in the right state"


def test_none_is_described_if_tagging_knows_some_of_them():
    fleet = Fleet()
    fleet.add("support", tags={"team": "support"})
    fleet.add("untagged")
    assert fleet.select(tags={"team": "sales"}) == []
    assert "DescribeCampaign" not in fleet.calls


def test_what_tagging_knows_of_other_campaigns_says_nothing_about_these():
    """Such as those of the other API version."""

    class OtherVersion(Fleet):
        def tagged(self, _tags):
            yield arn_of("of-v1")

    fleet = OtherVersion()
    fleet.add("of-v2", tags={"team": "sales"})
    assert fleet.select(tags={"team": "sales"}) == ["of-v2"]


def test_tags_are_not_asked_for_where_no_name_matches():
    fleet = fleet_of(3, name="summer")
    assert fleet.select(tags={"team": "sales"}, name_prefix="winter") == []
    assert fleet.calls == ["ListCampaigns"]


def test_two_campaigns_of_one_name_are_both_selected():
    fleet = fleet_of(2, name="winter")
    assert fleet.select(name_prefix="winter") == ["c-0", "c-1"]


def test_a_campaign_that_is_listed_twice_is_selected_once():
    class ShiftingPages(Fleet):
        def listed(self, instance_id):
            yield from super().listed(instance_id)
            yield from super().listed(instance_id)

    fleet = ShiftingPages()
    fleet.add("c-1")
    assert fleet.select(states=["Running"]) == ["c-1"]


@pytest.mark.parametrize("fields", [{"states": list(SelectableState)}, {"tags": {"team": "sales"}}])
def test_a_campaign_that_disappears_meanwhile_is_not_selected(fields):
    fleet = Fleet(known_to_tagging=False)
    fleet.add("gone", CampaignState.GONE, tags={"team": "sales"})
    assert fleet.select(**fields) == []


def test_a_campaign_whose_state_is_not_known_is_not_left_out_silently():
    fleet = Fleet()
    fleet.add("c-1")
    fleet.add("c-2", state=None)
    with pytest.raises(UnreadableError, match="c-2"):
        fleet.select(states=["Running"])
    assert fleet.select(name_prefix="any") == ["c-1", "c-2"]


def test_a_state_that_is_not_documented_is_not_selected():
    fleet = Fleet()
    fleet.add("c-1", "Draft")
    assert fleet.select(states=list(SelectableState)) == []


def tags_of(at_least: int) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), min_size=at_least)


CAMPAIGNS = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from([*SelectableState, "Draft"]),
            "name": st.sampled_from(["a", "ab", "abc", "b"]),
            "instance": st.sampled_from(["i-1", "i-2"]),
            "tags": tags_of(at_least=0),
        }
    ),
    max_size=60,
)
SELECTS = st.fixed_dictionaries(
    {"name_prefix": st.sampled_from(["a", "ab", "b"])},
    optional={
        "instance_id": st.sampled_from(["i-1", "i-2"]),
        "states": st.sets(st.sampled_from(SelectableState), min_size=1).map(sorted),
        "tags": tags_of(at_least=1),
    },
)


@given(campaigns=CAMPAIGNS, select=SELECTS, known=st.booleans())
def test_the_cheapest_way_finds_what_every_way_finds(campaigns, select, known):
    fleet = Fleet(known_to_tagging=known)
    for number, campaign in enumerate(campaigns):
        fleet.add(f"c-{number}", **campaign)
    found = fleet.select(**select)
    assert found == fleet.matching(Select(**select))
    pages = max(1, -(-len(campaigns) // PAGE))
    batches = -(-len(campaigns) // BATCH)
    assert fleet.calls.count("ListCampaigns") <= pages
    assert fleet.calls.count("GetCampaignStateBatch") <= batches
    assert fleet.calls.count("GetResources") <= 2
    if known and any(campaign["tags"] for campaign in campaigns) and "instance_id" not in select:
        assert "DescribeCampaign" not in fleet.calls
