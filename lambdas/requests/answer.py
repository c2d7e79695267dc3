"""What a function of the request answers: what the workflow does next."""

from __future__ import annotations

from typing import Any

from lambdas.requests.acceptance import CleanUp
from lambdas.requests.outcome import Outcome
from lambdas.requests.plan import Plan
from lambdas.shared.model import Internal


class Answer(Internal):
    """What the workflow does next.

    Attributes:
        plan: is run.
        clean_up: is planned.
        outcome: ends the execution.
        publish: is published instead of the outcome, where there is one.
    """

    plan: Plan | None = None
    clean_up: CleanUp | None = None
    outcome: Outcome | None = None
    publish: Outcome | None = None

    def as_payload(self) -> dict[str, Any]:
        """Return what is to be told: a plan without its defaults, an outcome with every field."""
        payload = self.model_dump(mode="json", exclude={"plan"})
        told = {name: value for name, value in payload.items() if value is not None}
        if self.plan is not None:
            told["plan"] = self.plan.model_dump(mode="json", exclude_defaults=True)
        return told
