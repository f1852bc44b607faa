import shutil
import subprocess

import pytest

from resolver.cli import roff

needs_groff = pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")


def rendered(text: str) -> str:
    """Have a text set as a terminal would show it, in lines of any length."""
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=900n"],
        input=f'.TH T 1 "" "" ""\n{text}',
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_what_is_typed_has_the_characters_of_a_keyboard() -> None:
    assert roff.typed(r"a-b\c 'd' `e` ~ ^") == (
        r"a\-b\ec \(aqd\(aq \(gae\(ga \(ti \(ha"
    )


def test_no_line_of_prose_is_a_request() -> None:
    assert roff.prose(".TH is a request") == r"\&.TH is a request"
    assert roff.prose("'so' it is. .br too. 'And' this.") == (
        "\\&'so' it is. .br too. 'And' this."
    )


def test_a_sentence_begins_on_a_line_of_its_own() -> None:
    assert roff.prose("One.  Two? 3 and 4.\nFive, e.g. six.") == (
        "One.\nTwo? 3 and 4.\nFive, e.g. six."
    )


def test_what_is_typed_stands_out_in_prose() -> None:
    assert roff.prose("Say `a-b` or --config, but well-known is one word.") == (
        r"Say \fBa\-b\fR or \fB\-\-config\fR, but well-known is one word."
    )


@needs_groff
@pytest.mark.parametrize(
    "line",
    [
        r"printf '[Resolve]\nDomains=~.\n' | sudo tee `which` ^x",
        ".hidden --option -x",
        "'quoted",
        r"\fBnot bold\fR \& \n(.l",
    ],
)
def test_an_example_is_shown_as_it_is(line: str) -> None:
    assert line in [it.strip() for it in rendered(roff.example([line])).splitlines()]


@needs_groff
def test_an_item_has_its_head_and_its_text() -> None:
    text = roff.item(roff.bold(".config"), roff.prose(r"A \ and a ~."))
    shown = rendered(text).split()
    assert shown[shown.index(".config") :][:5] == [".config", "A", "\\", "and", "a"]


def test_a_heading_is_one_argument() -> None:
    assert roff.heading("SEE ALSO") == '.SH "SEE ALSO"\n'
    assert roff.heading("[log]", "SS") == '.SS "[log]"\n'
