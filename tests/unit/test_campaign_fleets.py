"""Whole fleets through random worlds: each campaign ends once, and no call is one too many."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.campaigns.batch import MAX_ATTEMPTS
from lambdas.campaigns.client import Campaigns
from lambdas.campaigns.contract import CampaignTarget
from lambdas.campaigns.rates import CampaignLimits
from lambdas.campaigns.reconcile_campaigns import reconcile
from lambdas.campaigns.transitions import TABLE_TARGETS
from lambdas.campaigns.work import CampaignWork
from lambdas.jobs.phases import Phase, Reason
from lambdas.jobs.resource_result import Entry
from lambdas.rate_limit.limiter import LATE_SECONDS, RateLimiter
from lambdas.rate_limit.quota import CampaignRates
from lambdas.shared import clock
from lambdas.shared.errors import TransientError
from localcloud.world import Campaign
from tests import campaign_rules
from tests.unit.builders import NOW, campaign_work, carried
from tests.unit.campaign_world import UNANSWERED_SECONDS, CampaignWorld, Fault, OtherCall
from tests.unit.conftest import ManualClock
from tests.unit.examples import examples
from tests.unit.fake_moves import FakeMoves
from tests.unit.fakes import FakeTable

RATES = CampaignRates()
MAX_PASSES = 3_000
MOST_TRIES = 10
TRY_AGAIN_AFTER = 8.0
FUNCTION_SECONDS = 60

IDS = [f"c{number}" for number in range(12)]
TIMES = st.sampled_from([0.0, 1.0, 3.0, 10.0, 45.0, 400.0, 3_000.0])
CAMPAIGNS = st.builds(
    Campaign,
    id=st.sampled_from(IDS),
    state=st.sampled_from(campaign_rules.STATES["v2"]),
    completes_after_s=st.one_of(st.none(), TIMES),
    fails_after_s=st.one_of(st.none(), st.none(), TIMES),
    deletion_s=st.sampled_from([0.0, 20.0, 300.0, 5_000.0]),
    delete_while_active=st.sampled_from([None, "accept", "ValidationException"]),
    schedule_end_s=st.one_of(st.none(), st.none(), st.sampled_from([30.0, 2_000.0])),
)
MUTATION_FAULTS = [None, None, None, *Fault]
READ_FAULTS = [None, None, None, Fault.THROTTLED, Fault.LOST_BEFORE]


class Fleet(NamedTuple):
    """Batches that begin at the same moment, and the world that they meet."""

    campaigns: list[Campaign]
    batches: list[tuple[CampaignTarget, list[str], float]]
    other_calls: list[OtherCall]
    faults: dict[str, list[Fault | None]]
    unknown: list[str]
    rejected: list[str]
    latency: float
    deadline: int

    def world(self, ids: Iterable[str]) -> CampaignWorld:
        """Return the world, in which a campaign that others touch must once have existed."""
        specs = {campaign.id: campaign for campaign in self.campaigns}
        return CampaignWorld(
            NOW,
            specs.values(),
            other_calls=[call for call in self.other_calls if call.campaign_id in specs],
            faults=self.faults,
            unknown=set(self.unknown) & set(ids),
            rejected=set(self.rejected) & set(ids),
            latency=self.latency,
        )


FLEETS = st.builds(
    Fleet,
    campaigns=st.lists(CAMPAIGNS, max_size=12),
    batches=st.lists(
        st.tuples(
            st.sampled_from(TABLE_TARGETS),
            st.lists(st.sampled_from(IDS), min_size=1, max_size=12, unique=True),
            st.sampled_from([0.0, 0.5, 6.0]),
        ),
        min_size=1,
        max_size=4,
    ),
    other_calls=st.lists(
        st.builds(
            OtherCall,
            at=TIMES,
            operation=st.sampled_from(
                [*campaign_rules.OPERATIONS, "FailCampaign", "CreateCampaign"]
            ),
            campaign_id=st.sampled_from(IDS),
        ),
        max_size=12,
    ),
    faults=st.fixed_dictionaries(
        {},
        optional={
            "states": st.lists(st.sampled_from(READ_FAULTS), max_size=20),
            "apply": st.lists(st.sampled_from(MUTATION_FAULTS), max_size=30),
            "schedule_end": st.lists(st.sampled_from([None, *Fault]), max_size=8),
        },
    ),
    unknown=st.one_of(st.just([]), st.lists(st.sampled_from(IDS), max_size=2)),
    rejected=st.one_of(st.just([]), st.lists(st.sampled_from(IDS), max_size=2)),
    latency=st.sampled_from([0.0, 0.3, 2.5]),
    deadline=st.sampled_from([60, 600, 20_000]),
)


def orchestrated(
    fleet: Fleet, max_passes: int = MAX_PASSES
) -> tuple[list[list[Entry]], CampaignWorld]:
    """Run a fleet's batches side by side, as child executions do."""
    manual = ManualClock()
    works = [
        campaign_work(*ids, target=target, deadline_seconds=fleet.deadline)
        for target, ids, _ in fleet.batches
    ]
    begins = [NOW + begin for _, _, begin in fleet.batches]
    world = fleet.world({name for _, ids, _ in fleet.batches for name in ids})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: manual.time)
        patch.setattr(clock, "sleep", manual.advance)
        return list(_run_to_end(works, begins, world, FakeTable(), manual, max_passes)), world


def _run_to_end(
    works: list[CampaignWork],
    begins: list[float],
    world: CampaignWorld,
    table: FakeTable,
    manual_clock: ManualClock,
    max_passes: int,
) -> Iterable[list[Entry]]:
    limits = CampaignLimits(
        *(
            RateLimiter(table.NAME, name, getattr(RATES, name), connect=lambda _service: table)
            for name in ("reads", "mutations")
        )
    )
    tries = [0] * len(works)
    results: list[list[Entry]] = [[] for _ in works]
    queue = [(begin, number) for number, begin in enumerate(begins)]
    heapq.heapify(queue)
    for _ in range(max_passes):
        if not queue:
            return results
        manual_clock.time, number = heapq.heappop(queue)
        began = clock.now()
        try:
            work = carried(works[number])
            ends_at = began + FUNCTION_SECONDS
            moves = FakeMoves().of_work(work)
            seen = reconcile(work, cast(Campaigns, world), limits, 0, ends_at, moves=moves)
        except TransientError as error:
            tries[number] += 1
            if tries[number] > MOST_TRIES:
                lost = works[number].fail_all(
                    reason=type(error).__name__, message=str(error), now=clock.now()
                )
                results[number] = list(lost.entries)
            else:
                heapq.heappush(queue, (clock.now() + TRY_AGAIN_AFTER, number))
            continue
        finally:
            assert clock.now() - began < FUNCTION_SECONDS
        tries[number] = 0
        if seen.work is None:
            assert seen.phase in {Phase.COMPLETE, Phase.FAILED}
            results[number] = list(seen.entries)
            continue
        assert isinstance(seen.work, CampaignWork)
        works[number] = seen.work
        assert seen.wait_seconds >= 1
        heapq.heappush(queue, (clock.now() + seen.wait_seconds, number))
    raise AssertionError(f"not ended after {max_passes} passes")


def ahead(moments: list[float], per_second: float) -> float:
    """Return the most calls by which any stretch of time is ahead of the rate."""
    moments = sorted(moments)
    worst = level = 0.0
    before = moments[0] if moments else 0.0
    for moment in moments:
        level = max(0.0, level - (moment - before) * per_second) + 1
        before = moment
        worst = max(worst, level)
    return worst


@examples(150)
@given(fleet=FLEETS)
def test_every_campaign_of_every_fleet_ends_once_and_no_call_is_too_many(fleet):
    results, world = orchestrated(fleet)
    read_faults = sum(fault is not None for fault in fleet.faults.get("states", []))
    failed_reads = read_faults * (UNANSWERED_SECONDS + fleet.latency + TRY_AGAIN_AFTER)
    for (target, ids, begin), entries in zip(fleet.batches, results, strict=True):
        assert Counter(entry.id for entry in entries) == Counter(ids)
        for entry in entries:
            assert entry.target == target
            assert entry.reason in set(Reason) or entry.reason.endswith("Exception")
            assert entry.message
            assert entry.elapsed_seconds <= fleet.deadline + 100 + begin + failed_reads
    for call in world.mutations:
        assert call.last_seen is not None
        assert campaign_rules.is_legal(call.mutation, call.last_seen)
    per_campaign = Counter(call.campaign_id for call in world.mutations)
    throttles = fleet.faults.get("apply", []).count(Fault.THROTTLED)
    most = MAX_ATTEMPTS * len(fleet.batches) + throttles
    assert all(count <= most for count in per_campaign.values())
    late = LATE_SECONDS if fleet.latency > RATES.mutations.interval else 0
    moments = [call.at for call in world.mutations]
    assert ahead(moments, RATES.mutations.per_second) <= RATES.mutations.burst + late
    assert ahead(world.reads, RATES.reads.per_second) <= RATES.reads.burst + 5 * late + 8


def fleet_of(target: CampaignTarget, campaigns: list[Campaign], **more: Any) -> Fleet:
    batch = (target, [campaign.id for campaign in campaigns], 0.0)
    given: dict[str, Any] = {
        "campaigns": campaigns,
        "batches": [batch],
        "other_calls": [],
        "faults": {},
        "unknown": [],
        "rejected": [],
        "latency": 0.0,
        "deadline": 3_600,
    }
    return Fleet(**given | more)


def test_a_fleet_is_changed_as_fast_as_the_rate_allows():
    campaigns = [Campaign(id=f"c{number}") for number in range(25)]
    _, world = orchestrated(fleet_of(CampaignTarget.STOPPED, campaigns))
    moments = [call.at - NOW for call in world.mutations]
    assert moments[-1] - moments[0] <= 24 + 2
    assert len(world.reads) <= 4


def test_a_few_throttles_of_others_slow_a_fleet_down_and_stop_nobody():
    campaigns = [Campaign(id=f"c{number}") for number in range(25)]
    faults = {"apply": [Fault.THROTTLED if number % 10 == 4 else None for number in range(40)]}
    [entries], world = orchestrated(fleet_of(CampaignTarget.STOPPED, campaigns, faults=faults))
    assert {entry.reason for entry in entries} == {"TargetReached"}
    moments = [call.at - NOW for call in world.mutations]
    assert moments[-1] - moments[0] <= 3 * 24


@pytest.mark.parametrize("latency", [0.0, 0.3])
def test_batches_that_run_side_by_side_keep_to_one_rate_and_use_it_up(latency):
    ids = [f"c{number}" for number in range(100)]
    batches = [(CampaignTarget.STOPPED, ids[first : first + 25], 0.0) for first in (0, 25, 50, 75)]
    fleet = fleet_of(CampaignTarget.STOPPED, [Campaign(id=name) for name in ids])
    results, world = orchestrated(fleet._replace(batches=batches, latency=latency))
    assert {entry.reason for entries in results for entry in entries} == {"TargetReached"}
    moments = [call.at for call in world.mutations]
    assert len(moments) == 100
    assert ahead(moments, RATES.mutations.per_second) <= RATES.mutations.burst
    assert max(moments) - min(moments) <= 1.2 * 98


def batches_of(
    ids: list[str], target: CampaignTarget
) -> list[tuple[CampaignTarget, list[str], float]]:
    return [(target, ids[at : at + 25], 0.0) for at in range(0, len(ids), 25)]


MANY_IDS = [f"c{number}" for number in range(75)]


@examples(60)
@given(
    rejected=st.sets(st.sampled_from(MANY_IDS)),
    latency=st.sampled_from([0.0, 0.3, 6.0]),
    faults=st.lists(
        st.sampled_from([*[None] * 4, Fault.THROTTLED, Fault.LOST_BEFORE]), max_size=40
    ),
)
def test_whichever_ids_aws_rejects_they_fail_and_their_neighbours_do_not(rejected, latency, faults):
    fleet = fleet_of(
        CampaignTarget.STOPPED, [Campaign(id=name) for name in MANY_IDS], rejected=list(rejected)
    )
    fleet = fleet._replace(
        batches=batches_of(MANY_IDS, CampaignTarget.STOPPED),
        latency=latency,
        faults={"states": faults},
    )
    results, world = orchestrated(fleet)
    found = {entry.id: entry.reason for entries in results for entry in entries}
    assert found == {
        name: "ValidationException" if name in rejected else "TargetReached" for name in MANY_IDS
    }
    assert ahead(world.reads, RATES.reads.per_second) <= RATES.reads.burst + 5 * LATE_SECONDS
    if not faults:
        mutations = len(world.mutations)
        assert (
            len(world.reads)
            <= sum(map(reads_of_search, fleet.batches, [rejected] * 3)) + mutations + 6
        )


def reads_of_search(batch: tuple[CampaignTarget, list[str], float], rejected: set[str]) -> int:
    """Return the calls that it takes at most to find the rejected ids of a batch."""
    return 1 + 5 + 5 * min(5, len(rejected & set(batch[1])))


def test_six_requests_with_ten_bad_ids_each_lose_no_neighbour():
    ids = [f"c{number}" for number in range(1_500)]
    rejected = [name for number, name in enumerate(ids) if number % 250 < 10]
    fleet = fleet_of(
        CampaignTarget.PAUSED,
        [Campaign(id=name, state="Paused") for name in ids],
        rejected=rejected,
    )
    fleet = fleet._replace(batches=batches_of(ids, CampaignTarget.PAUSED), latency=0.1)
    results, world = orchestrated(fleet, max_passes=60 * 20)
    found = Counter(entry.reason for entries in results for entry in entries)
    assert found == {"ValidationException": 60, "AlreadyThere": 1_440}
    assert len(world.reads) <= 60 + 6 * (5 + 2 * 5)
