from collections.abc import Iterator

import pytest

from tests.fakes.linear import FakeLinear, run_linear


@pytest.fixture
def fake() -> Iterator[FakeLinear]:
    with run_linear() as fake:
        yield fake
