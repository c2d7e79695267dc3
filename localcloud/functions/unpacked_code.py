"""Unpacks functions' code, once per hash, into a temporary directory."""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
import zipfile
from pathlib import Path

from localcloud.functions.function import HostClosedError


class UnpackedCode:
    """A temporary directory with one folder per code hash."""

    def __init__(self) -> None:
        self._root = tempfile.TemporaryDirectory(prefix="functions-", ignore_cleanup_errors=True)
        self._lock = threading.Lock()
        self._closed = False

    def directory(self, code: bytes, code_hash: str) -> str:
        """Return the folder with this zip file's content.

        Raises zipfile.BadZipFile, and HostClosedError after `close`.
        """
        name = hashlib.sha256(code_hash.encode()).hexdigest()[:32]
        target = Path(self._root.name, name)
        with self._lock:
            if self._closed:
                raise HostClosedError
            if not target.exists():
                unfinished = target.with_suffix(".unfinished")
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    archive.extractall(unfinished)
                unfinished.rename(target)
        return str(target)

    @property
    def root(self) -> str:
        """Return the temporary directory."""
        return self._root.name

    def close(self) -> None:
        """Remove the directory."""
        with self._lock:
            self._closed = True
            self._root.cleanup()
