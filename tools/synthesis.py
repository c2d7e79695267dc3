"""Synthesises the stack, once for each version of its inputs.

An assembly is kept in build/assemblies under the hash of the sources, the layer, the version of
Python and the context. It is created under another name and renamed, so that concurrent runs never
see an incomplete one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from commandline.interrupts import owned
from infra.project import CONTEXT_KEY, ROOT

ASSEMBLIES: Final = ROOT / "build" / "assemblies"

SOURCES: Final = (
    "app.py",
    "cdk.json",
    "requirements.txt",
    "build/layer.zip",
    "infra",
    "lambdas",
)
"""The inputs of an assembly, besides Python and the context."""

KEPT: Final = 6
"""The number of assemblies to keep, those used last: about as many as the tests have settings."""

IN_USE_SECONDS: Final = 1_800
"""How long an assembly may be in use after it was requested; until then it is always kept."""

UNFINISHED: Final = ".synthesis-"

CONTEXT: Final = "CDK_CONTEXT_JSON"
"""The variable in which the CDK command passes its context to an app."""


class NotDeployableError(Exception):
    """The stack cannot be synthesised; the message says why."""


def synthesise(settings: Mapping[str, object] | None = None) -> Path:
    """Return the cloud assembly of the stack, made by the CDK app unless it is there already.

    Args:
        settings: those of cdk.json unless given.

    Raises:
        NotDeployableError: with the app's own words.
    """
    context = os.environ.get(CONTEXT, "{}")
    if settings is not None:
        context = json.dumps({CONTEXT_KEY: settings}, sort_keys=True)
    ASSEMBLIES.mkdir(parents=True, exist_ok=True)
    while not _asked_for(assembly := ASSEMBLIES / _fingerprint(context)):
        with _alone():
            if not assembly.is_dir():  # who has waited finds it made
                _make(assembly, context)
                _prune()
    return assembly


def template_of(assembly: Path) -> dict[str, Any]:
    """Return the template of an assembly's one stack."""
    (path,) = assembly.glob("*.template.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _fingerprint(context: str) -> str:
    """Return the hash of an assembly's inputs; missing ones are hashed as missing."""
    digest = hashlib.sha256(f"{platform.python_version()}\n{context}\n".encode())
    for path in _files():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _files() -> Iterator[Path]:
    for source in (ROOT / name for name in SOURCES):
        found = [source, *sorted(source.rglob("*"))]
        yield from (path for path in found if path.is_file() and path.parent.name != "__pycache__")


def _asked_for(assembly: Path) -> bool:
    """Return whether an assembly exists, and if so record its use."""
    try:
        os.utime(assembly)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _alone() -> Iterator[None]:
    """Allow one process at a time to synthesise and prune."""
    folder = os.open(ASSEMBLIES, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _make(assembly: Path, context: str) -> None:
    """Run the CDK app, as the CDK command does; its inputs may change meanwhile."""
    with owned(_scratch, TemporaryDirectory.cleanup) as scratch:
        unfinished = Path(scratch.name, "cdk.out")
        variables = {
            "TMPDIR": scratch.name,
            "CDK_OUTDIR": str(unfinished),
            CONTEXT: context,
            # The CDK's validation takes more than half of a synthesis, and only warns, of which
            # nothing is shown here. `make synth` and deployments validate.
            "CDK_VALIDATION": "false",
        }
        with owned(partial(_start_app, variables), _end_app) as app:
            _, complaint = app.communicate()
        if app.returncode != 0:
            raise NotDeployableError(complaint.strip() or "app.py failed")
        if assembly.name == _fingerprint(context):
            unfinished.rename(assembly)


def _scratch() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix=UNFINISHED, dir=ASSEMBLIES, ignore_cleanup_errors=True)


def _start_app(variables: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start the CDK app and its Node so that Ctrl-C, at which both print tracebacks, skips them."""
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**_without_context(os.environ), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _without_context(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the CDK's variables, which the hash does not cover."""
    return {name: value for name, value in environment.items() if not name.startswith("CDK_")}


def _end_app(app: subprocess.Popen[str]) -> None:
    """End the app with its Node, if it has not ended."""
    if app.poll() is None:
        os.killpg(app.pid, signal.SIGKILL)
        app.wait()


def _prune() -> None:
    """Remove old assemblies, and the remains of a killed synthesis."""
    asked_for_at = {path: path.stat().st_mtime for path in ASSEMBLIES.iterdir()}
    whole = [path for path in asked_for_at if not path.name.startswith(UNFINISHED)]
    newest = sorted(whole, key=asked_for_at.__getitem__)[-KEPT:]
    for path, moment in asked_for_at.items():
        if path not in newest and time.time() - moment > IN_USE_SECONDS:
            shutil.rmtree(path)
