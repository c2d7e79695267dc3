"""docs/mutants.md: how many worlds the storm takes to find each mutant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench.mutants.search import Search
from infra.project import ROOT

PAGE: Final = ROOT / "docs" / "mutants.md"
COMMAND: Final = "make mutants"

_PAGE: Final = """\
# Mutants

How much the [storm](storm.md) finds. Each row is a bug that was seeded into a copy of the stack,
alone; `bench/mutants/catalogue.toml` has what it replaces in the source. The worlds are those of
the {at_most} seeds from {first} on, ordered by their settings, until one violates an invariant. A
world that only breaks the local AWS does not count; one without a job that the bug is about counts,
but is not run.

{found} of {all} are found, half of these within {median} worlds.{left} {control}

`{command}` generates this page; it takes hours, and continues where it was interrupted.
`.venv/bin/python -m bench.mutants resume-stopped` runs one mutant.

| Mutant | The bug | In | Worlds | Violates |
| --- | --- | --- | ---: | --- |
{rows}
"""


def page(searches: Sequence[Search], control: Search, seeds: Sequence[int]) -> str:
    """Return the whole page.

    Args:
        searches: of the mutants.
        control: of the project as it is, as many worlds as the longest of them.
        seeds: of the worlds.
    """
    worlds = sorted(search.worlds for search in searches if search.found)
    tried = sum(search.worlds > 0 for search in searches)
    left = len(searches) - tried
    return _PAGE.format(
        first=min(seeds),
        at_most=len(seeds),
        found=len(worlds),
        all=tried,
        left=f" {left} more have not been tried yet." if left else "",
        median=worlds[(len(worlds) - 1) // 2] if worlds else 0,
        control=_control(control),
        command=COMMAND,
        rows="\n".join(map(_row, searches)),
    )


def _control(control: Search) -> str:
    if control.found is None:
        return f"Without a mutation, the same {control.worlds} worlds violate nothing."
    return f"Without a mutation, the world of seed {control.found.seed} violates something too."


def _row(search: Search) -> str:
    assert search.mutant is not None
    name, bug, file = search.mutant[:3]
    found = f"**not** in {search.worlds}" if search.worlds else "not tried", ""
    if search.found is not None:
        found = f"{search.worlds}", ", ".join(f"`{each}`" for each in search.found.violated)
    return f"| {' | '.join((f'`{name}`', bug, f'`{file}`', *found))} |"
