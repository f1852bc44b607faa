import asyncio
import re
import socket
import subprocess
import sys

import pytest

from resolver.lab.box import Box
from resolver.lab.demo import NAME, ask, free_port
from resolver.wire.presentation import rdata_text


def test_the_demonstration_shows_the_way_and_the_cache_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "resolver.lab.demo"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    cold, walked, cached = re.split(r"\n\d\. ", done.stdout)[1:]
    for zone in ("zone .", "zone com.", "zone hosting.org.", "zone glueless.com."):
        assert zone in cold
    for part in (cold, walked, cached):
        assert "status: NOERROR" in part
        assert re.search(rf"{NAME}\.\s+3600\s+IN\s+A\s+192\.0\.2\.42", part)
    times = [
        float(each) for each in re.findall(r"Query time: ([\d.]+) ms", done.stdout)
    ]
    assert len(times) == 2


def test_silence_is_an_error() -> None:
    with pytest.raises(TimeoutError, match="does not answer"):
        ask(free_port(), NAME, 0.1)


async def test_a_question_is_asked_again_until_somebody_listens() -> None:
    port = free_port()
    box = Box.standard(now=1_800_000_000.0)

    def answer_late() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.bind(("127.0.0.1", port))
            link.settimeout(5)
            packet, client = link.recvfrom(65535)
            reply = box.respond_to("127.53.4.1", packet)
            assert reply is not None
            link.sendto(reply, client)

    asking = asyncio.create_task(asyncio.to_thread(ask, port, NAME))
    await asyncio.sleep(0.05)
    await asyncio.to_thread(answer_late)
    reply, seconds = await asking
    assert [rdata_text(1, rdata) for rdata in reply.answer[0].rdatas] == ["192.0.2.42"]
    assert 0 < seconds < 5
