"""docs/measurements.md: what was required and measured, and what each run cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bench.measured import Measured
from bench.scenarios import Requirement, Scenario

Run = tuple[Scenario, Measured]

COMMAND: Final = "make bench"

_PAGE: Final = """\
# Measurements

`{command}` generates this page: each row is the report of one run through the real stack on the
[local AWS](local-aws.md), by the code of `localcloud run`. Seconds are simulated: computing and the
network take none, so the delays are the orchestrator's own and its services'.

## Requirements

{requirements}

## Runs of exports

{exports}

## Runs of campaigns

{campaigns}

The simulators count calls; transitions and retries are counted in the histories of the executions
and their children. *Seconds* are from the request to the end of the execution; *limit* is what
the exports alone take, or what the rate of mutations allows. *Noticed after* is the longest time
from an export's or a watched campaign's end to its outcome; without an event, it depends on where
the end falls between two polls.

## When it polls an export

![When the orchestrator and a fixed poller poll the same export of 60 minutes]({plot})
"""


def page(exports: Sequence[Run], campaigns: Sequence[Run], plot: str) -> str:
    """Return the whole page; `plot` is the picture's file name."""
    return _PAGE.format(
        command=COMMAND,
        requirements=_requirements([*exports, *campaigns]),
        exports=_costs(exports, _export_cells),
        campaigns=_costs(campaigns, _campaign_cells),
        plot=plot,
    )


def missed(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a line for each requirement that a run did not meet."""
    for scenario, measured in runs:
        for requirement in scenario.required:
            if not requirement.is_met(measured):
                yield (
                    f"missed: {scenario.name}: {requirement.what} "
                    f"{value_text(requirement, measured)}, required {bound_text(requirement)}"
                )


def bound_text(requirement: Requirement) -> str:
    """Return what is required, as text."""
    word = "exactly" if requirement.least == requirement.most else "at most"
    return _with_unit(f"{word} {requirement.most:,.{requirement.digits}f}", requirement.unit)


def value_text(requirement: Requirement, measured: Measured) -> str:
    """Return what was measured, as text; values with a unit have at least one decimal."""
    digits = max(requirement.digits, 1 if requirement.unit else 0)
    return _with_unit(f"{requirement.of(measured):,.{digits}f}", requirement.unit)


def _with_unit(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text


def _requirements(runs: Sequence[Run]) -> str:
    rows = [
        (
            scenario.name if number == 0 else "",
            requirement.what,
            bound_text(requirement),
            value_text(requirement, measured),
            "met" if requirement.is_met(measured) else "**missed**",
        )
        for scenario, measured in runs
        for number, requirement in enumerate(scenario.required)
    ]
    return _table(("scenario", "measure", "required", "measured", ""), rows, numbers=())


def _export_cells(measured: Measured) -> dict[str, str]:
    return {
        "describe calls": f"{measured.describes}",
        "start calls": f"{measured.starts}",
        **_common_cells(measured),
        "noticed after": f"{measured.noticed_after:.1f} s",
        "at once": f"{measured.most_at_once}",
        "started": f"{measured.exports_started}",
    }


def _campaign_cells(measured: Measured) -> dict[str, str]:
    noticed = measured.noticed_after if not measured.mutation_span else None
    return {
        "passes": f"{measured.passes}",
        "state reads": f"{measured.reads}",
        "all calls": f"{measured.calls}",
        "throttled": f"{measured.percent_throttled:.1f} %",
        **_common_cells(measured),
        "first mutation to last": f"{measured.mutation_span:.1f} s" if noticed is None else "",
        "noticed after": "" if noticed is None else f"{noticed:.1f} s",
        "failed": f"{measured.failed_jobs}",
    }


def _common_cells(measured: Measured) -> dict[str, str]:
    return {
        "transitions": f"{measured.transitions}",
        "Lambda invocations": f"{measured.invocations}",
        "seconds": f"{measured.seconds:,.0f}",
    }


def _costs(runs: Sequence[Run], cells: Callable[[Measured], dict[str, str]]) -> str:
    rows = [
        {
            "scenario": scenario.name,
            "limit": f"{scenario.limit_s:,.0f}",
            **cells(measured),
        }
        for scenario, measured in runs
    ]
    heads = tuple(rows[0])
    return _table(heads, [tuple(row.values()) for row in rows], numbers=range(1, len(heads)))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: range | tuple[()]) -> str:
    """Return a Markdown table; the columns in `numbers` are aligned right."""
    rule = ["---:" if column in numbers else "---" for column in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))
