"""The controls of the local AWS: what other callers do, the faults, and the pace of time.

They are served beside the services, at a path that none of them has. Any website that a browser
shows can send requests to a port of this machine, so they answer only to who sends their header,
which a browser sends to no other origin without asking it first, and only by this host's own name,
which another name that resolves to it is not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from localcloud.clock import VirtualClock
from localcloud.gateway import CONTROLS
from localcloud.simulators import Simulators
from localcloud.simulators.errors import SimulatedError
from localcloud.simulators.server import Request, Response
from localcloud.world import (
    FAULTY_OPERATIONS,
    RESOURCES_OF_ACTS,
    WorldError,
    parse_act,
    parse_fault,
)

HEADER: Final = "x-localcloud-controls"
MAX_SPEED: Final = 100_000.0

_HOSTS: Final = ("localhost", "127.0.0.1")

Answer = dict[str, Any]


class _Refused(Exception):
    """A request is refused; the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Controls:
    """Serves the controls; the caller has the clock's turn."""

    def __init__(
        self,
        clock: VirtualClock,
        simulators: Simulators,
        abort_executions: Callable[[], list[str]],
    ) -> None:
        """Prepare; `abort_executions` stops the requests that run, and returns their ARNs."""
        self._clock = clock
        self._simulators = simulators
        self._abort_executions = abort_executions
        self._controls: Mapping[str, Callable[[object], Answer]] = {
            "act": self._act,
            "faults": self._change_faults,
            "speed": self._change_speed,
            "jump": self._jump,
        }

    def respond(self, request: Request) -> Response:
        """Return the response to a request."""
        try:
            _require_caller(request.headers)
            status, answer = 200, self._answer(request)
        except _Refused as refusal:
            status, answer = refusal.status, {"message": str(refusal)}
        return Response(status, json.dumps(answer).encode(), "application/json")

    def _answer(self, request: Request) -> Answer:
        name = request.path.removeprefix(CONTROLS)
        if not name and request.method == "GET":
            return self._state()
        if name not in self._controls:
            raise _Refused(404, f"there is no control {name!r}")
        if request.method != "POST":
            raise _Refused(405, f"{name} takes POST")
        return self._controls[name](_parsed(request.body))

    def _state(self) -> Answer:
        """Return the state of the world, of its faults and of its time."""
        faults = self._simulators.faults
        return {
            "read_at": _timestamp(self._clock.now()),
            "speed": self._clock.speed,
            "next_jump": _timestamp(self._clock.next_due()),
            **self._simulators.existing(),
            "faults": [
                {"number": number, **rule.model_dump(mode="json", exclude_defaults=True)}
                for number, rule in faults.in_force.items()
            ],
            "events_dropped": dict(faults.events.dropped),
            "acts": RESOURCES_OF_ACTS,
            "faulty_operations": FAULTY_OPERATIONS,
        }

    def _act(self, body: object) -> Answer:
        """Do what another caller does; the answer says what has changed."""
        try:
            act = parse_act(body)
            if act.operation == "AbortExecution":
                return {"aborted": self._abort_executions()}
            changes = self._simulators.perform(act)
        except WorldError as error:
            raise _Refused(400, str(error)) from error
        except SimulatedError as error:
            raise _Refused(409, f"{error.code}: {error.message}") from error
        return {"changes": [{"id": one.resource, "state": one.state} for one in changes]}

    def _change_faults(self, body: object) -> Answer:
        """Add a fault, `{"add": FAULT}`, or remove one, `{"remove": NUMBER}`."""
        match body:
            case {"add": fault, **others} if not others:
                try:
                    return {"added": self._simulators.faults.add(parse_fault(fault))}
                except WorldError as error:
                    raise _Refused(400, str(error)) from error
            case {"remove": int(number), **others} if not others:
                if not self._simulators.faults.remove(number):
                    raise _Refused(404, f"there is no fault {number}")
                return {"removed": number}
        raise _Refused(400, 'must be {"add": FAULT} or {"remove": NUMBER}')

    def _change_speed(self, body: object) -> Answer:
        """Change the speed: `{"speed": N}`."""
        self._require_pace()
        match body:
            case {"speed": int() | float() as speed, **others} if not others:
                if not isinstance(speed, bool) and 0 < speed <= MAX_SPEED:
                    self._clock.keep_pace(float(speed))
                    return {"speed": self._clock.speed}
        raise _Refused(400, f'must be {{"speed": N}}, above 0 and up to {MAX_SPEED:.0f}')

    def _jump(self, body: object) -> Answer:
        """Let the next moment at which anything is due come at once."""
        self._require_pace()
        if body != {}:
            raise _Refused(400, "must be {}")
        moment = self._clock.next_due()
        if moment is None:
            raise _Refused(409, "nothing is due")
        self._clock.jump()
        return {"to": _timestamp(moment)}

    def _require_pace(self) -> None:
        if self._clock.speed is None:
            raise _Refused(409, "time has no speed here: it jumps as soon as nothing runs")


def _require_caller(headers: Mapping[str, str]) -> None:
    if headers.get("host", "").partition(":")[0] not in _HOSTS:
        raise _Refused(403, "the controls answer to localhost only")
    if "origin" in headers or HEADER not in headers:
        raise _Refused(403, f"the controls need the header {HEADER}, and no Origin")


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Refused(400, f"is not JSON: {error}") from error


def _timestamp(moment: float | None) -> str | None:
    if moment is None:
        return None
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
