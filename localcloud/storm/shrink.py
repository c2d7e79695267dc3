"""Makes a scenario smaller as long as it violates the same invariant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from localcloud.storm.scenario import Json, Mishap, Scenario, Sent

Value = TypeVar("Value")

REMOVABLE: Final = ("faults", "actions", "exports", "snapshots", "campaigns", "databases")


def shrink(scenario: Scenario, is_violated: Callable[[Scenario], bool]) -> Scenario:
    """Return the smallest scenario found by leaving out one thing after another."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for smaller in _smaller(scenario):
            if _is_valid(smaller) and is_violated(smaller):
                scenario, is_smaller = smaller, True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Yield scenarios that lack one thing, the largest things first."""
    for number in range(len(scenario.sent)):
        if len(scenario.sent) > 1:
            yield replace(
                scenario,
                sent=_without(scenario.sent, number),
                mishaps=tuple(_moved_up(scenario.mishaps, number)),
            )
    for place in range(len(scenario.mishaps)):
        yield replace(scenario, mishaps=_without(scenario.mishaps, place))
    for number, sent in enumerate(scenario.sent):
        for smaller in _smaller_request(sent):
            yield replace(
                scenario, sent=(*scenario.sent[:number], smaller, *scenario.sent[number + 1 :])
            )
    for name in REMOVABLE:
        for number in range(len(scenario.world.get(name, ()))):
            world = scenario.world | {name: list(_without(scenario.world[name], number))}
            yield replace(scenario, world=world)


def _moved_up(mishaps: Sequence[Mishap], number: int) -> Iterator[Mishap]:
    """Yield the mishaps of the other requests, under the numbers that these then have."""
    for mishap in mishaps:
        if mishap.number is None or mishap.number < number:
            yield mishap
        elif mishap.number > number:
            yield mishap._replace(number=mishap.number - 1)


def _smaller_request(sent: Sent) -> Iterator[Sent]:
    stages = sent.request["stages"]
    for place, stage in enumerate(stages):
        if len(stages) > 1:
            yield sent._replace(request=sent.request | {"stages": list(_without(stages, place))})
        for nth in range(len(stage["jobs"])):
            if len(stage["jobs"]) > 1:
                yield _with_stage(sent, place, stage | {"jobs": list(_without(stage["jobs"], nth))})
    if sent.abort_after_s is not None:
        yield sent._replace(abort_after_s=None)
    if sent.again_after_s is not None:
        yield sent._replace(again_after_s=None)


def _with_stage(sent: Sent, place: int, stage: Json) -> Sent:
    stages = list(sent.request["stages"])
    stages[place] = stage
    return sent._replace(request=sent.request | {"stages": stages})


def _without(values: Sequence[Value], place: int) -> tuple[Value, ...]:
    return (*values[:place], *values[place + 1 :])


def _is_valid(scenario: Scenario) -> bool:
    """Return whether every job that another one names is still there."""
    for sent in scenario.sent:
        names: set[str] = set()
        for stage in sent.request["stages"]:
            for job in stage["jobs"]:
                of = job.get("of") or job.get("source", {}).get("of")
                if of is not None and of not in names:
                    return False
            names |= {job["id"] for job in stage["jobs"] if "id" in job}
    named = {action.get("campaign_id") for action in scenario.world.get("actions", ())} - {None}
    return named <= {each["id"] for each in scenario.world["campaigns"]}
