"""Of all clean-ups of an execution one publishes its outcome."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.requests.outcome_claims import OutcomeClaims
from lambdas.shared.errors import AwsError
from tests.unit.builders import EXECUTION
from tests.unit.fakes import AnyClient, client_error

pytestmark = pytest.mark.usefixtures("manual_clock")


def claims(*answers: Any) -> OutcomeClaims:
    return OutcomeClaims("any-table", connect=lambda _service: AnyClient(*answers))


def test_a_claim_that_the_table_takes_is_ones_own():
    assert claims({}).claim(EXECUTION, "me")


def test_a_claim_of_somebody_else_stays():
    assert not claims(client_error("ConditionalCheckFailedException")).claim(EXECUTION, "me")


def test_any_other_error_is_raised():
    with pytest.raises(AwsError):
        claims(client_error("ThrottlingException")).claim(EXECUTION, "me")


def test_the_holder_is_reported_if_there_is_one():
    assert claims({"Item": {"holder": {"S": "me"}}}).holder(EXECUTION) == "me"
    assert claims({}).holder(EXECUTION) is None
