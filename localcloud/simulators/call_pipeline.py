"""What every call passes through: throttle, injected fault, the operation, the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from localcloud.simulators.errors import LostResponse, SimulatedError
from localcloud.simulators.faults import CallFaults
from localcloud.simulators.ledger import Call, Ledger
from localcloud.simulators.token_bucket import TokenBucket
from localcloud.simulators.world_time import WorldTime
from localcloud.world import LOST_RESPONSE

Result = TypeVar("Result")


class CallPipeline:
    """Throttles, fails and counts the calls of both simulators alike."""

    def __init__(
        self,
        time: WorldTime,
        faults: CallFaults,
        ledger: Ledger,
        caller: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Prepare; `caller` returns the execution whose function makes the present call."""
        self._time = time
        self._faults = faults
        self._ledger = ledger
        self._caller = caller

    def run(
        self,
        operation: str,
        resources: Sequence[str],
        perform: Callable[[], Result],
        *,
        bucket: TokenBucket | None = None,
        throttle: str = "ThrottlingException",
    ) -> Result:
        """Perform an operation, record the call in the ledger, and return the result.

        Args:
            operation: its name.
            resources: what the call names.
            perform: returns the result.
            bucket: the quota, None for none.
            throttle: the error code of a call beyond the quota.

        Raises:
            SimulatedError: throttled, failed by a fault, or refused by the operation.
            LostResponse: a fault drops the response, whatever it is.
        """
        self._ledger.announce_call(operation)
        at_s = self._time.seconds()
        took_effect = False
        lost = False
        refusal: SimulatedError | None = None
        try:
            if bucket is not None and not bucket.take():
                raise SimulatedError(throttle, "Rate exceeded")
            lost = self._admit(operation, resources)
            result = perform()
            took_effect = True
        except SimulatedError as error:
            refusal = error
        self._ledger.record_call(
            Call(
                operation=operation,
                at_s=at_s,
                resources=tuple(resources),
                answer=LOST_RESPONSE if lost else refusal.code if refusal else None,
                illegal=refusal is not None and refusal.illegal and not lost,
                took_effect=took_effect,
                execution_arn=self._caller(),
            )
        )
        if lost:
            raise LostResponse
        if refusal is not None:
            raise refusal
        return result

    def _admit(self, operation: str, resources: Sequence[str]) -> bool:
        """Return whether the response of an admitted call is to be lost."""
        fault = self._faults.draw(operation, resources)
        if fault not in (None, LOST_RESPONSE):
            raise SimulatedError(fault, f"{fault}: a fault of the world file")
        return fault == LOST_RESPONSE
