"""The functions that accept requests, advance their plans, and plan clean-ups."""

from __future__ import annotations

from constructs import Construct

from infra.platform.platform import Platform
from infra.settings import Settings
from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON
from lambdas.shared.environment import SNAPSHOT_EXPORTS


class Requests(Construct):
    """The functions of a request, besides those of its jobs.

    Attributes:
        accept_request: makes a plan of a request, or rejects it.
        advance_plan: adds results to the plan, and begins the next stage or makes the outcome.
        resolve_jobs: finds out the resources of deferred jobs when their stage begins.
        plan_clean_up: makes a plan that undoes what an execution has left behind.
        functions: all of them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        platform: Platform,
    ) -> None:
        super().__init__(scope, construct_id)
        exports = SNAPSHOT_EXPORTS_JSON.dump_json(settings.snapshot_exports).decode()
        reading_inputs = {SNAPSHOT_EXPORTS: exports}
        self.accept_request = platform.functions.add(
            self, "AcceptRequest", package="requests", environment=reading_inputs
        )
        self.advance_plan = platform.functions.add(self, "AdvancePlan", package="requests")
        self.resolve_jobs = platform.functions.add(
            self,
            "ResolveJobs",
            package="requests",
            environment=platform.coordination.environment,
        )
        self.plan_clean_up = platform.functions.add(
            self,
            "PlanCleanUp",
            package="requests",
            environment={**platform.coordination.environment, **reading_inputs},
        )
        self.functions = (
            self.accept_request,
            self.advance_plan,
            self.resolve_jobs,
            self.plan_clean_up,
        )
        platform.coordination.grant_read_notes(self.plan_clean_up)
        platform.coordination.grant_read_notes(self.resolve_jobs)
        platform.coordination.grant_claim_outcomes(self.plan_clean_up)
