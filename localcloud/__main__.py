"""python -m localcloud."""

import sys
from importlib import import_module

from localcloud.interrupts import until_interrupted


def _work() -> int:
    # Imported here because it takes a second, in which an interrupt is to end as at any other time.
    code: int = import_module("localcloud.cli").main(sys.argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(until_interrupted(_work))
