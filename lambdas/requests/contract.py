"""The request contract, which is validated as a whole before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lambdas.jobs.contract import CorrelationId, Description, Job, between_one_and
from lambdas.jobs.registry import KINDS, AnyJob, kind_named
from lambdas.shared import limits
from lambdas.shared.faults import broken_rule, did_you_mean, echo, fault_at, nearest
from lambdas.shared.model import Frozen


class Stage(Frozen):
    """Jobs that run at the same time.

    Attributes:
        run: `on_success`: only if every job before this stage completed; `always`: in any case.
        jobs: they run in parallel.
    """

    run: Literal["on_success", "always"] = "on_success"
    jobs: Annotated[tuple[AnyJob, ...], between_one_and(limits.MAX_JOBS_PER_REQUEST, "jobs")]


class Request(Frozen):
    """Stages that run one after the other.

    Attributes:
        stages: they run in order.
        correlation_id: returned in the outcome and written to every log line; unless given, the
            execution's name or the event's id.
        description: a text for people, returned in the outcome.
        dry_run: whether nothing is changed, and the outcome says what the request would call.
    """

    stages: Annotated[tuple[Stage, ...], between_one_and(limits.MAX_STAGES_PER_REQUEST, "stages")]
    correlation_id: CorrelationId | None = None
    description: Description | None = None
    dry_run: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _fits_the_limits(self) -> Self:
        jobs = [job for stage in self.stages for job in stage.jobs]
        if len(jobs) > limits.MAX_JOBS_PER_REQUEST:
            raise broken_rule(f"holds {len(jobs)} jobs; at most {limits.MAX_JOBS_PER_REQUEST}")
        for kind in KINDS:
            named = sum(kind.limit.count(job) for job in jobs if job.kind == kind.name)
            if named > kind.limit.most:
                raise broken_rule(f"names {named} {kind.limit.plural}; at most {kind.limit.most}")
        size = len(self.model_dump_json(exclude_none=True).encode())
        if size > limits.MAX_REQUEST_BYTES:
            raise broken_rule(f"is {size} bytes of JSON; at most {limits.MAX_REQUEST_BYTES}")
        return self

    @model_validator(mode="after")
    def _job_ids_are_unique(self) -> Self:
        seen: set[str] = set()
        for number, stage in enumerate(self.stages):
            for index, job in enumerate(stage.jobs):
                if job.id is None:
                    continue
                if job.id in seen:
                    location = ("stages", number, "jobs", index, "id")
                    raise fault_at(location, f"must be unique; another job is {echo(job.id)} too")
                seen.add(job.id)
        return self

    @model_validator(mode="after")
    def _references_are_to_earlier_jobs(self) -> Self:
        earlier: dict[str, Job] = {}
        for number, stage in enumerate(self.stages):
            for index, job in enumerate(stage.jobs):
                if job.of_job is not None:
                    rule = _broken_by_reference(job, job.of_job, earlier)
                    if rule is not None:
                        raise fault_at(("stages", number, "jobs", index, *job.OF), rule)
            earlier |= {job.id: job for job in stage.jobs if job.id is not None}
        return self


def _broken_by_reference(job: Job, name: str, earlier: Mapping[str, Job]) -> str | None:
    """Return the rule that a job breaks by naming another one, None if it may."""
    if name in earlier:
        return kind_named(job.kind).check_of(job, earlier[name])
    known = f"one of {', '.join(earlier)}" if earlier else "and none has an id"
    rule = f"must be the id of a job of an earlier stage, {known}; got {echo(name)}"
    return rule + did_you_mean(nearest(name, earlier))
