"""The examples of docs/library.md and README.md are run, and print what the pages say."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from resolver.config import Config
from resolver.daemon.build import Core, World, build
from resolver.library import asking
from tests.library.conftest import Lab

TOP = Path(__file__).parents[2]
PAGES = "".join((TOP / it).read_text() for it in ("README.md", "docs/library.md"))
EXAMPLES = re.findall(r"(?ms)^```python\n(.*?)^```\n+^```text\n(.*?)^```", PAGES)


def test_every_example_says_what_it_prints() -> None:
    assert len(EXAMPLES) == PAGES.count("```python") > 4


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
        exec(compile(code, "an example", "exec"), {"__name__": "__main__"})
    assert output.getvalue() == printed
