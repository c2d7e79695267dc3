"""A storm of a few worlds; `make storm` runs more."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from localcloud import cli
from localcloud.storm import replay
from localcloud.storm.examine import Examined, examine
from localcloud.storm.generate import scenario
from localcloud.storm.stacks import Stacks

KNOWN: Final = (1, 9, 3)
FRESH: Final = 2


@pytest.fixture(scope="module")
def stacks(assembly: Path) -> Iterator[Stacks]:
    with Stacks({0: assembly}) as stacks:
        yield stacks


def run(seed: int, stacks: Stacks) -> Examined:
    return examine(replace(scenario(seed), settings=0), stacks)


@pytest.fixture(scope="module")
def known(stacks: Stacks) -> list[Examined]:
    return [run(seed, stacks) for seed in KNOWN]


def test_worlds_violate_nothing(known: list[Examined]) -> None:
    assert [each.violations for each in known] == [[]] * len(KNOWN)
    assert all(each.observed and each.observed.timeline for each in known)


def test_worlds_that_nobody_has_seen_violate_nothing(stacks: Stacks) -> None:
    """`python -m localcloud storm --replay SEED` repeats what a violation names."""
    seed, found = int.from_bytes(os.urandom(4)), []
    for _ in range(FRESH):
        seed = next(each for each in range(seed + 1, seed + 100) if scenario(each).settings == 0)
        found += run(seed, stacks).violations

    assert [str(violation) for violation in found] == []


def test_a_world_is_the_same_after_others_and_in_a_process_of_its_own(
    known: list[Examined], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    seed, after_others = KNOWN[-1], known[-1].observed

    code = cli.main(["storm", "--worlds", "1", "--seed", str(seed), "--report", str(report)])

    written = json.loads(report.read_text("utf-8"))
    assert after_others is not None
    assert written["timelines"] == sha256(replay.timeline(after_others).encode()).hexdigest()
    assert (code, capsys.readouterr().out) == (0, "")
    assert (written["seed"], written["worlds"], written["violations"]) == (seed, 1, [])
    assert sum(written["entries"].values()) > 0
