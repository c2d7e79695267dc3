"""A storm of a few worlds; `make storm` runs more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud import cli
from localcloud.storm.examine import examine
from localcloud.storm.generate import scenario
from tests.processes import shared_processes


@pytest.mark.parametrize("seed", [4])
def test_a_world_violates_nothing(assembly: Path, seed: int) -> None:
    examined = examine(replace(scenario(seed), settings=0), assembly, shared_processes())

    assert examined.violations == []
    assert examined.observed is not None
    assert examined.observed.timeline


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
