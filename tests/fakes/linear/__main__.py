"""Serve a fake Linear as a process of its own, so that a benchmark measures only what it means to.

    python -m tests.fakes.linear --issues 20000 --port 8099

prints one line of JSON with `url` and `key` once it serves, and runs until it is ended by a signal.
"""

import argparse
import json
import signal

from tests.fakes.linear import run_linear
from tests.fakes.linear.volume import volume

_parser = argparse.ArgumentParser(prog="python -m tests.fakes.linear")
_parser.add_argument("--issues", type=int, default=1_000)
_parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
_parser.add_argument("--seed", type=int, default=0)
_parser.add_argument("--delay-ms", type=int, default=0, help="how long it takes over each answer")
_arguments = _parser.parse_args()

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
with run_linear(volume(_arguments.issues, seed=_arguments.seed), port=_arguments.port) as _fake:
    _fake.delay_s = _arguments.delay_ms / 1000
    # A benchmark spends more than an hour's budget, which the fake never fills up again.
    _fake.requests_limit = _fake.complexity_limit = 10**9
    print(json.dumps({"url": _fake.url, "key": _fake.key}), flush=True)  # noqa: T201 (for who started it)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
