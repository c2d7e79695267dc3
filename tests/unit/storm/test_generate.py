"""A seed stands for one scenario, and the worlds and requests that are drawn are valid."""

from __future__ import annotations

import json
from collections import Counter
from typing import Final

from lambdas.requests.acceptance import RequestRejected, parse
from localcloud.storm.generate import scenario
from localcloud.storm.scenario import Json

SEEDS: Final = range(200)


def test_a_seed_stands_for_one_scenario() -> None:
    assert [scenario(seed) for seed in range(20)] == [scenario(seed) for seed in range(20)]
    assert len({json.dumps(scenario(seed).world) for seed in SEEDS}) == len(SEEDS)


def test_every_world_is_valid() -> None:
    for seed in SEEDS:
        assert scenario(seed).parsed_world().seed == seed


def test_few_requests_are_rejected() -> None:
    requests = [sent.request for seed in SEEDS for sent in scenario(seed).sent]

    rejected = [request for request in requests if _is_rejected(request)]

    assert 0 < len(rejected) < len(requests) / 20


def test_every_target_and_option_is_drawn() -> None:
    jobs = [
        job
        for seed in SEEDS
        for sent in scenario(seed).sent
        for stage in sent.request["stages"]
        for job in stage["jobs"]
    ]
    drawn = Counter((job["kind"], name, str(job[name])) for job in jobs for name in job)

    for target in ("RUNNING", "PAUSED", "STOPPED", "DELETED", "FINISHED", "RESTORED"):
        assert drawn["campaigns", "target", target]
    for kind, name, value in (
        ("campaigns", "if_ended", "accept"),
        ("campaigns", "on_abort", "restore"),
        ("campaigns", "api_version", "v1"),
        ("export", "target", "COMPLETE"),
        ("export", "target", "CANCELED"),
        ("export", "on_deadline", "cancel"),
        ("export", "on_abort", "cancel"),
        ("export", "max_attempts", "3"),
        ("snapshot", "target", "AVAILABLE"),
        ("snapshot", "target", "DELETED"),
        ("snapshot", "on_abort", "delete"),
    ):
        assert drawn[kind, name, value], (kind, name, value)


def _is_rejected(request: Json) -> bool:
    try:
        parse(request, region="us-east-1", account="123456789012")
    except RequestRejected:
        return True
    return False
