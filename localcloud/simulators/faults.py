"""The world's faults: which call fails, which event is lost, late or repeated."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterable, Sequence

from localcloud.world import CallFault, EventFault

# Failure codes of one id in a GetCampaignStateBatch that itself succeeds (botocore's models).
ITEM_FAILURES = frozenset({"ResourceNotFound", "UnknownError"})


class _ActiveFault:
    """A fault with its own random numbers, so that faults do not depend on each other."""

    def __init__(self, rule: CallFault, rng: random.Random) -> None:
        self.rule = rule
        self._rng = rng
        self._left = rule.times

    def is_of_item(self) -> bool:
        return self.rule.operation == "GetCampaignStateBatch" and self.rule.error in ITEM_FAILURES

    def fires(self, operation: str, resources: Sequence[str]) -> bool:
        aim = self.rule.campaign_id or self.rule.source_arn
        if self.rule.operation != operation or (aim is not None and aim not in resources):
            return False
        if self.rule.rate is not None:
            return self._rng.random() < self.rule.rate
        if self._left is None:
            return True
        self._left -= 1
        return self._left >= 0


class CallFaults:
    """Draws faults of calls; the first fault that applies wins."""

    def __init__(self, rules: Iterable[CallFault], seed: int) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._numbers = itertools.count()
        self._of_calls: list[_ActiveFault] = []
        self._of_items: list[_ActiveFault] = []
        for rule in rules:
            self.add(rule)

    def add(self, rule: CallFault) -> None:
        """Apply a fault from now on, after all others."""
        fault = _ActiveFault(rule, random.Random(f"{self._seed}-{next(self._numbers)}"))
        with self._lock:
            (self._of_items if fault.is_of_item() else self._of_calls).append(fault)

    def remove(self, rule: CallFault) -> None:
        """Apply a fault, this very one, no longer."""
        with self._lock:
            for faults in (self._of_calls, self._of_items):
                faults[:] = (fault for fault in faults if fault.rule is not rule)

    def draw(self, operation: str, resources: Sequence[str]) -> str | None:
        """Return the error of this call, None if it has none."""
        return self._draw(self._of_calls, operation, resources)

    def draw_item(self, operation: str, campaign_id: str) -> str | None:
        """Return the failure code of one id in a batch, None if it has none."""
        return self._draw(self._of_items, operation, (campaign_id,))

    def _draw(
        self, rules: list[_ActiveFault], operation: str, resources: Sequence[str]
    ) -> str | None:
        with self._lock:
            fired = (rule.rule.error for rule in rules if rule.fires(operation, resources))
            return next(fired, None)


class EventFaults:
    """Draws faults of events; rules that match the same event add up.

    Attributes:
        dropped: how many events were dropped, by their names.
    """

    def __init__(self, rules: Iterable[EventFault], seed: int) -> None:
        self.dropped: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._rules = list(rules)
        self._rng = random.Random(f"{seed}-events")

    def add(self, rule: EventFault) -> None:
        """Apply a fault from now on."""
        with self._lock:
            self._rules.append(rule)

    def remove(self, rule: EventFault) -> None:
        """Apply a fault, this very one, no longer."""
        with self._lock:
            self._rules = [one for one in self._rules if one is not rule]

    def deliveries(self, event_id: str) -> list[float]:
        """Return after how many simulated seconds each copy of an event is delivered."""
        with self._lock:
            rules = [rule for rule in self._rules if rule.event in ("*", event_id)]
            if any(self._rng.random() < rule.drop for rule in rules):
                self.dropped[event_id] += 1
                return []
        copies = 1 + sum(rule.duplicates for rule in rules)
        return [sum(rule.delay_s for rule in rules)] * copies


Rule = CallFault | EventFault


class Faults:
    """All faults in force: those of the world, and those that were added since.

    Attributes:
        calls: those of calls.
        events: those of events.
    """

    def __init__(self, rules: Iterable[Rule], seed: int) -> None:
        rules = tuple(rules)
        self.calls = CallFaults((rule for rule in rules if isinstance(rule, CallFault)), seed)
        self.events = EventFaults((rule for rule in rules if isinstance(rule, EventFault)), seed)
        self._in_force = dict(enumerate(rules))
        self._numbers = itertools.count(len(rules))

    @property
    def in_force(self) -> dict[int, Rule]:
        """The faults, each with its number."""
        return dict(self._in_force)

    def add(self, rule: Rule) -> int:
        """Apply a fault from now on, and return its number."""
        number = next(self._numbers)
        self._in_force[number] = rule
        if isinstance(rule, CallFault):
            self.calls.add(rule)
        else:
            self.events.add(rule)
        return number

    def remove(self, number: int) -> bool:
        """Apply a fault no longer; return whether it was in force."""
        rule = self._in_force.pop(number, None)
        if isinstance(rule, CallFault):
            self.calls.remove(rule)
        elif rule is not None:
            self.events.remove(rule)
        return rule is not None
