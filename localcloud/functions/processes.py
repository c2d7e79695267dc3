"""What workers come from: the zygote that forks them, and the unpacked code that they run."""

from __future__ import annotations

from localcloud.functions.unpacked_code import UnpackedCode
from localcloud.functions.workers import Worker, Zygote


class FunctionProcesses:
    """A zygote with its code; hosts may share one, for starting a zygote takes half a second."""

    def __init__(self) -> None:
        self._code = UnpackedCode()
        self._zygote = Zygote(self._code.root)

    def fork(self) -> Worker:
        """Return a new worker, which waits to be told its function."""
        return self._zygote.fork()

    def directory(self, code: bytes, code_hash: str) -> str:
        """Return the folder that holds a zip file's content.

        Raises zipfile.BadZipFile, and HostClosedError after `close`.
        """
        return self._code.directory(code, code_hash)

    def close(self) -> None:
        """End the zygote with all its workers, and remove the code."""
        self._zygote.close()
        self._code.close()
