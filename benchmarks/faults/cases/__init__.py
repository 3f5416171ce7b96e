"""List all cases of the bench, one module for each family."""

from benchmarks.faults.cases import clocks, kills, linear, network, postgres, sign_in, soak

CASES = (
    *(*postgres.CASES, *network.CASES, *linear.CASES, *sign_in.CASES),
    *(*clocks.CASES, *kills.CASES, *soak.CASES),
)
