"""Log a trouble that lasts without a line for each request that meets it."""

from time import monotonic

from shareable_backlog import logs

_LOG = logs.get_logger(__name__)

_SUMMARY_EVERY_S = 60.0


class OutageLog:
    """Log when a trouble begins, with its cause, then a summary once a minute, and when it ends.

    `begins`, `lasts` and `ends` are the names of these three events. Its end counts once it has been quiet for
    `quiet_s`, so that a trouble that comes and goes is one trouble.
    """

    def __init__(self, begins: str, lasts: str, ends: str, *, quiet_s: float = 0.0) -> None:
        self._begins, self._lasts, self._ends = begins, lasts, ends
        self._quiet_s = quiet_s
        self._since: float | None = None
        self._seen_at = self._logged_at = 0.0
        self.refused = 0
        """How many requests were refused because of it since it began."""

    def record_failure(self, reason: str) -> None:
        """Note that the trouble is there, and why, in plain words."""
        now = self._seen_at = monotonic()
        if self._since is None:
            self._since = self._logged_at = now
            _LOG.error(self._begins, reason=reason)
        elif now - self._logged_at >= _SUMMARY_EVERY_S:
            self._logged_at = now
            _LOG.warning(self._lasts, reason=reason, lasted_s=round(now - self._since, 1), refused=self.refused)

    def record_success(self) -> None:
        """Note that all was well just now."""
        now = monotonic()
        if self._since is not None and now - self._seen_at >= self._quiet_s:
            _LOG.info(self._ends, lasted_s=round(now - self._since, 1), refused=self.refused)
            self._since, self.refused = None, 0
