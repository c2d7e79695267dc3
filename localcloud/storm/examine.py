"""Runs one seed's scenario and checks it; what breaks the local AWS itself is a violation too."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from localcloud.storm.invariants import Violation, violations
from localcloud.storm.observe import Observed, observe
from localcloud.storm.scenario import Scenario
from localcloud.storm.stacks import Stacks

LOCAL_AWS: Final = "local AWS"
"""Stands for an invariant: the local AWS itself has not failed."""


@dataclass
class Examined:
    """What came of a scenario.

    Attributes:
        observed: None if the local AWS failed.
    """

    violations: list[Violation]
    observed: Observed | None = None

    def entries(self) -> Counter[str]:
        """Count the entries of all outcomes by kind, target, phase and reason."""
        executions = self.observed.executions if self.observed else ()
        return Counter(
            " ".join(entry[name] for name in ("kind", "target", "phase", "reason"))
            for execution in executions
            for outcome in execution.outcomes
            for entry in outcome["resources"]
        )


def examine(scenario: Scenario, stacks: Stacks) -> Examined:
    """Run a scenario and return the violations; a stack on which that fails is not used again."""
    errors = _Errors()
    try:
        with errors.collected():
            observed = observe(scenario, stacks.ready_for(scenario))
    except Exception as error:
        errors.texts.append(f"{type(error).__name__}: {error}")
        observed = None
        stacks.discard()
    found = [Violation(scenario.seed, LOCAL_AWS, text) for text in errors.texts]
    return Examined(found + (violations(observed) if observed else []), observed)


@dataclass
class _Errors:
    """The errors that the local AWS logs."""

    texts: list[str] = field(default_factory=list)

    @contextmanager
    def collected(self) -> Iterator[None]:
        handler = logging.Handler(logging.ERROR)
        handler.emit = self._add  # type: ignore[method-assign]
        logger = logging.getLogger("localcloud")
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)

    def _add(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.texts.append(f"{record.getMessage()}: {error!r}" if error else record.getMessage())
