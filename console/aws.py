"""The API calls of the console: counted, within the quotas, their errors in words."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, NoCredentialsError, NoRegionError

from console.errors import AwsUnavailable
from console.limits import Limits
from lambdas.shared.errors import (
    AccessDeniedException,
    AwsError,
    ResourceNotFoundException,
    ThrottlingException,
    named_errors,
)

STEP_FUNCTIONS: Final = "stepfunctions"

_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=16,
    retries={"mode": "standard", "total_max_attempts": 2},
)


class QuotaSpent(AwsUnavailable):
    """The console's share of a quota is used up at the moment."""


class NotThere(AwsUnavailable):
    """AWS knows no such thing, or not yet: its lists and descriptions are eventually consistent."""


class Refused(AwsUnavailable):
    """AWS does not accept the parameters, or the call in this state; `code` says why."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Aws:
    """The calls of one session. Safe to use from several threads.

    Attributes:
        limits: what is left of the quotas.
    """

    def __init__(
        self,
        session: boto3.Session,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; `clock` is used until AWS has said what time it is."""
        self._session = session
        self.limits = limits or Limits(time.monotonic)
        self._clock = clock
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._aws_now = 0.0

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, Any]:
        """Return the response to a call.

        Raises:
            QuotaSpent: the call was not made, or was throttled.
            NotThere: AWS does not know what the call is about.
            Refused: AWS does not accept the call.
            AwsUnavailable: AWS did not answer, or refused it to this caller.
        """
        if not self.limits.take(operation):
            raise QuotaSpent(f"{operation} is called no more often than its quota allows")
        try:
            client = self._client(service)
            with self._lock:
                self._calls[operation] += 1
            with named_errors(operation):
                response: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except AwsError as error:
            raise self._in_words(error) from error
        except NoCredentialsError as error:
            raise AwsUnavailable(
                "no AWS credentials: set AWS_PROFILE, or sign in in any way that boto3 knows"
            ) from error
        except NoRegionError as error:
            raise AwsUnavailable("no AWS Region: set AWS_REGION") from error
        except BotoCoreError as error:
            raise AwsUnavailable(f"{operation}: {error}") from error
        self._note_time(response)
        return response

    def now(self) -> float:
        """Return the time of AWS's last response in epoch seconds, to the second."""
        return self._aws_now or self._clock()

    def usage(self) -> Mapping[str, int]:
        """Return how many calls were made, by operation."""
        with self._lock:
            return dict(self._calls)

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 has no types
        with self._lock:  # a session is not thread-safe, its clients are
            if service not in self._clients:
                self._clients[service] = self._session.client(service, config=_CONFIG)
            return self._clients[service]

    def _in_words(self, error: AwsError) -> AwsUnavailable:
        match error:
            case ThrottlingException():
                self.limits.empty(error.operation)
                return QuotaSpent(f"{error.operation} was throttled")
            case ResourceNotFoundException():
                return NotThere(str(error))
            case AccessDeniedException():
                return AwsUnavailable(
                    f"{error}; the stack's output OperatorPolicyArn names a policy that allows it"
                )
            case _:
                return Refused(str(error), error.code)

    def _note_time(self, response: Mapping[str, Any]) -> None:
        headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if "date" in headers:
            self._aws_now = parsedate_to_datetime(headers["date"]).timestamp()
