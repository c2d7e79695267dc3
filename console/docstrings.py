"""What the docstring of a model says of it and of its fields."""

from __future__ import annotations

import inspect
import re


def summary(model: type) -> str:
    """Return a docstring without its Attributes."""
    return " ".join(_parts(model)[0].split())


def attributes(model: type) -> dict[str, str]:
    """Return the descriptions in the Attributes of a docstring, by name."""
    _, section = _parts(model)
    found = re.findall(r"^    (\w+): ((?:.*\n?)(?:^        .*\n?)*)", section, re.MULTILINE)
    return {name: f"{' '.join(text.split())}" for name, text in found}


def _parts(model: type) -> tuple[str, str]:
    before, _, section = (inspect.getdoc(model) or "").partition("Attributes:\n")
    return before, section
