"""Count how long statements take, of this process and since it began."""

from bisect import bisect_left

from msgspec import Struct, field

from shareable_backlog.process_state import ProcessState

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class QueryTimes(Struct):
    """How many round trips took how long: at most as long as each of `BUCKETS_S`, the last of `counts` longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    total_s: float = 0.0

    def add_time(self, seconds: float) -> None:
        """Count a round trip."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.total_s += seconds


QUERY_TIMES = ProcessState(QueryTimes)
