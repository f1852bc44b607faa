import pytest

from resolver.lab.box import Box


@pytest.fixture(scope="session")
def box() -> Box:
    """The Internet in a box, made once: building its zones takes a moment."""
    return Box.standard()
