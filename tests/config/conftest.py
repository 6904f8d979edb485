"""Lets the tests of binding share `option_classes`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
