"""What ends waits early: the function that events invoke, and the target of their rules."""

from __future__ import annotations

from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.platform.platform import Platform


class Waiting(Construct):
    """The function that wakes the waiters for what an event is about."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
    ) -> None:
        super().__init__(scope, construct_id)
        self._dead_letters = platform.dead_letters
        self.function: lambda_.Function = platform.functions.add(
            self, "WakeWaiters", package="waiting", environment=platform.coordination.environment
        )
        platform.coordination.grant_take_tokens(self.function)
        platform.dead_letters.keep_failures_of(self.function)

    def target(self) -> targets.LambdaFunction:
        """Return the target of a rule whose events end waits."""
        return self._dead_letters.invoke(self.function)
