from collections.abc import Iterator

import pytest

from resolver.lab.box import Box
from tests.daemon.running import Internet
from tests.restored import logging_as_before

__all__ = ["logging_as_before"]


@pytest.fixture(scope="session")
def box() -> Box:
    """The Internet in a box, made once: building its zones takes a moment."""
    return Box.standard()


@pytest.fixture(scope="module")
def internet(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    """The same Internet on loopback."""
    one = Internet(box, tmp_path_factory.mktemp("internet"))
    with one.running():
        yield one
