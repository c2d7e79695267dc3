"""What the page reads and does, as JSON values: the API without HTTP. Every call may block."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from console import actions
from console.check import Checked, Context, checked
from console.page.connection import Connected, Connection
from console.page.controls import Controls
from console.page.failures import BadRequest, NoControls, RequestInvalid
from console.page.once import Once
from console.schemas import request_schema
from console.words import undone_on_abort

_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Selection:
    """Which requests to list, as `Reading.list` takes them."""

    status: str | None = None
    text: str | None = None
    page: str | None = None
    limit: int = 50


class _Body(BaseModel):
    """What the page sends."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Model = TypeVar("Model", bound=_Body)


class Check(_Body):
    """A request to check."""

    request: JsonValue


class Start(_Body):
    """A request to start.

    Attributes:
        name: of the execution; the same one again is the same click.
    """

    request: JsonValue
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]


class Cancel(_Body):
    """An execution to stop."""

    execution_arn: str
    cause: Annotated[str, Field(max_length=256)] | None = None


class Again(_Body):
    """An execution whose request is sent again.

    Attributes:
        click: the same one again is the same click.
    """

    execution_arn: str
    click: Annotated[str, Field(min_length=8, max_length=80)]


class Api:
    """Reads and acts for the page."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._once = Once()

    def stack(self) -> JsonValue:
        """Return which stack it is, and whether it has the local AWS's controls."""
        connected = self._connected()
        stack = connected.stack
        return {
            "name": stack.name,
            "account": stack.account,
            "region": stack.region,
            "state_machine_arn": stack.state_machine_arn,
            "has_controls": connected.controls is not None,
            "usage": dict(connected.reading.usage()),
        }

    def requests(self, selection: Selection) -> JsonValue:
        """Return a page of requests."""
        reading = self._connected().reading
        return reading.list(
            selection.status, selection.text, selection.page, selection.limit
        ).as_json()

    def request(self, reference: str) -> JsonValue:
        """Return everything about a request."""
        return self._connected().reading.request(reference).as_json()

    def events(self, execution_arn: str, page: str | None) -> JsonValue:
        """Return a page of a history."""
        return self._connected().reading.events(execution_arn, page).as_json()

    def slots(self) -> JsonValue:
        """Return the export slots."""
        return self._connected().reading.slots().as_json()

    def rates(self) -> JsonValue:
        """Return the rate limits."""
        return [rate.as_json() for rate in self._connected().reading.rates()]

    def why(self, reference: str) -> JsonValue:
        """Return why a request failed or waits."""
        return self._connected().reading.why(reference).as_json()

    def schema(self) -> JsonValue:
        """Return the schema of requests."""
        return request_schema()

    def examples(self) -> JsonValue:
        """Return requests to begin with."""
        files = sorted((_ROOT / "examples").glob("*.json"))
        return [{"name": file.stem, "request": _load(file)} for file in files]

    def check(self, body: JsonValue) -> JsonValue:
        """Return the faults of a request, what it would do, and what its clean-up would undo.

        It makes no call to AWS.
        """
        found = self._checked(_valid(Check, body).request)
        undone = () if found.request is None else undone_on_abort(found.request)
        return {**found.as_json(), "undone": list(undone)}

    def start(self, body: JsonValue) -> JsonValue:
        """Start a request, once for a name."""
        order = _valid(Start, body)
        connected = self._connected()
        if faults := self._checked(order.request).faults:
            raise RequestInvalid([fault.model_dump(mode="json") for fault in faults])

        def act() -> str:
            return actions.start(connected.stack, connected.session, order.request, name=order.name)

        what = json.dumps(["start", order.request], sort_keys=True)
        arn = self._once.do(order.name, what, act)
        return {"execution_arn": arn, "done": f"Started the request as execution {_name(arn)}."}

    def cancel(self, body: JsonValue) -> JsonValue:
        """Stop an execution."""
        order = _valid(Cancel, body)
        connected = self._connected()
        cause = order.cause or actions.canceled_by_me("on the page")
        actions.cancel(connected.stack, connected.session, order.execution_arn, cause)
        name = _name(order.execution_arn)
        return {
            "execution_arn": order.execution_arn,
            "done": f"Stopped execution {name}; its clean-up follows.",
        }

    def again(self, body: JsonValue) -> JsonValue:
        """Send the request of an execution again, once for a click."""
        order = _valid(Again, body)
        connected = self._connected()

        def act() -> str:
            return actions.again(connected.stack, connected.session, order.execution_arn)

        arn = self._once.do(order.click, f"again {order.execution_arn}", act)
        done = f"Sent the request of {_name(order.execution_arn)} again, as {_name(arn)}."
        return {"execution_arn": arn, "done": done}

    def local(self) -> JsonValue:
        """Return the state of the local AWS.

        Raises NoControls.
        """
        return self._controls().call("GET", "")

    def control(self, name: str, body: JsonValue) -> JsonValue:
        """Act on the local AWS.

        Raises NoControls.
        """
        return self._controls().call("POST", name, body)

    def _controls(self) -> Controls:
        controls = self._connected().controls
        if controls is None:
            raise NoControls("This is not the local AWS.")
        return controls

    def _connected(self) -> Connected:
        return self._connection.connected()

    def _checked(self, request: JsonValue) -> Checked:
        """Check a request against the stack, as far as it has been found."""
        connected = self._connection.found
        if connected is None:
            return checked(request)
        stack = connected.stack
        return checked(request, Context(stack.account, stack.region, stack.state_machine_arn))


def _valid(model: type[Model], body: JsonValue) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in error.errors()
        )
        raise BadRequest("; ".join(faults)) from error


def _name(execution_arn: str) -> str:
    return execution_arn.rpartition(":")[2]


def _load(file: Path) -> JsonValue:
    value: JsonValue = json.loads(file.read_text(encoding="utf-8"))
    return value
