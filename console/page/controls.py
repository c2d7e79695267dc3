"""The controls of the local AWS, which a real account does not have.

They are asked for at the endpoint of boto3's client, and only if that is on this machine.
"""

from __future__ import annotations

import ipaddress
import json
from http.client import HTTPConnection, HTTPException
from typing import Final, Self
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError
from pydantic import JsonValue

from console.errors import AwsUnavailable, ConsoleError

PATH: Final = "/_localcloud/"
HEADER: Final = "x-localcloud-controls"
"""A browser sends no header of this name to another origin without asking that origin first."""

_SECONDS: Final = 10.0


class ControlsRefused(ConsoleError):
    """The local AWS refuses what it was asked to do; the message says why."""


class Controls:
    """The controls at one endpoint."""

    def __init__(self, netloc: str) -> None:
        self._netloc = netloc

    @classmethod
    def of(cls, session: boto3.Session) -> Self | None:
        """Return the controls of the AWS that a session calls, None if it has none."""
        try:
            url = urlsplit(session.client("stepfunctions").meta.endpoint_url)
        except BotoCoreError:
            return None
        if url.scheme != "http" or not _is_loopback(url.hostname or ""):
            return None
        controls = cls(url.netloc)
        try:
            controls.call("GET", "")
        except ConsoleError:
            return None
        return controls

    def call(self, method: str, name: str, body: JsonValue = None) -> JsonValue:
        """Return the answer of one of the controls.

        Raises ControlsRefused, and AwsUnavailable if there is no answer.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {HEADER: "1", "content-type": "application/json"}
        connection = HTTPConnection(self._netloc, timeout=_SECONDS)
        try:
            connection.request(method, PATH + name, content, headers)
            response = connection.getresponse()
            answer: JsonValue = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise AwsUnavailable(f"The local AWS does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != 200:
            message = answer.get("message") if isinstance(answer, dict) else None
            raise ControlsRefused(str(message or f"the local AWS answers {response.status}"))
        return answer


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
