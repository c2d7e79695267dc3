"""Replaces the code of deployed functions, to test how the state machine handles failures."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from infra.project import ROOT
from localcloud.orchestrator import LocalOrchestrator


def replace_module(orchestrator: LocalOrchestrator, module: str, source: str) -> None:
    """Replace a function's module; the real one is available as `<module>_real`.

    `module` is below `lambdas`, with slashes.
    """
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        for path in sorted((ROOT / "lambdas").rglob("*.py")):
            archive.write(path, _name(path, module))
        archive.writestr(f"lambdas/{module}.py", source)
    functions = orchestrator.aws.client("lambda")
    [name] = [
        function["FunctionName"]
        for page in functions.get_paginator("list_functions").paginate()
        for function in page["Functions"]
        if function["Handler"] == f"lambdas.{module.replace('/', '.')}.handler"
    ]
    functions.update_function_code(FunctionName=name, ZipFile=code.getvalue())


def _name(path: Path, module: str) -> str:
    name = path.relative_to(ROOT).as_posix()
    return f"lambdas/{module}_real.py" if name == f"lambdas/{module}.py" else name
