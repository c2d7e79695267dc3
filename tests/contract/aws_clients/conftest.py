"""What replaces the transport of the AWS clients.

Responses go through botocore's own parsers; only the transport is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

from lambdas.shared.aws import client
from lambdas.shared.observability import metrics
from tests.contract.aws_clients.calls import (
    REGION,
)


@pytest.fixture(scope="module", autouse=True)
def _aws_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "any")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        for service in ("CONNECTCAMPAIGNS", "CONNECTCAMPAIGNSV2", "RDS"):
            patch.delenv(f"AWS_ENDPOINT_URL_{service}", raising=False)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        client.cache_clear()
        yield
        client.cache_clear()
        metrics.clear_metrics()


class _Raw(BytesIO):
    def stream(self, **_kwargs: object) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def wire() -> Iterator[Callable[..., list[object]]]:
    """Replace a service's transport with one response or exception; return what was sent."""
    undo: list[Callable[[], None]] = []

    def replace(service: str, answer: tuple[int, dict[str, str], str] | Exception) -> list[object]:
        sent: list[object] = []

        def send(request: Any, **_kwargs: object) -> AWSResponse:
            sent.append(request)
            if isinstance(answer, Exception):
                raise answer
            status, headers, body = answer
            return AWSResponse(request.url, status, headers, _Raw(body.encode()))

        meta = client(service).meta
        meta.events.register_first("before-send", send)
        undo.append(lambda: meta.events.unregister("before-send", send))
        return sent

    yield replace
    for each in undo:
        each()


@pytest.fixture
def stub() -> Iterator[Callable[[str], Stubber]]:
    stubbers: list[Stubber] = []

    def make(service: str) -> Stubber:
        stubber = Stubber(client(service))
        stubber.activate()
        stubbers.append(stubber)
        return stubber

    yield make
    for stubber in stubbers:
        stubber.deactivate()
        stubber.assert_no_pending_responses()
