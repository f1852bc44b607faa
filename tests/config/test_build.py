import subprocess
import sys
from pathlib import Path

import pytest

from resolver.config.build import kind_of_build
from resolver.wire import reader


def test_the_build_is_that_of_the_module_that_reads_packets() -> None:
    suffix = Path(reader.__file__).suffix
    assert {".py": "interpreted"}.get(suffix, "compiled") == kind_of_build()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("reader.py", "interpreted"),
        ("reader.cpython-311-x86_64-linux-gnu.so", "compiled"),
        ("reader.pyd", "compiled"),
    ],
)
def test_what_is_not_a_source_file_is_compiled(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = type("Spec", (), {"origin": f"/usr/lib/resolver/wire/{name}"})
    monkeypatch.setattr("resolver.config.build.find_spec", lambda _: spec)
    assert kind_of_build() == kind


def test_looking_does_not_load_the_codec() -> None:
    code = (
        "import sys; from resolver.config.build import kind_of_build\n"
        "kind_of_build(); print('resolver.wire.reader' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
