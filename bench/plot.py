"""docs/export-cadence.svg: when each run polls the same export; plain SVG text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from bench.measured import Points, States


class Watch(NamedTuple):
    """One run's polls of its export.

    Attributes:
        who: what polled.
        states: the export's states, with their simulated seconds.
        polled_at: the simulated second of each poll.
        noticed_after: simulated seconds from the export's end to its outcome.
    """

    who: str
    states: States
    polled_at: Sequence[float]
    noticed_after: float


WIDTH: Final = 960
LEFT: Final = 64
RIGHT: Final = 936
TOP: Final = 60
CURVE: Final = 170
"""The height of the part that shows the export itself."""

ROW: Final = 74
TICK: Final = 26
MINUTES: Final = 62
MINUTES_PER_LABEL: Final = 10

_STYLE: Final = """\
text { font: 15px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1f2937 }
.title { font-size: 19px; font-weight: 600 }
.strong { font-weight: 600 }
.faint { fill: #4b5563 }
.paper { fill: #ffffff; stroke: #d1d5db }
.axis { stroke: #6b7280; fill: none }
.STARTING { fill: #fef3c7 }
.IN_PROGRESS { fill: #dbeafe }
.progress { stroke: #1d4ed8; stroke-width: 2.5; fill: none }
.poll { stroke: #b91c1c; stroke-width: 2.5 }
.end { stroke: #1f2937; stroke-dasharray: 4 4 }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb }
  .faint { fill: #9ca3af }
  .paper { fill: #111827; stroke: #374151 }
  .axis { stroke: #9ca3af }
  .STARTING { fill: #451a03 }
  .IN_PROGRESS { fill: #172554 }
  .progress { stroke: #60a5fa }
  .poll { stroke: #f87171 }
  .end { stroke: #e5e7eb }
}"""


def cadence_plot(watches: Sequence[Watch], progress: Points) -> str:
    """Return the picture.

    Args:
        watches: one row each; the last one's export is drawn above them.
        progress: PercentProgress of that export, as (simulated second, percent).
    """
    bottom = TOP + CURVE + ROW * len(watches)
    height = bottom + 62
    parts = [
        f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        _text(LEFT, 34, "One export of 60 minutes, and every poll of it", "title"),
        *_bands(watches[-1].states, bottom),
        *_curve(progress, watches[-1].states),
        *(part for number, watch in enumerate(watches) for part in _row(number, watch)),
        *_time_axis(bottom),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title">',
            '<title id="title">When one export of 60 minutes is polled</title>',
            f"<style>\n{_STYLE}\n</style>",
            *parts,
            "</svg>",
            "",
        ]
    )


def _x(seconds: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * seconds / 60 / MINUTES, 1)


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _bands(states: States, bottom: float) -> Iterator[str]:
    """Draw the time that the export is in each state, over the whole height."""
    start = states[0][0]
    for (since, state), (until, _) in pairwise(states):
        left, right = _x(since - start), _x(until - start)
        yield (
            f'<rect class="{state}" x="{left}" y="{TOP}" width="{round(right - left, 1)}" '
            f'height="{bottom - TOP}"/>'
        )
        yield _text(left + 10, TOP + 24, state, "strong")
    end = _x(states[-1][0] - start)
    yield _line(end, TOP, end, bottom, "end")
    yield _text(end - 8, TOP + 24, f"ends {states[-1][1]}", "strong", "end")


def _curve(progress: Points, states: States) -> Iterator[str]:
    start, lowest, highest = states[0][0], TOP + CURVE - 20, TOP + 48
    for percent in (0, 50, 100):
        y = lowest - (lowest - highest) * percent / 100
        yield _text(LEFT - 8, y + 5, f"{percent}%", "faint", "end")
    points = " ".join(
        f"{_x(at_s - start)},{round(lowest - (lowest - highest) * percent / 100, 1)}"
        for at_s, percent in progress
    )
    yield f'<polyline class="progress" points="{points}"/>'
    yield _text(_x(2100), highest + 34, "PercentProgress", "faint", "end")


def _row(number: int, watch: Watch) -> Iterator[str]:
    """Draw one run's polls, in time since its own export's start."""
    start, top = watch.states[0][0], TOP + CURVE + ROW * number
    count = f"{len(watch.polled_at)} polls, the end noticed after {watch.noticed_after:.0f} s"
    yield _line(LEFT, top, RIGHT, top, "axis")
    yield _text(LEFT + 10, top + 24, watch.who, "strong")
    yield _text(_x(3600) - 8, top + 24, count, "", "end")
    for at_s in watch.polled_at:
        x = _x(max(0.0, at_s - start))
        yield _line(x, top + ROW - TICK - 8, x, top + ROW - 8, "poll")


def _time_axis(y: float) -> Iterator[str]:
    yield _line(LEFT, y, RIGHT, y, "axis")
    for minute in range(0, MINUTES, MINUTES_PER_LABEL):
        x = _x(minute * 60)
        yield _line(x, y, x, y + 6, "axis")
        yield _text(x, y + 24, f"{minute}", "faint", "middle")
    yield _text((LEFT + RIGHT) / 2, y + 48, "simulated minutes since its start", "faint", "middle")
