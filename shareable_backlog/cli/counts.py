"""Say how many there are of something."""


def format_count(count: int, noun: str) -> str:
    """Return a count with its noun, which takes an s but for one: `1 row`, `1,200 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
