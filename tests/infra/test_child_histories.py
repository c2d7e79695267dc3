"""A child counts the events of its history, and what it counts by is what its states write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.jobs import history
from localcloud.patches.expressions.evaluation import evaluate
from tests.infra.stack_parts import State

RECONCILERS = ("ReconcileCampaigns", "ReconcileExport")
EVENTS = {"Task": 5, "Choice": 2, "Wait": 2}
"""What one visit of a state writes. A Task: entered, scheduled, started, succeeded or timed out,
exited; a Choice and a Wait: entered, exited."""

EVENTS_PER_RETRY = 3
"""Failed, scheduled, started."""

PASSES_AFTER_DEADLINE = 41
"""While a cancel that was asked for at the deadline may take: half an hour, a minute apart each,
and those before and after it."""

SPENT = re.compile(
    r"\$sum\(\[\$history_events, (\d+), \$states\.context\.State\.RetryCount \* 3\]\)"
)


def test_a_child_begins_with_what_its_start_has_written(states: dict[str, State]) -> None:
    """The start of the execution, and the Choice that says which kind it is."""
    choice = states["WhichKind"]
    begins = [each["Assign"] for each in choice["Choices"]]
    assert {assign["history_events"] for assign in begins} == {1 + EVENTS["Choice"]}


@pytest.mark.parametrize("name", RECONCILERS)
def test_every_way_back_to_a_pass_counts_the_events_that_it_has_written(
    name: str, optional_states: dict[str, State]
) -> None:
    loops = list(_loops(name, optional_states))
    assert len(loops) >= 3
    for loop in loops:
        written = sum(_events(optional_states[state]) for state, _assign in loop)
        assert sum(_counted(assign) for _state, assign in loop) == written, loop


@pytest.mark.parametrize("name", RECONCILERS)
def test_the_longest_way_back_is_what_the_budget_plans_each_pass_with(
    name: str, optional_states: dict[str, State]
) -> None:
    """It waits for an event in vain, because the table takes no token, and then plainly."""
    longest = max(_loops(name, optional_states), key=len)
    written = sum(_events(optional_states[state]) for state, _assign in longest)
    assert written == history.PASS_EVENTS
    assert [optional_states[state]["Type"] for state, _assign in longest] == [
        *("Task", "Choice", "Task", "Wait")
    ]


@pytest.mark.parametrize("name", RECONCILERS)
def test_what_the_budget_keeps_back_is_enough_for_the_dearest_passes_after_the_deadline(
    name: str, optional_states: dict[str, State]
) -> None:
    dearest = max(
        sum(_events(optional_states[state]) + _retried(optional_states[state]) for state, _ in loop)
        for loop in _loops(name, optional_states)
    )
    kept = history.MAX_EVENTS - (
        history.FREE_EVENTS + history.SPREAD_EVENTS + history.WAKES_AHEAD_EVENTS
    )
    assert dearest * (PASSES_AFTER_DEADLINE + 1) < kept


def test_retries_count_and_a_context_without_their_count_is_no_error(
    states: dict[str, State],
) -> None:
    expression = states["ReconcileExport"]["Assign"]["history_events"][2:-2]

    def counted(state: dict[str, object]) -> object:
        context = {"context": {"State": state}}
        return evaluate(expression, {"history_events": 100, "states": context})

    assert counted({"RetryCount": 4}) == 107 + 4 * EVENTS_PER_RETRY
    assert counted({"RetryCount": 0}) == counted({}) == 107


def test_a_pass_receives_what_has_been_written_before_it(states: dict[str, State]) -> None:
    for name in RECONCILERS:
        payload = states[name]["Arguments"]["Payload"]
        assert payload["history_events"] == "{% $history_events %}"


def _events(state: State) -> int:
    """Return the events that one visit of a state writes."""
    asked = int(str(state.get("Resource")).endswith(".waitForTaskToken"))
    return EVENTS[state["Type"]] + asked


def _retried(state: State) -> int:
    """Return the events of all the retries that a state may use up."""
    return EVENTS_PER_RETRY * sum(int(retrier["MaxAttempts"]) for retrier in state.get("Retry", ()))


def _counted(assign: dict[str, Any]) -> int:
    """Return the events that a way out of a state counts, except for those of its retries."""
    if "history_events" not in assign:
        return 0
    found = SPENT.search(assign["history_events"])
    assert found is not None, assign
    return int(found[1])


def _loops(
    start: str, states: dict[str, State], *path: tuple[str, dict[str, Any]], at: str | None = None
) -> Iterator[tuple[tuple[str, dict[str, Any]], ...]]:
    """Yield every way from a state back to itself: each state with what its way out assigns."""
    name = at or start
    for target, assign in _ways_out(states[name]):
        taken = (*path, (name, assign))
        if target == start:
            yield taken
        elif target not in {state for state, _ in taken}:
            yield from _loops(start, states, *taken, at=target)


def _ways_out(state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield where a state goes next, and what it assigns on that way."""
    own = state.get("Assign", {})
    if "Next" in state:
        yield state["Next"], own
    if "Default" in state:
        yield state["Default"], own
    for way in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield way["Next"], way.get("Assign", {})
