"""The command `explain`, over the box."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from resolver.config import Local, Recorder
from resolver.daemon.build import Core
from resolver.daemon.commands import Commands, Refused
from resolver.daemon.explaining import MAX_TOLD, Explainer, merged
from resolver.lab.box import Box
from resolver.wire import types
from tests import virtual
from tests.observe.boxed import NOW, Boxed, ask

BOX = Box.standard(now=NOW)
Explain = Callable[..., Awaitable[dict[str, Any]]]


def explain(core: Core, clock: Callable[[], float] = lambda: 0.0) -> Explain:
    commands = Commands()
    explainer = Explainer(core.recorder, core.service.known, clock)
    commands.add("explain", explainer)

    async def run(**arguments: object) -> dict[str, Any]:
        result = await commands.run("explain", arguments)
        assert isinstance(result, dict)
        return result

    return run


def told(boxed: Boxed, *questions: str, **arguments: object) -> dict[str, Any]:
    """Ask questions, and then for an explanation."""

    async def go() -> dict[str, Any]:
        core = boxed.core()
        for question in questions:
            await ask(core, question)
        return await explain(core, lambda: virtual.START)(**arguments)

    return virtual.run(go())


def names(result: dict[str, Any]) -> list[str]:
    return [record["name"] for record in result["records"]]


def test_the_last_time_is_told(tmp_path: Path) -> None:
    asked = ("www.refuses.com. A", "www.dead.com. A", "www.refuses.com. AAAA")
    result = told(Boxed(BOX, tmp_path), *asked, name="WWW.refuses.com")
    assert names(result) == ["www.refuses.com."]
    assert result["records"][0]["type"] == "AAAA"
    result = told(Boxed(BOX, tmp_path), *asked, name="www.refuses.com", type="A")
    assert result["records"][0]["type"] == "A"
    result = told(Boxed(BOX, tmp_path), *asked, name="www.refuses.com", type=types.A)
    assert result["records"][0]["type"] == "A"
    assert result["now"][0] == "cache: nothing"
    assert "REFUSED" in result["now"][1]


def test_without_a_name_it_is_the_last_ones(tmp_path: Path) -> None:
    asked = ("www.refuses.com. A", "www.dead.com. A")
    result = told(Boxed(BOX, tmp_path), *asked, limit=10)
    assert names(result) == ["www.dead.com.", "www.refuses.com."]
    assert "now" not in result
    assert names(told(Boxed(BOX, tmp_path), *asked)) == ["www.dead.com."]


def test_the_time_closest_to_another_is_told(tmp_path: Path) -> None:
    asked = ("www.silent.com. A", "www.refuses.com. A")
    result = told(Boxed(BOX, tmp_path), *asked, at=NOW)
    assert names(result) == ["www.silent.com."]
    result = told(Boxed(BOX, tmp_path), *asked, at=NOW + 10**6)
    assert names(result) == ["www.refuses.com."]


def test_an_id_finds_its_record(tmp_path: Path) -> None:
    async def go() -> list[str]:
        core = Boxed(BOX, tmp_path).core()
        await ask(core, "www.refuses.com. A")
        assert core.recorder is not None
        (record,) = core.recorder
        found = await explain(core)(id=record.id.upper())
        assert names(await explain(core)(id="0")) == []
        return names(found)

    assert virtual.run(go()) == ["www.refuses.com."]


def test_what_is_known_now_is_told_step_by_step(tmp_path: Path) -> None:
    local = Local(records=("router.home. A 192.168.1.1",))
    boxed = Boxed(BOX, tmp_path, local=local)
    result = told(boxed, name="router.home")
    assert result["records"] == []
    assert result["now"][0].startswith("policy: answered here, NOERROR, 1 records")
    result = told(Boxed(BOX, tmp_path), "www.example.com. A", name="www.example.com")
    assert result["now"][0].startswith("cache: NOERROR, 1 records for ")


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "a..b"},
        {"name": "a", "type": "NONSENSE"},
        {"name": 5, "type": []},
        {"at": "yesterday"},
        {"limit": True},
    ],
)
def test_arguments_without_sense_are_refused(
    arguments: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(Refused):
        told(Boxed(BOX, tmp_path), **arguments)


def test_no_more_is_told_than_anybody_reads(tmp_path: Path) -> None:
    assert told(Boxed(BOX, tmp_path), limit=10**9)["limit"] == MAX_TOLD
    assert told(Boxed(BOX, tmp_path), limit=-5)["records"] == []


def test_who_keeps_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="recorder"):
        told(Boxed(BOX, tmp_path, recorder=Recorder(size=0)), name="www.example.com")


def test_the_records_of_several_workers_become_one_list() -> None:
    one = {"records": [{"at": 5.0}, {"at": 1.0}], "at": None, "limit": 3, "now": ["x"]}
    other = {"records": [{"at": 3.0}, {"at": 2.0}], "at": None, "limit": 3}
    whole = merged([one, other])
    assert whole["records"] == [{"at": 5.0}, {"at": 3.0}, {"at": 2.0}]
    assert whole["now"] == ["x"]
    close = merged([{**one, "at": 2.1, "limit": 1}, {**other, "at": 2.1, "limit": 1}])
    assert close["records"] == [{"at": 2.0}]
