"""python -m localcloud."""

import sys
from importlib import import_module

from commandline.interrupts import until_interrupted
from localcloud import PROGRAM


def _work() -> int:
    # Imported here because the import takes a second, which an interrupt must be able to end.
    code: int = import_module("localcloud.cli").main(sys.argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(until_interrupted(_work, PROGRAM))
