"""Zip files whose bytes depend only on names and contents."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o644 << 16


def zip_folder(folder: Path, target: Path, *, level: int) -> None:
    """Write a folder's files to a zip file, atomically: concurrent writers do no harm.

    Args:
        folder: whose files are zipped.
        target: the zip file; an existing one is replaced.
        level: of compression, 1 is fast and 9 small.
    """
    unfinished = target.with_suffix(f".unfinished-{os.getpid()}")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            member.external_attr = _READABLE
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, path.read_bytes(), compresslevel=level)
    unfinished.rename(target)
