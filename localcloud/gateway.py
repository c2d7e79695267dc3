"""The endpoint of every service: moto, the simulators, the controls, and an error for all else.

The AWS CLI's `--endpoint-url` names one endpoint for all services, and version 1 of the AWS CLI
needs it: it ignores AWS_ENDPOINT_URL for rds and sqs.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from localcloud.clock import VirtualClock
from localcloud.forwarding import FORWARDED, forward
from localcloud.simulators.errors import NOT_IMPLEMENTED, NOT_IMPLEMENTED_STATUS
from localcloud.simulators.server import Request, Response
from localcloud.turns import admitted

Environ = dict[str, Any]
StartResponse = Callable[..., object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

CONTROLS: Final = "/_localcloud/"
"""The path of the controls, which no service has."""

_SIMULATED: Final = {
    "connect-campaigns": "AWS_ENDPOINT_URL_CONNECTCAMPAIGNSV2",
    "rds": "AWS_ENDPOINT_URL_RDS",
    "tagging": "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API",
}
"""The endpoint variables of simulated services, by signing name, which both campaign APIs share."""

_SCOPE: Final = re.compile(r"Credential=[^/]*/\d+/[^/]*/([^/]+)/aws4_request")
_NO_SUCH_PATH: Final = ("404", "405")
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_WEB_PAGE: Final = b"<!doctype html>"
_FORM: Final = "application/x-www-form-urlencoded"


class Gateway:
    """A WSGI application around moto's."""

    def __init__(
        self,
        moto: Application,
        environment: Mapping[str, str],
        clock: VirtualClock,
        controls: Callable[[Request], Response] | None = None,
    ) -> None:
        """Prepare; `environment` may hold the endpoints of the simulators."""
        self._moto = moto
        self._controls = controls
        self._clock = clock
        self._endpoints = {
            service: environment[variable]
            for service, variable in _SIMULATED.items()
            if variable in environment
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request; its response has the local AWS's time."""

        def dated(status: str, headers: Iterable[tuple[str, str]], *more: object) -> object:
            date = formatdate(self._clock.now(), usegmt=True)
            others = [each for each in headers if each[0].lower() != "date"]
            return start_response(status, [*others, ("Date", date)], *more)

        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        with admitted(self._clock, _headers(environ), call):
            return self._answer(environ, dated)

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._controls is not None and environ["PATH_INFO"].startswith(CONTROLS):
            return _send(self._controls(_request(environ)), start_response)
        body = _form(environ)
        url = self._endpoints.get(_service(environ))
        if url is not None and _variable(FORWARDED) not in environ:
            return _send(forward(_request(environ), url), start_response)
        try:
            return self._serve(environ, start_response)
        except NotImplementedError:
            message = f"The local AWS does not serve {_operation(environ, body)}."
            refusal = _error(environ, NOT_IMPLEMENTED_STATUS, NOT_IMPLEMENTED, message)
        except Exception as error:
            traceback.print_exc()
            message = f"{_operation(environ, body)}: {type(error).__name__}: {error}"
            refusal = _error(environ, 500, "InternalFailure", message)
        return _send(refusal, start_response)

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Have moto serve a request; raise NotImplementedError if it has no such path."""
        started: list[Any] = []
        content = self._moto(environ, lambda *given: started.append(given))
        status, headers, *_ = started[0]
        if status.startswith(_NO_SUCH_PATH):
            parts = list(content)
            if parts and parts[0].startswith(_WEB_PAGE):
                raise NotImplementedError
            content = parts
        start_response(status, headers)
        return content


def _service(environ: Environ) -> str:
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return scope[1] if scope else ""


def _variable(header: str) -> str:
    return f"HTTP_{header.upper().replace('-', '_')}"


def _form(environ: Environ) -> bytes:
    """Return the body of a form, and leave it readable; empty for any other request."""
    if not environ.get("CONTENT_TYPE", "").startswith(_FORM):
        return b""
    body = _read(environ)
    environ["wsgi.input"] = BytesIO(body)
    return body


def _read(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


def _request(environ: Environ) -> Request:
    return Request(environ["REQUEST_METHOD"], environ["RAW_URI"], _read(environ), _headers(environ))


def _headers(environ: Environ) -> dict[str, str]:
    return {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }


def _operation(environ: Environ, form: bytes) -> str:
    """Return the name of the operation, or its method and path."""
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    actions = parse_qs(form.decode("utf-8", "replace")).get("Action", [target.rpartition(".")[2]])
    return actions[0] or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"


def _error(environ: Environ, status: int, code: str, message: str) -> Response:
    """Return an error in the shape of the request's protocol."""
    service = _service(environ)
    if service == "s3" or environ.get("CONTENT_TYPE", "").startswith(_FORM):
        fault = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        around = {"s3": "{}", "ec2": "<Response><Errors>{}</Errors></Response>"}
        body = around.get(service, "<ErrorResponse>{}</ErrorResponse>").format(fault)
        return Response(status, body.encode(), "text/xml")
    document = json.dumps({"__type": code, "message": message})
    return Response(status, document.encode(), "application/json", {"x-amzn-ErrorType": code})


def _send(response: Response, start_response: StartResponse) -> Iterable[bytes]:
    headers = {**response.headers, "content-type": response.content_type}
    headers["content-length"] = str(len(response.body))
    start_response(f"{response.status} {_PHRASES.get(response.status, '')}", [*headers.items()])
    return [response.body]
