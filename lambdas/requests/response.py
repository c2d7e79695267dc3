"""What a request function returns: what the workflow does next."""

from __future__ import annotations

from typing import Any

from lambdas.requests.acceptance import CleanUp
from lambdas.requests.outcome import Outcome
from lambdas.requests.plan import Plan
from lambdas.shared.model import Internal


class Response(Internal):
    """What the workflow does next.

    Attributes:
        plan: to run.
        clean_up: to plan.
        outcome: to end the execution with.
        publish: to publish instead of `outcome`, if there is one.
    """

    plan: Plan | None = None
    clean_up: CleanUp | None = None
    outcome: Outcome | None = None
    publish: Outcome | None = None

    def as_payload(self) -> dict[str, Any]:
        """Return the output: a plan without default values, an outcome with every field."""
        values = self.model_dump(mode="json", exclude={"plan"})
        payload = {name: value for name, value in values.items() if value is not None}
        if self.plan is not None:
            payload["plan"] = self.plan.model_dump(mode="json", exclude_defaults=True)
        return payload
