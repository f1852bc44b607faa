"""The client's end of the control socket."""

import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from resolver.cli import control as module
from resolver.cli.control import Connection, NotRunning, Refusal, places

Serve = Callable[..., Path]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Something that listens, and answers every line with the next of these."""

    def begin(*replies: bytes) -> Path:
        path = tmp_path / "c"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()

        def work() -> None:
            with listener:
                one, _ = listener.accept()
                with suppress(OSError), one, one.makefile("rb") as lines:
                    for reply in replies:
                        lines.readline()
                        one.sendall(reply)

        threading.Thread(target=work, daemon=True).start()
        return path

    return begin


def test_a_result_comes_back_and_the_connection_can_be_used_again(serve: Serve) -> None:
    said = json.dumps({"version": 1, "result": {"a": "x" * 200_000}}).encode()
    path = serve(said + b"\n", b'{"version": 1, "result": null}\n')
    with Connection(["/nowhere", str(path)]) as connection:
        assert connection.run("one", {"a": 1}) == {"a": "x" * 200_000}
        assert connection.run("two") is None


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (b'{"version": 1, "refused": "not today"}\n', "not today"),
        (b'{"version": 2, "result": 1}\n', "another version"),
        (b"[]\n", "another version"),
        (b"nonsense\n", "hung up"),
        (b"", "hung up"),
        (b"half a li", "hung up"),
    ],
)
def test_what_is_no_result_is_a_refusal(
    serve: Serve, reply: bytes, reason: str
) -> None:
    one = Connection([str(serve(reply))])
    with one, pytest.raises(Refusal, match=reason):
        one.run("one")


def test_an_answer_without_end_is_not_read_to_it(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REPLY", 100_000)
    one = Connection([str(serve(b"x" * 400_000))])
    with one, pytest.raises(Refusal, match="does not end"):
        one.run("one")


def test_an_answer_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "c"))
        deaf.listen()
        one = Connection([str(tmp_path / "c")])
        with one, pytest.raises(Refusal, match="no answer within"):
            one.run("one")


def test_where_nobody_listens_nobody_is_running(tmp_path: Path) -> None:
    path = tmp_path / "c"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with pytest.raises(NotRunning, match=f"nobody listens at {path}, /nowhere"):
        Connection([str(path), "/nowhere"])
    with pytest.raises(NotRunning, match="no control socket"):
        Connection([])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_who_may_not_ask_is_told_who_may(serve: Serve) -> None:
    path = serve()
    path.chmod(0)
    with pytest.raises(Refusal, match="permission denied"):
        Connection([str(path)])


def test_it_is_looked_for_where_the_user_says() -> None:
    assert places("/a/b", "/c/d") == ["/a/b"]
    assert places(None, "/c/d") == ["/c/d"]
    assert places(None, "") == []
    assert places(None)
