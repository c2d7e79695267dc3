"""python -m console, which is installed as `orchestrator`."""

import sys
from importlib import import_module

from commandline.interrupts import until_interrupted
from console import PROGRAM


def _work() -> int:
    # Imported here because the import takes time, in which an interrupt must be able to end it.
    code: int = import_module("console.cli").main(sys.argv[1:])
    return code


def main() -> None:
    """Carry out the command line of this process, and exit."""
    sys.exit(until_interrupted(_work, PROGRAM))


if __name__ == "__main__":
    main()
