"""The stack, composed of constructs by capability."""

import os
import sys
from pathlib import Path

# CDK's runtime needs a recent Node, which the virtual environment has. aws_cdk searches for it when
# it is first imported, so this comes before all imports of it.
_NODE = Path(sys.executable).with_name("node")
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))
