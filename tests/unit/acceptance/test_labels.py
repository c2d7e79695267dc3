"""A request has a description, a correlation id and ids of its jobs, if they are legal."""

from __future__ import annotations

import pytest

from lambdas.requests.acceptance import (
    RequestRejected,
)
from tests.unit.acceptance.requests import (
    accept,
    faults_of,
)
from tests.unit.builders import (
    any_campaign_job,
    any_export_job,
)


def test_a_request_may_be_described_and_point_to_its_schema():
    for raw in ({"stages": [{"jobs": [any_campaign_job()]}]}, any_campaign_job()):
        request = accept({**raw, "description": "The nightly one", "$schema": "request.json"})
        assert request.description == "The nightly one"
        assert request == accept({**raw, "description": "The nightly one"})


@pytest.mark.parametrize("bad", ["", "x" * 257, "two\nlines", "\x00", 5, ["x"], {}])
def test_a_description_is_one_line_of_text(bad):
    assert set(faults_of(any_campaign_job(description=bad))) == {"description"}


@pytest.mark.parametrize("job_id", ["a", "pause", "Nightly_export-2", "x" * 32])
@pytest.mark.parametrize("job", [any_campaign_job(), any_export_job()])
def test_a_job_may_have_an_id(job, job_id):
    (stage,) = accept(job | {"id": job_id}).stages
    assert stage.jobs[0].id == job_id


@pytest.mark.parametrize("bad", ["", "0.0", "1a", "a.b", "x" * 33, "a b", "ü", "a\n", 5, []])
@pytest.mark.parametrize("job", [any_campaign_job(), any_export_job()])
def test_an_id_of_a_job_is_short_and_plain(job, bad):
    assert set(faults_of({"jobs": [job | {"id": bad}]})) == {"jobs[0].id"}


def test_an_id_of_a_job_is_unique_in_the_request():
    jobs = [any_campaign_job(id="a"), any_export_job(id="b"), any_campaign_job(id="b")]
    assert set(faults_of({"jobs": jobs})) == {"jobs[2].id"}
    stages = [{"jobs": [job]} for job in jobs]
    assert set(faults_of({"stages": stages})) == {"stages[2].jobs[0].id"}


def test_a_rejection_repeats_only_a_legal_description_and_correlation_id():
    def rejected(**fields: object) -> RequestRejected:
        with pytest.raises(RequestRejected) as raised:
            accept(any_campaign_job(target="DANCING", **fields))
        return raised.value

    rejection = rejected(correlation_id="mine", description="The nightly one")
    assert (rejection.correlation_id, rejection.description) == ("mine", "The nightly one")
    rejection = rejected(correlation_id=["mine"], description="two\nlines")
    assert (rejection.correlation_id, rejection.description) == (None, None)
