"""Name the error that a refused request raises."""


class RefusedError(Exception):
    """With which HTTP status, code and words a query is refused."""

    def __init__(self, status: int, code: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.kind = status, code, kind
