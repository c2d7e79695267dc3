"""Files that are named on the command line; an error is one line that names the file.

The name `-` means standard input.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

from commandline.output import did_you_mean

STANDARD_INPUT: Final = "-"

MAX_DEPTH: Final = 100
"""Python processes JSON recursively; no valid file is nested nearly as deep."""


class FileError(Exception):
    """A file cannot be used; the text is one line that names it."""


def load_json(path: Path | str) -> object:
    """Read a file that holds any JSON.

    Raises:
        FileError: when the file cannot be read, is not JSON or is nested too deep.
    """
    try:
        value = json.loads(
            _read(path),
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except FileNotFoundError as error:
        nearest = did_you_mean(str(path), map(str, Path(path).parent.glob("*.json")))
        raise FileError(f"{path}: {error.strerror}{nearest}") from error
    except OSError as error:
        raise FileError(f"{_name(path)}: {error.strerror}") from error
    except ValueError as error:
        raise FileError(f"{_name(path)}: is not JSON: {error}") from error
    except RecursionError:
        raise _nested_too_deep(path) from None
    if not _is_within(value, MAX_DEPTH):
        raise _nested_too_deep(path)
    return value


def writable(path: str) -> Path:
    """Return a path that can be written to; an existing file is left unchanged.

    Raises:
        FileError: when it cannot be written; only opening it shows that.
    """
    target = Path(path).resolve()
    try:
        is_new = not target.exists()
        if (
            is_new or target.is_file() or target.is_dir()
        ):  # opening a pipe may block until it has a reader
            target.open("a").close()
        if is_new:
            target.unlink()
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error
    return target


def _read(path: Path | str) -> str:
    if path == STANDARD_INPUT:
        return sys.stdin.buffer.read().decode()
    return Path(path).read_text(encoding="utf-8")


def _name(path: Path | str) -> str:
    return "standard input" if path == STANDARD_INPUT else str(path)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is beyond the range of numbers")
    return number


def _nested_too_deep(path: Path | str) -> FileError:
    return FileError(f"{_name(path)}: is nested deeper than {MAX_DEPTH} levels")


def _is_within(value: object, depth: int) -> bool:
    """Return whether no array or object is nested deeper."""
    children: Any = ()
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list):
        children = value
    else:
        return True
    return depth > 0 and all(_is_within(child, depth - 1) for child in children)
