"""What the tests of reconcile passes over campaigns share."""

from __future__ import annotations

from lambdas.jobs.pass_result import PassResult
from lambdas.jobs.phases import Phase
from lambdas.jobs.resource_result import Entry
from lambdas.shared.errors import (
    AwsError,
    ValidationException,
)
from tests.unit.conftest import ManualClock
from tests.unit.fakes import FakeCampaigns, aws_error

ENDS = {Phase.COMPLETE, Phase.FAILED}


def entries(seen: PassResult) -> dict[str, Entry]:
    assert seen.phase in ENDS
    assert (seen.work, seen.wait_seconds) == (None, 0)
    return {entry.id: entry for entry in seen.entries}


class Rejecting(FakeCampaigns):
    """Rejects a poll as a whole for each id that it does not accept."""

    def __init__(self, *rejected: str, **states: str) -> None:
        super().__init__(**states)
        self.rejected = set(rejected)

    def states(self, campaign_ids):
        answer = super().states(campaign_ids)
        if self.rejected & set(campaign_ids):
            raise aws_error(ValidationException)
        return answer


class Slow(Rejecting):
    """Lets time pass with each call, and fails some of the calls that read.

    Attributes:
        errors: by the number of the call.
    """

    def __init__(self, clock: ManualClock, seconds: float, *rejected: str, **states: str) -> None:
        super().__init__(*rejected, **states)
        self.clock = clock
        self.seconds = seconds
        self.errors: dict[int, AwsError] = {}

    def states(self, campaign_ids):
        self.clock.advance(self.seconds)
        number = sum(call[0] == "poll" for call in self.calls)
        if number in self.errors:
            raise self.errors[number]
        return super().states(campaign_ids)

    def apply(self, mutation, campaign_id):
        self.clock.advance(self.seconds)
        super().apply(mutation, campaign_id)
