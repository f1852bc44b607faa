from resolver.net.desk import Desk


class Reception:
    def __init__(self, name: bytes) -> None:
        self.name = name
        self.heard: list[bytes] = []

    def known(self, packet: bytes, host: str) -> bytes | None:
        return self.name

    def packet(self, packet: bytes, host: str, stream: object, send: object) -> None:
        self.heard.append(packet)


def test_the_next_packet_goes_to_the_reception_of_that_moment() -> None:
    one, other = Reception(b"one"), Reception(b"other")
    desk = Desk(one)
    assert desk.known(b"1", "h") == b"one"
    desk.packet(b"1", "h", stream=False, send=lambda _: None)
    desk.turn_to(other)
    assert desk.known(b"2", "h") == b"other"
    desk.packet(b"2", "h", stream=False, send=lambda _: None)
    assert (one.heard, other.heard) == ([b"1"], [b"2"])
