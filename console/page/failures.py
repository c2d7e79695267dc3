"""What went wrong, as a status and JSON that says it in words."""

from __future__ import annotations

import logging
from typing import Final

from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console.errors import (
    AmbiguousReference,
    AwsUnavailable,
    ConsoleError,
    NotRunning,
    RequestNotFound,
    SeveralStacks,
    StackNotFound,
)
from console.page.encoding import Json

_logger = logging.getLogger(__name__)


class BadRequest(ConsoleError):
    """The page's own request breaks a rule; the message names the field."""


class NoControls(ConsoleError):
    """The account is not the local AWS."""


class RequestInvalid(ConsoleError):
    """A request that AcceptRequest would reject, so that nothing has been started.

    Attributes:
        faults: each with its field and its rule.
    """

    def __init__(self, faults: list[JsonValue]) -> None:
        super().__init__("The request would be rejected; nothing has been started.")
        self.faults = faults


class Refused(Exception):
    """A request is refused before anything reads it.

    Attributes:
        status: of the response.
        code: one word.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


_UNEXPECTED: Final = 500
_STATUSES: Final[dict[type[Exception], int]] = {
    BadRequest: 400,
    NoControls: 404,
    RequestInvalid: 422,
    RequestNotFound: 404,
    AmbiguousReference: 409,
    NotRunning: 409,
    StackNotFound: 503,
    SeveralStacks: 503,
    AwsUnavailable: 503,
}


def described(error: Exception) -> tuple[int, dict[str, JsonValue]]:
    """Return an error's status and what is shown of it, which is little if it is not expected."""
    match error:
        case Refused(status=status, code=code):
            return status, {"code": code, "message": str(error)}
        case HTTPException(status_code=status, detail=detail):
            return status, {"code": "NotServed", "message": detail}
        case ConsoleError():
            shown: dict[str, JsonValue] = {"code": type(error).__name__, "message": str(error)}
            if isinstance(error, AmbiguousReference):
                shown["execution_arns"] = list(error.execution_arns)
            if isinstance(error, RequestInvalid):
                shown["faults"] = error.faults
            if isinstance(error, SeveralStacks):
                shown["names"] = list(error.names)
            statuses = (status for kind, status in _STATUSES.items() if isinstance(error, kind))
            return next(statuses, 409), shown
    message = f"The page's server failed ({type(error).__name__}); its terminal shows where."
    return _UNEXPECTED, {"code": "InternalError", "message": message}


def log_unexpected(error: Exception) -> None:
    """Log an error that nobody can do anything about but its authors."""
    if described(error)[0] == _UNEXPECTED:
        _logger.error("the page's server failed", exc_info=error)


def failed(error: Exception) -> Json:
    """Return the response to a request that failed."""
    log_unexpected(error)
    status, shown = described(error)
    return Json({"error": shown}, status)


def handler(_request: Request, error: Exception) -> Response:
    """Handle what a route raises."""
    return failed(error)
