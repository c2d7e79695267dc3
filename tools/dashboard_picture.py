"""Draws the layout of the dashboard from its synthesised body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

COLUMN: Final = 40
ROW: Final = 32
MARGIN: Final = 4
LINE: Final = 14
CHARACTER: Final = 6.6
"""The usual width of one, in a sans-serif font of 12 pixels."""
STYLE: Final = (
    "text{font:12px sans-serif;fill:#111827}.question{font-size:15px;font-weight:bold}"
    ".title{font-weight:bold}.line{fill:#374151}.limit{fill:#b91c1c}"
    ".graph{fill:#f8fafc;stroke:#94a3b8}.page{fill:#ffffff}"
)

Widget = Mapping[str, Any]


class Text(NamedTuple):
    """One line of text in a widget."""

    kind: str
    words: str


def svg(body: Mapping[str, Any]) -> str:
    """Draw a dashboard's body as CloudWatch lays it out: 24 columns wide."""
    widgets: Sequence[Widget] = body["widgets"]
    width = 24 * COLUMN
    height = max(widget["y"] + widget["height"] for widget in widgets) * ROW
    drawn = "\n".join(line for widget in widgets for line in _widget(widget))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="The dashboard">\n<style>{STYLE}</style>\n'
        f'<rect class="page" width="{width}" height="{height}"/>\n{drawn}\n</svg>\n'
    )


def _widget(widget: Widget) -> Iterator[str]:
    left, top = widget["x"] * COLUMN + MARGIN, widget["y"] * ROW + MARGIN
    width, height = widget["width"] * COLUMN - 2 * MARGIN, widget["height"] * ROW - 2 * MARGIN
    most = int((width - 4 * MARGIN) / CHARACTER)
    if widget["type"] != "text":
        yield f'<rect class="graph" x="{left}" y="{top}" width="{width}" height="{height}"/>'
    for number, text in enumerate(_texts(widget)):
        x, y = left + 2 * MARGIN, top + LINE * (number + 1)
        words = text.words if len(text.words) <= most else f"{text.words[: most - 1]}…"
        yield f'<text class="{text.kind}" x="{x}" y="{y}">{escape(words)}</text>'


def _texts(widget: Widget) -> Iterator[Text]:
    properties = widget["properties"]
    if widget["type"] == "text":
        yield Text("question", properties["markdown"].lstrip("# "))
        return
    yield Text("title", properties["title"])
    for metric in properties.get("metrics", ()):
        options = metric[-1] if isinstance(metric[-1], dict) else {}
        if options.get("visible", True):
            yield Text("line", options.get("label", ""))
    for limit in properties.get("annotations", {}).get("horizontal", ()):
        yield Text("limit", limit["label"])
    if widget["type"] == "log":
        yield Text("line", properties["query"].partition("' | ")[2].partition("\n")[0])
