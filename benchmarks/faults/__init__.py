"""Take PostgreSQL, Linear, the network and the program itself away at random moments, and look what is lost.

    python -m benchmarks faults --seed 7 --rounds 100 --only kill-serve

`cases.CASES` is all that is played. A round is drawn from the seed (`plan`), played against real processes over a
real PostgreSQL and the fake Linear (`installation`, `traffic`), and then judged (`checker`, `leftovers`).
"""
