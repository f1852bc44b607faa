"""Being less than root; for tests that are root, in processes of their own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.daemon.privileges import identity_for
from resolver.lab.demo import free_port
from tests.daemon.running import Daemon, Internet, answers, daemon, wait_until

USER = "nobody"


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become less")

SCRIPT = """
import json, os, socket, sys
from resolver.daemon import privileges
keep = sys.argv[1] == "keep"
privileges.become(privileges.identity_for("nobody"), keep_ports=keep)

def may(act):
    try:
        act()
    except OSError:
        return False
    return True

def bind():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 1))

def root():
    os.setuid(0)

def open_shadow():
    open("/etc/shadow").close()

def grown():
    privileges.give_up_capabilities()

first = [may(bind), may(root), may(open_shadow)]
grown()
print(json.dumps([os.getresuid(), os.getresgid(), os.getgroups(), first, may(bind)]))
"""


def status(process: int) -> dict[str, str]:
    text = Path(f"/proc/{process}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


@needs_root
@pytest.mark.parametrize("keep", [False, True])
def test_who_was_root_is_nothing_more_than_the_user(
    keep: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    identity = identity_for(USER)
    assert identity is not None
    word = "keep" if keep else "drop"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, word],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    uids, gids, groups, may, later = json.loads(done.stdout)
    assert set(uids) == {identity.uid}
    assert set(gids) == {identity.gid}
    assert set(groups) == set(identity.groups)
    assert may == [keep, False, False]
    assert later is False


def test_a_user_that_is_not_known_is_told_with_the_setting() -> None:
    with pytest.raises(ValueError, match=r"server\.user: there is no user nobody-here"):
        identity_for("nobody-here")


def test_only_root_can_become_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(ValueError, match=r"server\.user: only root can become nobody"):
        identity_for(USER)


def test_who_is_the_user_already_or_is_not_to_be_one_has_nothing_to_become(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert identity_for("") is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert identity_for("root") is None


def may_run_python() -> bool:
    """Whether the user can read the interpreter and its library."""
    if os.geteuid() != 0:
        return False
    done = subprocess.run(
        [sys.executable, "-c", "import concurrent.futures.thread"],
        check=False,
        cwd="/",
        user=USER,
        stderr=subprocess.DEVNULL,
    )
    return done.returncode == 0


def is_harmless(process: int, uid: int) -> bool:
    found = status(process)
    return found["Uid"].split() == [str(uid)] * 4 and not any(
        int(found[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")
    )


def opened_to_all(folder: Path) -> None:
    """The user has to read what the test has written."""
    for one in (folder, *folder.parents):
        if one.is_relative_to("/tmp/pytest-of-root"):
            one.chmod(0o755)


@pytest.mark.parametrize("workers", [1, 2])
def test_no_process_that_answers_has_any_privilege_and_it_still_reloads(
    internet: Internet, tmp_path: Path, workers: int
) -> None:
    try:
        if not may_run_python():
            pytest.skip("not root, or the user cannot read this Python")
    except PermissionError:
        pytest.skip("the user cannot run this Python")
    identity = identity_for(USER)
    assert identity is not None
    opened_to_all(tmp_path)
    opened_to_all(internet.folder)
    port = free_port()
    more = (f"server.workers = {workers}", f'server.user = "{USER}"')
    config = internet.config(port, *more)
    with daemon(tmp_path, config) as one:
        assert answers(port, "www.example.com. A")
        answering = one.workers() or [one.process.pid]
        assert len(answering) == workers
        assert all(is_harmless(process, identity.uid) for process in answering)
        assert status(one.process.pid)["Uid"].split() == [str(identity.uid)] * 4
        local = 'local.records = ["printer.test. 60 A 192.0.2.80"]'
        one.reload(config + "\n" + local)
        assert answers(port, "printer.test. A")
        if workers > 1:
            os.kill(answering[0], signal.SIGKILL)
            one.wait_for("worker_replaced")
            assert all(is_harmless(process, identity.uid) for process in one.workers())
            wait_until(lambda: answers(port, "www.example.com. A"), "an answer")
    assert one.process.returncode == 0


@needs_root
def test_a_user_that_is_not_there_is_a_reason_not_to_start(
    internet: Internet, tmp_path: Path
) -> None:
    config = internet.config(free_port(), 'server.user = "nobody-here"')
    one = Daemon(tmp_path, config)
    one.process.wait(10)
    one.stop()
    assert one.process.returncode == 1
    assert "server.user: there is no user nobody-here" in str(one.events)
