"""Unbound's files of trust anchors mean what ours say."""

from pathlib import Path

from resolver.dnssec.watches import Watch
from tests.replay import autotrust
from tests.replay.parse import parse_text
from tests.replay.player import play

KEY = (
    "AwEAAc3Z5DQDJpH4oPdNtC4BUQHk50XMD+dHr4r8psHmivIa83hxR5CRgCtd9sENCW9Ae8OIO19xw9t"
    "/RPaEAqQa+OE="
)
STATE = ";;state={} [ ] ;;count={} ;;lastchange={} ;;Mon Nov 23 08:46:40 2009"
FILE = [
    "; autotrust trust anchor file",
    ";;last_queried: 1258962400 ;;Mon Nov 23 08:46:40 2009",
    ";;next_probe_time: 1258967360 ;;Mon Nov 23 10:09:20 2009",
    f"example.com. 10800 IN DNSKEY 257 3 5 {KEY} ;{{id = 55582 (ksk)}} "
    + STATE.format(2, 0, 1258962400),
    f"example.com. 10800 IN DNSKEY 385 3 5 {KEY} ;{{id = 55710 (ksk)}} "
    + STATE.format(4, 0, 1258962400),
    f"example.com. 10800 IN DNSKEY 256 3 5 {KEY} ;{{id = 55581 (zsk)}}",
]
MEANING = {("example.com.", 55582, "valid"), ("example.com.", 55710, "revoked")}


def test_a_file_means_the_state_of_each_key() -> None:
    assert autotrust.theirs(FILE) == MEANING
    [watch] = autotrust.watches(FILE)
    assert isinstance(watch, Watch)
    assert (watch.asked, watch.due) == (1258962400, 1258967360)


def test_it_means_the_same_when_we_have_written_it(tmp_path: Path) -> None:
    path = str(tmp_path / "anchors")
    autotrust.keep(path, FILE)
    assert autotrust.ours(path) == MEANING


def test_a_mere_list_of_keys_is_a_configuration_and_no_state(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    lines = [line.partition(" ;;")[0] for line in FILE[3:4]]
    autotrust.keep(str(path), lines)
    assert not path.exists()
    assert autotrust.configured(lines) == (
        f"example.com. 10800 IN DNSKEY 257 3 5 {KEY}",
    )


STORY = """
server:
  fake-sha1: yes
AUTOTRUST_FILE example.com
{}
AUTOTRUST_END
CONFIG_END
SCENARIO_BEGIN t
STEP 1 TIME_PASSES ELAPSE 1251100000
STEP 2 CHECK_AUTOTRUST example.com
FILE_BEGIN
{}
FILE_END
SCENARIO_END
"""


def test_a_step_that_checks_the_file_can_fail() -> None:
    right = play(parse_text(STORY.format(FILE[4], FILE[4]), Path("t.rpl")))
    assert right.faults == []
    wrong = play(parse_text(STORY.format(FILE[4], FILE[3]), Path("t.rpl")))
    assert wrong.faults[0].startswith("STEP 2 CHECK_AUTOTRUST example.com")
