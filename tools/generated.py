"""What the commands that write generated pages share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from infra.project import ROOT
from tools.synthesis import NotDeployableError


def update(
    module: str,
    description: str,
    out_of_date: Callable[[], Mapping[Path, str]],
    arguments: Sequence[str] | None,
) -> None:
    """Write the files that are out of date, or with `--check` exit 1 and name them.

    Args:
        module: of the command, such as tools.pages.
        description: for its help.
        out_of_date: returns the new text of each such file; may raise NotDeployableError.
        arguments: of the command line, those of the process unless given.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when stale")
    check = parser.parse_args(arguments).check
    try:
        stale = out_of_date()
    except NotDeployableError as error:
        sys.exit(f"{module}: {error}")
    if check and stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        sys.exit(f"{module}: out of date: {names}; run `python -m {module}`")
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
