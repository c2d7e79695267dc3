"""A scenario is made smaller as long as the same invariant is violated."""

from __future__ import annotations

from localcloud.storm.generate import scenario
from localcloud.storm.scenario import Scenario
from localcloud.storm.shrink import shrink


def test_only_what_violates_is_left() -> None:
    drawn = next(each for each in map(scenario, range(100)) if _throttles(each))

    smallest = shrink(drawn, lambda each: bool(_throttles(each)))

    assert len(smallest.world["faults"]) == len(_throttles(smallest)) == 1
    assert smallest.world["campaigns"] == smallest.world["actions"] == []
    [sent] = smallest.sent
    [stage] = sent.request["stages"]
    assert len(stage["jobs"]) == 1


def test_what_others_name_is_kept() -> None:
    drawn = next(each for each in map(scenario, range(100)) if _restores(each))

    smallest = shrink(drawn, lambda each: bool(_restores(each)))

    first, second = (stage["jobs"] for stage in smallest.sent[0].request["stages"])
    assert second[0]["of"] == first[0]["id"]


def _throttles(given: Scenario) -> list[object]:
    return [each for each in given.world["faults"] if each.get("error") == "ThrottlingException"]


def _restores(given: Scenario) -> list[object]:
    return [
        job
        for sent in given.sent
        for stage in sent.request["stages"]
        for job in stage["jobs"]
        if job["target"] == "RESTORED"
    ]
