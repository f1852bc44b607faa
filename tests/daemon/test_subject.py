from pathlib import Path

import pytest

from resolver.config import Dnssec
from resolver.daemon.commands import Refused
from resolver.lab.box import Box
from tests.daemon.subjects import Asked


def test_where_nothing_is_validated_nothing_of_it_can_be_changed(
    box: Box, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="validate is false"):
        _ = Asked(box, tmp_path).subject.validation
    one = Asked(box, tmp_path, dnssec=Dnssec())
    assert one.subject.validation is one.subject.core.validation
