"""Runs the CDK command with the Node of the virtual environment.

`python -m tools.deploy [deploy | bootstrap | diff | destroy] [ARGUMENT ...]`; the default is
deploy. The exit code is 2 if the account or cdk.json cannot be used, otherwise that of the CDK
command.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.project import ROOT
from infra.settings import SettingsError, read_context
from tools.account import Account, AccountError, current_account, require_bootstrap

CDK: Final = "aws-cdk@2.1148.1"
NOT_USABLE: Final = 2

_BIN: Final = Path(sys.executable).parent
_CACHE: Final = ROOT / "build" / "npm"


def main(arguments: Sequence[str]) -> int:
    """Run one command of the CDK and return its exit code."""
    command, *more = arguments or ("deploy",)
    try:
        read_context()
        account = current_account()
        if command != "bootstrap":
            require_bootstrap(account)
    except (AccountError, SettingsError) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return NOT_USABLE
    print(f"Account {account.number}, {account.region}: cdk {command}", file=sys.stderr)
    return _cdk(account, command, more)


def _cdk(account: Account, command: str, more: Sequence[str]) -> int:
    """Run the CDK; npx keeps it in the build folder, so that nothing global is installed."""
    where = [f"aws://{account.number}/{account.region}"] if command == "bootstrap" else []
    environment = {
        **os.environ,
        **account.variables,
        "PATH": os.pathsep.join((str(_BIN), os.environ.get("PATH", os.defpath))),
        "npm_config_cache": str(_CACHE),
        "npm_config_update_notifier": "false",
    }
    arguments = [str(_BIN / "npx"), "--yes", CDK, command, *where, *more]
    return subprocess.run(arguments, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
