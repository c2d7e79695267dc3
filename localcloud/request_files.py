"""Request files: any JSON at all, for what is no valid request is for the product to reject."""

from __future__ import annotations

import json
from pathlib import Path


class RequestFileError(Exception):
    """A file on the command line can not be used; the text is one line that names it."""


def load_request(path: str) -> object:
    """Read one request.

    Raises:
        RequestFileError: when the file can not be read or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestFileError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise RequestFileError(f"{path}: is not JSON: {error}") from error
