"""The zygote that forks workers, and the unpacked code that they run."""

from __future__ import annotations

from localcloud.functions.unpacked_code import UnpackedCode
from localcloud.functions.workers import Worker, Zygote


class FunctionProcesses:
    """A zygote with its code; hosts may share one, because starting it takes half a second."""

    def __init__(self) -> None:
        self._code = UnpackedCode()
        self._zygote = Zygote(self._code.root)

    def fork(self) -> Worker:
        """Return a new worker, which has no function yet."""
        return self._zygote.fork()

    def directory(self, code: bytes, code_hash: str) -> str:
        """Return the folder with a zip file's content.

        Raises zipfile.BadZipFile, and HostClosedError after `close`.
        """
        return self._code.directory(code, code_hash)

    def close(self) -> None:
        """End the zygote with all its workers, and remove the code."""
        self._zygote.close()
        self._code.close()
