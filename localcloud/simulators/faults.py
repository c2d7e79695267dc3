"""The world's faults: which call fails, which event is lost, late or repeated."""

from __future__ import annotations

import random
import threading
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
        active = [_ActiveFault(rule, random.Random(f"{seed}-{n}")) for n, rule in enumerate(rules)]
        self._of_calls = [rule for rule in active if not rule.is_of_item()]
        self._of_items = [rule for rule in active if rule.is_of_item()]

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
    """Draws faults of events; rules that match the same event add up."""

    def __init__(self, rules: Iterable[EventFault], seed: int) -> None:
        self._lock = threading.Lock()
        self._rules = tuple(rules)
        self._rng = random.Random(f"{seed}-events")

    def deliveries(self, event_id: str) -> list[float]:
        """Return after how many simulated seconds each copy of an event is delivered."""
        rules = [rule for rule in self._rules if rule.event in ("*", event_id)]
        with self._lock:
            if any(self._rng.random() < rule.drop for rule in rules):
                return []
        copies = 1 + sum(rule.duplicates for rule in rules)
        return [sum(rule.delay_s for rule in rules)] * copies
