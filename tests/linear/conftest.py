from collections.abc import Iterator

import pytest

from tests.fakes.linear import FakeLinear, run_linear


@pytest.fixture
def fake() -> Iterator[FakeLinear]:
    """Yield a Linear with an empty workspace."""
    with run_linear() as fake:
        yield fake
