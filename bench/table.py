"""docs/measurements.md: what was required and measured, and what each run cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench.measured import Measured
from bench.scenarios import Requirement, Scenario

Run = tuple[Scenario, Measured]

COMMAND: Final = "make bench"

_PAGE: Final = """\
# Measurements

`{command}` makes this page: each row is the report of one run through the real stack on the
[local AWS](local-aws.md), by the code of `python -m localcloud run`. Seconds are simulated. What
computes takes real time, which counts as much longer as the *speed* of the run says.

## What is required

{requirements}

## What each run cost

{costs}

Calls are counted by the simulator of RDS; transitions and retries in the executions' histories,
children's included. *Seconds* are from the request to the end of the execution, *limit* is what the
exports alone take. *Noticed after* is the longest time from an export's end to its job's outcome;
where nothing but looking tells of the end, it depends on where the end falls between two looks.

## When it looks

![When the orchestrator and a fixed poller look at the same export of 60 minutes]({plot})
"""


def page(runs: Sequence[Run], plot: str) -> str:
    """Return the whole page; `plot` is the picture's file name."""
    return _PAGE.format(
        command=COMMAND, requirements=_requirements(runs), costs=_costs(runs), plot=plot
    )


def missed(runs: Sequence[Run]) -> Iterator[str]:
    """Tell each requirement that a run did not meet."""
    for scenario, measured in runs:
        for requirement in scenario.required:
            if not requirement.is_met(measured):
                yield (
                    f"missed: {scenario.name}: {requirement.what} "
                    f"{value_text(requirement, measured)}, required {bound_text(requirement)}"
                )


def bound_text(requirement: Requirement) -> str:
    """Say what is required."""
    word = "exactly" if requirement.least == requirement.most else "at most"
    return _with_unit(f"{word} {requirement.most:,.0f}", requirement.unit)


def value_text(requirement: Requirement, measured: Measured) -> str:
    """Say what was measured; seconds to a tenth."""
    value = requirement.of(measured)
    return _with_unit(f"{value:,.1f}" if requirement.unit else f"{value:,.0f}", requirement.unit)


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


def _costs(runs: Sequence[Run]) -> str:
    heads = (
        "scenario",
        "speed",
        "describe calls",
        "start calls",
        "transitions",
        "Lambda invocations",
        "seconds",
        "limit",
        "noticed after",
        "at once",
        "started",
    )
    rows = [(scenario.name, *_cost(scenario, measured)) for scenario, measured in runs]
    return _table(heads, rows, numbers=range(1, len(heads)))


def _cost(scenario: Scenario, measured: Measured) -> tuple[str, ...]:
    return (
        f"{scenario.speed:g}",
        f"{measured.describes}",
        f"{measured.starts}",
        f"{measured.transitions}",
        f"{measured.invocations}",
        f"{measured.seconds:,.0f}",
        f"{scenario.limit_s:,.0f}",
        f"{measured.noticed_after:.1f} s",
        f"{measured.most_at_once}",
        f"{measured.exports_started}",
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: range | tuple[()]) -> str:
    """Return a Markdown table; the columns in `numbers` are set right."""
    rule = ["---:" if column in numbers else "---" for column in range(len(heads))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))
