"""Check many more random histories, and kills, than the suite does.

python -m tests.sync.model --histories 20000 --kills 100 --seed 1
"""

import argparse
import os
import sys
from pathlib import Path

import pytest

_parser = argparse.ArgumentParser(prog="python -m tests.sync.model")
_parser.add_argument("--histories", type=int, default=20_000)
_parser.add_argument("--kills", type=int, default=100)
_parser.add_argument("--seed", type=int, default=1, help="another seed gives other histories (the suite has 0)")
_arguments = _parser.parse_args()

os.environ |= {
    "SLB_TEST_HISTORIES": str(_arguments.histories),
    "SLB_TEST_KILLS": str(_arguments.kills),
    "SLB_TEST_SEED": str(_arguments.seed),
}
_here = Path(__file__).parents[1]
sys.exit(pytest.main([str(_here / "model" / "test_model.py"), str(_here / "faults" / "test_kill.py")]))
