"""What must be true of every scenario, whatever its world and its requests.

It shares nothing with the functions: it reads the requests, the outcomes, the executions and the
simulators' ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from localcloud.storm import of_calls, of_outcomes, of_promises, of_undoing
from localcloud.storm.observe import Observed

Invariant = Callable[[Observed], Iterator[str]]
"""Yields how a scenario violates it."""


class Violation(NamedTuple):
    """What is wrong with a seed's scenario."""

    seed: int
    invariant: str
    what: str

    def __str__(self) -> str:
        return f"seed {self.seed}: {self.invariant}: {self.what}"


INVARIANTS: Final[Mapping[str, Invariant]] = MappingProxyType(
    {
        "ends": of_outcomes.ends,
        "one outcome": of_outcomes.one_outcome,
        "schema": of_outcomes.schema,
        "entries": of_outcomes.entries,
        "agreement": of_outcomes.agreement,
        "truth": of_outcomes.truth,
        "stage order": of_outcomes.stage_order,
        "reasons": of_outcomes.reasons,
        "sizes": of_outcomes.sizes,
        "rate": of_calls.rate,
        "slots": of_calls.slots,
        "legal": of_calls.legal,
        "legal of RDS": of_calls.legal_of_rds,
        "started once": of_calls.started_once,
        "created once": of_calls.created_once,
        "explained": of_calls.explained,
        "selected": of_promises.selected,
        "newest": of_promises.newest,
        "attempts": of_promises.attempts,
        "deadlines": of_promises.deadlines,
        "no needless failure": of_promises.no_needless_failure,
        "restored": of_undoing.restored,
        "after abort": of_undoing.after_abort,
    }
)


def violations(observed: Observed) -> list[Violation]:
    """Return what is wrong with a scenario that was run."""
    seed = observed.scenario.seed
    return [
        Violation(seed, name, what)
        for name, invariant in INVARIANTS.items()
        for what in invariant(observed)
    ]
