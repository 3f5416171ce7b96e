"""Check many more random histories, kills and stops than the suite does, and lose each statement in both ways.

python -m tests.sync.model --histories 20000 --kills 100 --stops 1000 --seed 1
"""

import argparse
import os
import sys
from pathlib import Path

import pytest

_parser = argparse.ArgumentParser(prog="python -m tests.sync.model")
_parser.add_argument("--histories", type=int, default=20_000)
_parser.add_argument("--kills", type=int, default=100)
_parser.add_argument("--stops", type=int, default=1000)
_parser.add_argument("--seed", type=int, default=1, help="another seed gives other histories (the suite has 0)")
_arguments = _parser.parse_args()

os.environ |= {
    "SLB_TEST_HISTORIES": str(_arguments.histories),
    "SLB_TEST_KILLS": str(_arguments.kills),
    "SLB_TEST_STOPS": str(_arguments.stops),
    "SLB_TEST_CUTS": "all",
    "SLB_TEST_SEED": str(_arguments.seed),
}
_here = Path(__file__).parents[1]
_files = ("model/test_model.py", "faults/test_kill.py", "faults/test_stop.py", "faults/test_faults.py")
sys.exit(pytest.main([str(_here / name) for name in _files]))
