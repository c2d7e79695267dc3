"""A storm of a few worlds; `make storm` runs more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud import cli
from localcloud.storm import replay
from localcloud.storm.examine import Examined, examine
from localcloud.storm.generate import scenario
from localcloud.storm.stacks import Stacks


@pytest.fixture(scope="module")
def stacks(assembly: Path) -> Iterator[Stacks]:
    with Stacks([assembly]) as stacks:
        yield stacks


def run(seed: int, stacks: Stacks) -> Examined:
    return examine(replace(scenario(seed), settings=0), stacks)


def timeline(examined: Examined) -> str:
    assert examined.observed is not None
    return "\n".join([*replay.happened(examined.observed), *replay.ended(examined.observed)])


@pytest.mark.parametrize("seed", [4])
def test_a_world_violates_nothing(stacks: Stacks, seed: int) -> None:
    examined = run(seed, stacks)

    assert examined.violations == []
    assert examined.observed is not None
    assert examined.observed.timeline


def test_a_world_is_the_same_on_a_new_stack_and_after_others(stacks: Stacks) -> None:
    stacks.discard()
    new, *_, used = (run(seed, stacks) for seed in (1, 4, 8, 1))

    assert timeline(new) == timeline(used)


def test_the_command_runs_worlds_in_processes_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"

    code = cli.main(["storm", "--worlds", "1", "--seed", "7", "--report", str(report)])

    written = json.loads(report.read_text("utf-8"))
    assert code == 0
    assert capsys.readouterr().out == ""
    assert (written["seed"], written["worlds"], written["violations"]) == (7, 1, [])
    assert sum(written["entries"].values()) > 0
