"""The program as its user and the service manager see it: how it starts and ends."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.dig import dig
from tests.live.namespace import PATIENCE, Namespace
from tests.live.servers import (
    OTHER,
    OURS,
    Nsd,
    Resolver,
    resolver_command,
    resolver_config,
    wait_until,
)

pytestmark = pytest.mark.live

Start = Callable[..., Resolver]
Figure = Callable[[str], None]

# What the project promises is half of the first; a busy machine gets four times as much.
LONGEST_START = 2.0
MOST_MEMORY = 60_000_000


def test_it_answers_soon_after_it_is_started(
    internet: dict[str, Nsd], namespace: Namespace, tmp_path: Path, figure: Figure
) -> None:
    """From nothing to an answer that had to be walked for from the root."""
    command = resolver_command(resolver_config(tmp_path, [f"{OTHER}:53"]))
    found = [
        namespace.inside("first", OTHER, "53", "www.shop.com.", *command)
        for _ in range(3)
    ]
    best = min(each["seconds"] for each in found)
    figure(f"start to first answer: {best} s, best of {len(found)}")
    for each in found:
        reply = bytes.fromhex(each["reply"])
        assert reply[3] & 15 == 0, "NOERROR"
        assert reply[7] == 3, "three addresses"
    assert best < LONGEST_START


def test_it_is_small_while_idle(fresh: Start, figure: Figure) -> None:
    used = fresh(f"{OTHER}:53").resident_bytes()
    figure(f"idle memory: {used / 1e6:.1f} MB")
    assert used < MOST_MEMORY


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_a_signal_ends_it_with_status_0(fresh: Start, number: signal.Signals) -> None:
    server = fresh(f"{OTHER}:53")
    server.signal(number)
    assert server.wait(2.0) == 0
    assert server.events()[-1]["event"] == "stopped"
    assert server.complaints() == []


def ask_in_background(namespace: Namespace, name: str) -> subprocess.Popen[str]:
    words = ("-r", f"@{OTHER}", "+tries=1", "+time=5", "+short", name, "A")
    return namespace.start("dig", *words, stdout=subprocess.PIPE)


def test_open_questions_are_answered_before_it_ends(
    fresh: Start, internet: dict[str, Nsd], namespace: Namespace
) -> None:
    server = fresh(f"{OTHER}:53")
    with internet["deep"].silent():
        client = ask_in_background(namespace, "drained.deep.cut.com")
        internet["deep"].is_asked()
        server.signal(signal.SIGTERM)
        wait_until(
            lambda: namespace.unread(OTHER, "tcp") is None, "no more questions taken"
        )
    assert client.communicate(timeout=PATIENCE)[0] == "198.54.3.3\n"
    assert server.wait(2.0) == 0
    assert server.complaints() == []


def test_a_question_that_cannot_be_answered_does_not_keep_it_alive(
    fresh: Start, internet: dict[str, Nsd], namespace: Namespace
) -> None:
    server = fresh(f"{OTHER}:53")
    with internet["deep"].silent():
        client = ask_in_background(namespace, "stuck.deep.cut.com")
        internet["deep"].is_asked()
        server.end()
    client.kill()
    client.communicate()


@pytest.mark.parametrize("words", ["+notcp", "+tcp"])
def test_a_reply_leaves_from_the_address_that_was_asked(
    fresh: Start, namespace: Namespace, words: str
) -> None:
    """Though it listens on all of them.  dig ignores replies from anywhere else."""
    fresh("0.0.0.0:5354", "[::]:5354")
    for address in ("127.0.0.2", "127.1.2.3", "::1", "fd54::11", "fd54::31"):
        reply = dig(namespace, address, "-p", "5354", words, "www.shop.com", "A")
        assert len(reply.answer) == 3
        assert "unexpected source" not in reply.text


def test_it_listens_where_it_is_told(fresh: Start, namespace: Namespace) -> None:
    fresh(f"{OTHER}:53", "[::1]:5354", "127.0.0.4:5355")
    for words in ((OTHER,), ("::1", "-p", "5354"), ("127.0.0.4", "-p", "5355")):
        assert len(dig(namespace, *words, "www.shop.com", "A").answer) == 3


def fails(namespace: Namespace, config: Path) -> str:
    """Start it in vain; give what it says on standard error."""
    done = namespace.run(*resolver_command(config))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_port_in_use_is_named(
    ours: Resolver, namespace: Namespace, tmp_path: Path
) -> None:
    said = fails(namespace, resolver_config(tmp_path, [f"{OURS}:53"]))
    assert "cannot start" in said
    assert f"{OURS}:53" in said


def test_an_address_that_the_machine_lacks_is_named(
    namespace: Namespace, tmp_path: Path
) -> None:
    said = fails(namespace, resolver_config(tmp_path, ["192.0.2.1:53"]))
    assert "192.0.2.1:53" in said


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('[cache]\nsize = "a lot"', ("cache.size", "a lot")),
        ("[cache]\nsise = 1", ("sise", "size")),
        ("[listen", ("resolver.toml",)),
        ('[recursion]\nroot_hints = "nowhere"', ("root_hints", "nowhere")),
        ('[listen]\nplain = ["localhost"]', ("listen.plain", "localhost")),
    ],
)
def test_a_wrong_setting_is_named(
    namespace: Namespace, tmp_path: Path, wrong: str, told: tuple[str, ...]
) -> None:
    config = tmp_path / "resolver.toml"
    config.write_text(f"{wrong}\n")
    said = fails(namespace, config)
    assert [word for word in told if word not in said] == []


def test_a_single_question_shows_its_way(
    internet: dict[str, Nsd], namespace: Namespace, tmp_path: Path
) -> None:
    config = resolver_config(tmp_path, [f"{OTHER}:53"])
    program = (sys.executable, "-m", "resolver", "query", "--config", str(config))
    done = namespace.run(*program, "--trace", "www.deep.cut.com", "A")
    assert done.returncode == 0, done.stderr
    assert "198.54.3.2" in done.stdout
    for zone in (".", "com.", "cut.com.", "deep.cut.com."):
        assert f"zone {zone}\n" in done.stdout
