"""The examples of docs/library.md are run, and print what the page says."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from resolver.config import Config
from resolver.daemon.build import Core, World, build
from resolver.library import asking
from tests.library.conftest import Lab

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
EXAMPLES = re.findall(
    r"(?ms)^```python\n(.*?)^```\n+^```text\n(.*?)^```", PAGE.read_text()
)


def test_every_example_says_what_it_prints() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("```python") > 3


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
def test_an_example_prints_what_the_page_says(
    code: str, printed: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands on the page, but that the Internet is the one in the box."""

    def build_in_the_box(config: Config, world: World, *rest: object) -> Core:
        return build(lab.config(config), lab.world(config), *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(asking, "build", build_in_the_box)
    output = io.StringIO()
    with redirect_stdout(output):
        exec(compile(code, str(PAGE), "exec"), {"__name__": "__main__"})
    assert output.getvalue() == printed
