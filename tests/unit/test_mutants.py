"""The catalogue of seeded bugs fits the sources, and a search counts worlds honestly."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from bench.mutants import search as searching
from bench.mutants.catalogue import Mutant, NotSeededError, mutants, source_of
from bench.mutants.journal import Journal
from bench.mutants.page import PAGE, page
from bench.mutants.search import Search, search
from bench.mutants.worlds import Worker, World
from localcloud.storm.scenario import Scenario, Sent

MUTANT = Mutant("a-bug", "It is wrong.", "lambdas/a.py", "right", "wrong")
each = pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)


def asking(job: dict[str, Any]) -> Scenario:
    return Scenario(0, {}, (Sent({"stages": [{"jobs": [job]}]}),))


@each
def test_a_mutant_is_another_program_that_compiles(mutant: Mutant) -> None:
    source = source_of(mutant)
    assert ast.dump(ast.parse(mutant.seeded(source))) != ast.dump(ast.parse(source))


@each
def test_a_bug_is_one_sentence(mutant: Mutant) -> None:
    assert mutant.bug.endswith(".")
    assert "|" not in mutant.bug


def test_names_are_unique() -> None:
    names = [mutant.name for mutant in mutants()]
    assert len(set(names)) == len(names)


def test_the_page_has_every_mutant() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert [row.split(" | ")[:3] for row in rows] == [
        [f"| `{mutant.name}`", mutant.bug, f"`{mutant.file}`"] for mutant in mutants()
    ]


@pytest.mark.parametrize("source", ["", "right or right"])
def test_a_text_that_is_not_there_once_is_refused(source: str) -> None:
    with pytest.raises(NotSeededError, match=r"a-bug: lambdas/a\.py"):
        MUTANT.seeded(source)


@pytest.mark.parametrize(
    ("jobs", "may_change"),
    [
        (None, True),
        ((), False),
        (({"kind": "export"},), False),
        (({"kind": "export"}, {"kind": "campaigns"}), True),
        (({"kind": "campaigns", "target": "PAUSED"},), False),
        (({"select": {"at_most": 3}},), True),
        (({"select": {"at_most": 1}},), False),
        (({"select": {"at_most": {}}},), True),
        (({"select": {"states": {}}},), False),
    ],
)
def test_a_bug_may_change_only_worlds_with_a_job_that_it_is_about(
    jobs: tuple[dict[str, Any], ...] | None, may_change: bool
) -> None:
    job = {"kind": "campaigns", "target": "STOPPED", "select": {"at_most": 3}}
    assert MUTANT._replace(jobs=jobs).may_change(asking(job)) is may_change


def test_worlds_that_the_bug_cannot_change_count_but_do_not_run(
    storm: Storm, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {5: "export", 6: "campaigns", 7: "export"}
    monkeypatch.setattr(searching, "scenario", lambda seed: asking({"kind": kinds[seed]}))
    monkeypatch.setattr(searching, "assemblies_of", nullcontext)
    of_campaigns = MUTANT._replace(jobs=({"kind": "campaigns"},))
    assert search(of_campaigns, range(5, 8), storm) == Search(of_campaigns, 3)
    assert storm.ran == [6]


class Storm(Worker):
    """Worlds of which one seed's violates something; remembers those that are run."""

    def __init__(self, violating: int) -> None:
        super().__init__()
        self.violating = violating
        self.ran: list[int] = []

    def run(self, seed: int, _assemblies: Sequence[Path]) -> World:
        self.ran.append(seed)
        return World(seed, ("legal", "truth") if seed == self.violating else ())


@pytest.fixture
def storm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Storm:
    monkeypatch.setattr(searching, "originals", list)
    monkeypatch.setattr(searching, "Journal", lambda mutant: Journal(mutant, tmp_path))
    return Storm(violating=7)


def test_a_search_ends_with_the_first_violation(storm: Storm) -> None:
    assert search(None, range(5, 20), storm) == Search(None, 3, World(7, ("legal", "truth")))
    assert storm.ran == [5, 6, 7]


def test_a_search_without_violation_counts_all_worlds(storm: Storm) -> None:
    assert search(None, range(10, 20), storm) == Search(None, 10)


def test_an_interrupted_search_continues(storm: Storm) -> None:
    search(None, range(5, 7), storm)
    found = search(None, range(5, 20), storm)
    assert (found.worlds, storm.ran) == (3, [5, 6, 7])
    assert search(None, range(5, 20), storm) == found
    assert storm.ran == [5, 6, 7], "what is in the journal is not run again"


def test_a_row_says_how_many_worlds_it_took_and_what_was_violated() -> None:
    searches = [Search(MUTANT, 3, World(7, ("legal", "truth"))), Search(MUTANT, 200)]
    text = page(searches, Search(None, 200), range(5, 205))
    assert "| `a-bug` | It is wrong. | `lambdas/a.py` | 3 | `legal`, `truth` |" in text
    assert "| `a-bug` | It is wrong. | `lambdas/a.py` | **not** in 200 |  |" in text
    assert "1 of 2 are found" in text
    assert "the same 200 worlds violate nothing" in text


def test_the_page_says_what_has_not_been_tried() -> None:
    searches = [Search(MUTANT, 3, World(7, ("legal",))), Search(MUTANT, 0)]
    text = page(searches, Search(None, 3), range(5, 10))
    assert "1 of 1 are found, half of these within 3 worlds. 1 more have not been" in text
    assert "| `a-bug` | It is wrong. | `lambdas/a.py` | not tried |  |" in text


def test_the_page_admits_a_violation_without_a_mutation() -> None:
    text = page([Search(MUTANT, 3)], Search(None, 3, World(7, ("legal",))), range(5, 10))
    assert "Without a mutation, the world of seed 7 violates something too." in text
