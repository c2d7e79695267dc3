"""A clean-up is distinguished from a request, and has rules of its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.requests.acceptance import (
    CLEAN_UP,
    STARTED_BY,
    CleanUp,
    Fault,
    RequestRejected,
    clean_up,
)
from lambdas.shared.faults import echo
from tests.unit.acceptance.requests import (
    JSON,
    TEXT,
    accept,
    event,
)
from tests.unit.builders import (
    EXECUTION,
    REGION,
    any_export_job,
)
from tests.unit.examples import examples

OWN_EXECUTION = f"{EXECUTION}-clean-up"


def clean_up_of(raw: object) -> CleanUp | None:
    return clean_up(raw, own_execution_arn=OWN_EXECUTION)


def clean_up_faults(raw: object) -> dict[str, str]:
    with pytest.raises(RequestRejected) as rejected:
        clean_up_of(raw)
    return {fault.field: fault.rule for fault in rejected.value.faults}


def test_a_clean_up_is_distinguished_from_a_request():
    asked = {CLEAN_UP: {"execution_arn": EXECUTION}}
    assert clean_up_of(asked) == CleanUp(execution_arn=EXECUTION)


@pytest.mark.parametrize(
    "raw",
    [
        *(None, [], "clean_up", 5, {}),
        any_export_job(),
        {"jobs": [any_export_job()]},
        event({CLEAN_UP: {"execution_arn": EXECUTION}}),
    ],
)
def test_what_is_no_clean_up_is_left_to_the_rules_of_a_request(raw):
    assert clean_up_of(raw) is None


@pytest.mark.parametrize("asked", [EXECUTION, None, [{"execution_arn": EXECUTION}]])
def test_a_clean_up_that_is_no_object_is_rejected_by_its_name(asked):
    ((field, rule),) = clean_up_faults({CLEAN_UP: asked}).items()
    assert field == "clean_up"
    assert rule.startswith("must be a JSON object; got ")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"execution_arn": None},
        {"execution_arn": 5},
        {"execution_arn": [EXECUTION]},
        {"execution_arn": {"S": EXECUTION}},
    ],
)
def test_a_clean_up_without_an_execution_is_rejected(asked):
    ((field, rule),) = clean_up_faults({CLEAN_UP: asked}).items()
    assert field == "clean_up.execution_arn"
    assert rule


@pytest.mark.parametrize(
    "arn",
    [
        *("", "nonsense", "run-1"),
        EXECUTION.rpartition(":")[0],
        EXECUTION.replace(":Machine:", ":Another:"),
        EXECUTION.replace(":Machine:", ":Machine/Jobs:"),
        EXECUTION.replace("123456789012", "210987654321"),
        EXECUTION.replace(REGION, "eu-west-1"),
        f"{EXECUTION}:more",
    ],
)
def test_a_clean_up_of_what_is_no_execution_of_its_own_state_machine_is_rejected(arn):
    assert clean_up_faults({CLEAN_UP: {"execution_arn": arn}}) == {
        "clean_up.execution_arn": f"must be an execution ARN: {EXECUTION.rpartition(':')[0]}:NAME;"
        f" got {echo(arn)}"
    }


@pytest.mark.parametrize("extra", ["correlation_id", "export_ids", "source_arn"])
def test_a_clean_up_says_nothing_but_whose(extra):
    ((field, _rule),) = clean_up_faults(
        {CLEAN_UP: {"execution_arn": EXECUTION, extra: "any"}}
    ).items()
    assert field.endswith(extra)


@pytest.mark.parametrize("extra", ["jobs", "correlation_id", "kind"])
def test_a_clean_up_is_no_part_of_a_request(extra):
    raw = {CLEAN_UP: {"execution_arn": EXECUTION}, extra: "any"}
    assert clean_up_faults(raw) == {extra: "is an unknown field"}


@given(st.dictionaries(TEXT | st.just("execution_arn"), JSON | st.just(EXECUTION), max_size=3))
@examples(50)
def test_whatever_is_asked_to_be_cleaned_up_is_accepted_or_is_rejected(asked):
    try:
        accepted, faults = clean_up_of({CLEAN_UP: asked}), tuple[Fault, ...]()
    except RequestRejected as rejected:
        accepted, faults = None, rejected.faults
    if accepted is None:
        assert faults
        assert all(fault.field and fault.rule for fault in faults)
    else:
        assert accepted == CleanUp(execution_arn=asked["execution_arn"])


@pytest.mark.parametrize(
    "request_",
    [any_export_job(), {"jobs": [any_export_job()]}, {"stages": [{"jobs": [any_export_job()]}]}],
)
def test_a_request_may_name_the_state_machine_that_started_it(request_):
    assert accept({**request_, STARTED_BY: EXECUTION}) == accept(request_)
