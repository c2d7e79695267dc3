"""The notes about campaigns, in memory."""

from __future__ import annotations

from typing import Any, cast

from lambdas.campaigns.moves import Moves, MovesOfWork, NotedMove
from lambdas.campaigns.transitions import Move
from lambdas.campaigns.work import CampaignWork
from tests.unit.builders import EXECUTION


class FakeMoves:
    """Has the methods of `Moves`.

    Attributes:
        noted: by execution, job and campaign: what was noted, and the calls in its note.
        calls: every operation in order, with the campaign's id.
        answers: errors to raise, by operation; None is for none.
    """

    def __init__(self) -> None:
        self.noted: dict[tuple[str, str, str], tuple[NotedMove, set[str]]] = {}
        self.calls: list[tuple[str, str]] = []
        self.answers: dict[str, list[Exception | None]] = {}
        self._invocations = 0

    def will(self, operation: str, *answers: Exception | None) -> None:
        self.answers[operation] = list(answers)

    def of_work(self, work: CampaignWork, execution_arn: str = EXECUTION) -> MovesOfWork:
        """Return the notes of a unit of work, in an invocation of its own."""
        self._invocations += 1
        return MovesOfWork(work, execution_arn, f"invocation-{self._invocations}", self.as_moves())

    def as_moves(self) -> Moves:
        return cast(Moves, self)

    def note_call(self, execution_arn: str, noted: NotedMove, call: str) -> None:
        self._called("note_call", noted.campaign_id)
        key = execution_arn, noted.job, noted.campaign_id
        before, calls = self.noted.get(key, (noted, set()))
        move = Move(found=before.move.found, asked=noted.move.asked)
        self.noted[key] = noted._replace(move=move), calls | {call}

    def withdraw(self, execution_arn: str, job: str, campaign_id: str, call: str) -> None:
        self._called("withdraw", campaign_id)
        key = execution_arn, job, campaign_id
        noted, calls = self.noted.get(key, (None, set()))
        if calls == {call}:
            del self.noted[key]
        elif noted is not None:
            self.noted[key] = noted, calls - {call}

    def holds(self, execution_arn: str, job: str, campaign_id: str) -> bool:
        self._called("holds", campaign_id)
        return (execution_arn, job, campaign_id) in self.noted

    def forget(self, execution_arn: str, job: str, campaign_id: str) -> None:
        self._called("forget", campaign_id)
        self.noted.pop((execution_arn, job, campaign_id), None)

    def of(self, execution_arn: str) -> tuple[NotedMove, ...]:
        self._called("of", "")
        found = [noted for (arn, _, _), (noted, _) in self.noted.items() if arn == execution_arn]
        return tuple(sorted(found, key=lambda noted: noted.noted_at))

    def moves(self) -> dict[str, tuple[str, str]]:
        """Return what is noted, by campaign: the state found and the state asked."""
        return {
            campaign_id: (noted.move.found, noted.move.asked)
            for (_, _, campaign_id), (noted, _) in self.noted.items()
        }

    def _called(self, operation: str, campaign_id: str) -> None:
        self.calls.append((operation, campaign_id))
        queue: list[Any] = self.answers.get(operation, [])
        error = queue.pop(0) if queue else None
        if error is not None:
            raise error
