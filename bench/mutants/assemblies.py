"""The assemblies of a mutant, one for each of the storm's settings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.mutants.catalogue import DEPLOYED, Mutant
from commandline.interrupts import owned
from infra.project import LAYER, ROOT
from localcloud.storm.scenario import SETTINGS
from tools.synthesis import NotDeployableError, synthesise

COPIED: Final = ("commandline", "lambdas", "infra", "localcloud", "tools", "app.py", "cdk.json")
"""What a synthesis needs, besides the layer."""

_SYNTHESISE: Final = """
import json, sys
from tools.synthesis import synthesise
for settings in json.loads(sys.argv[1]):
    print(synthesise(settings))
"""


def originals() -> list[Path]:
    """Return the assemblies of the project as it is."""
    return [synthesise(settings) for settings in SETTINGS]


@contextmanager
def assemblies_of(mutant: Mutant) -> Iterator[list[Path]]:
    """Provide the assemblies of a mutant in a temporary folder.

    Raises:
        NotSeededError: its text is not where it should be.
        NotDeployableError: the stack cannot be synthesised with it.
    """
    make = partial(TemporaryDirectory[str], prefix="mutant-", ignore_cleanup_errors=True)
    with owned(make, TemporaryDirectory.cleanup) as folder:
        kind = _with_code if mutant.is_deployed else _synthesised
        yield kind(mutant, Path(folder.name))


def _with_code(mutant: Mutant, folder: Path) -> list[Path]:
    """Return copies of the original assemblies with the mutant's code of the functions."""
    return [
        _copy(original, mutant, folder / f"{number}") for number, original in enumerate(originals())
    ]


def _copy(original: Path, mutant: Mutant, target: Path) -> Path:
    target.mkdir()
    for path in original.iterdir():
        if (path / DEPLOYED).is_dir():
            shutil.copytree(path, target / path.name)
            mutant.seed(target / path.name)
        elif not (path.with_suffix("") / DEPLOYED).is_dir():  # else the code as a zip file
            (target / path.name).symlink_to(path)
    return target


def _synthesised(mutant: Mutant, folder: Path) -> list[Path]:
    """Return the assemblies that a copy of the project synthesises."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=skipped)
        else:
            shutil.copy(source, folder / name)
    (folder / "build").mkdir()
    (folder / "build" / LAYER.name).symlink_to(LAYER)
    mutant.seed(folder)
    done = subprocess.run(
        [sys.executable, "-c", _SYNTHESISE, json.dumps(SETTINGS)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotDeployableError(f"{mutant.name}: {done.stderr.strip()}")
    return [Path(line) for line in done.stdout.splitlines()]
