"""Check the mirror against its source over random histories, whatever Linear does and whatever goes wrong.

    python -m tests.sync.model --histories 20000

`histories` are what may happen, `play` lets it happen and says what must hold, `equal` compares. Some runs, and
rivals of others, are those of `other_process`.
"""
