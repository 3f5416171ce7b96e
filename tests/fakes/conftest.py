from collections.abc import Iterator

import pytest

from tests.fakes.linear import FakeLinear, running


@pytest.fixture
def fake() -> Iterator[FakeLinear]:
    with running() as fake:
        yield fake
