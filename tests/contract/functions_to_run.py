"""Functions for the function host to run."""

from __future__ import annotations

import io
import zipfile

from localcloud.functions.function import DeployedFunction

HANDLER = """
import json, os, sys, time
from decimal import Decimal
import lambdas

class NotFoundError(Exception): pass

IMPORTED_AT = time.time()

def handler(event, context):
    print("out", event.get("do"))
    print("err", file=sys.stderr)
    match event.get("do"):
        case "raise": raise NotFoundError("no such thing")
        case "exit": os._exit(3)
        case "sysexit": sys.exit(0)
        case "compute":
            while True: pass
        case "unserialisable": return {1, 2}
        case "decimal": return Decimal("1.5")
        case "sleep":
            before = time.time(); time.sleep(event["seconds"]); return time.time() - before
        case "environment": return dict(os.environ)
        case "context": return {
            name: getattr(context, name) for name in (
                "aws_request_id", "function_name", "function_version", "memory_limit_in_mb",
                "invoked_function_arn", "log_group_name", "log_stream_name")
            } | {"left": context.get_remaining_time_in_millis()}
    return {"pid": os.getpid(), "imported_at": IMPORTED_AT, "file": lambdas.__file__,
            "path": sys.path, "cwd": os.getcwd()}
"""
FILES = {
    "lambdas/__init__.py": "",
    "lambdas/work.py": HANDLER,
    "lambdas/broken.py": "import no_such_package",
    "lambdas/failing.py": "raise KeyError('at import')",
    "lambdas/wrong.py": "def handler(:",
}


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


CODE = zipped(FILES)


def function(handler: str = "lambdas.work.handler", **other) -> DeployedFunction:
    name = other.pop("name", handler.replace(".", "-"))
    settings = {
        "arn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
        "version": "$LATEST",
        "role_arn": f"arn:aws:iam::123456789012:role/{name}",
        "code": CODE,
        "code_hash": "hash",
        "environment": {"OWN": "1"},
        "memory_mb": 256,
        "timeout_seconds": 5.0,
        "reserved_concurrency": None,
        "log_group": f"/aws/lambda/{name}",
    }
    return DeployedFunction(name=name, handler=handler, **{**settings, **other})
