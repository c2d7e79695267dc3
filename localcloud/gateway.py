"""The endpoint of every service: moto, the simulators, the controls, and an error for all else.

The AWS CLI's `--endpoint-url` names one endpoint for all services, and version 1 of the AWS CLI
needs it: it ignores AWS_ENDPOINT_URL for rds and sqs.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from localcloud.clock import VirtualClock
from localcloud.forwarding import FORWARDED, forward
from localcloud.simulators.errors import NOT_IMPLEMENTED, NOT_IMPLEMENTED_STATUS
from localcloud.simulators.server import Request, Response
from localcloud.wsgi import Application, call

CONTROLS: Final = "/_localcloud/"
"""The path of the controls, which no service has."""

_SIMULATED: Final = {
    "connect-campaigns": "AWS_ENDPOINT_URL_CONNECTCAMPAIGNSV2",
    "rds": "AWS_ENDPOINT_URL_RDS",
    "tagging": "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API",
}
"""The endpoint variables of simulated services, by signing name, which both campaign APIs share."""

_SCOPE: Final = re.compile(r"Credential=[^/]*/\d+/[^/]*/([^/]+)/aws4_request")
_NO_SUCH_PATH: Final = (404, 405)
_WEB_PAGE: Final = b"<!doctype html>"
_FORM: Final = "application/x-www-form-urlencoded"


Answer = Callable[[Request], Response]
Interceptor = Callable[[Request, Answer], Response]
"""Answers a request, by what would answer it or otherwise."""


class Gateway:
    """Answers requests by moto, a WSGI application, by a simulator, or by the controls.

    Attributes:
        interceptor: what answers the requests to moto in its stead; nothing at first.
    """

    def __init__(
        self,
        moto: Application,
        environment: Mapping[str, str],
        clock: VirtualClock,
        controls: Callable[[Request], Response] | None = None,
    ) -> None:
        """Prepare; `environment` may hold the endpoints of the simulators."""
        self._moto = moto
        self._clock = clock
        self._controls = controls
        self.interceptor: Interceptor | None = None
        self._endpoints = {
            service: environment[variable]
            for service, variable in _SIMULATED.items()
            if variable in environment
        }

    def respond(self, request: Request) -> Response:
        """Return the response to a request; it has the local AWS's time."""
        response = self._answer(request)
        date = formatdate(self._clock.now(), usegmt=True)
        return replace(response, headers={**response.headers, "date": date})

    def _answer(self, request: Request) -> Response:
        if self._controls is not None and request.path.startswith(CONTROLS):
            return self._controls(request)
        url = self._endpoints.get(_service(request))
        if url is not None and FORWARDED not in request.headers:
            return forward(request, url)
        if self.interceptor is not None:
            return self.interceptor(request, self._by_moto)
        return self._by_moto(request)

    def _by_moto(self, request: Request) -> Response:
        try:
            return self._served(request)
        except NotImplementedError:
            message = f"The local AWS does not serve {_operation(request)}."
            return _error(request, NOT_IMPLEMENTED_STATUS, NOT_IMPLEMENTED, message)
        except Exception as error:
            traceback.print_exc()
            message = f"{_operation(request)}: {type(error).__name__}: {error}"
            return _error(request, 500, "InternalFailure", message)

    def _served(self, request: Request) -> Response:
        """Have moto serve a request; raise NotImplementedError if it has no such path."""
        response = call(self._moto, request)
        if response.status in _NO_SUCH_PATH and response.body.startswith(_WEB_PAGE):
            raise NotImplementedError
        return response


def _service(request: Request) -> str:
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    return scope[1] if scope else ""


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(_FORM)


def _operation(request: Request) -> str:
    """Return the name of the operation, or its method and path."""
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    form = parse_qs(request.body.decode("utf-8", "replace")) if _is_form(request) else {}
    [action, *_] = form.get("Action", [target])
    return action or f"{request.method} {request.path}"


def _error(request: Request, status: int, code: str, message: str) -> Response:
    """Return an error in the shape of the request's protocol."""
    service = _service(request)
    if service == "s3" or _is_form(request):
        fault = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        around = {"s3": "{}", "ec2": "<Response><Errors>{}</Errors></Response>"}
        body = around.get(service, "<ErrorResponse>{}</ErrorResponse>").format(fault)
        return Response(status, body.encode(), "text/xml")
    document = json.dumps({"__type": code, "message": message})
    return Response(status, document.encode(), "application/json", {"x-amzn-errortype": code})
