from resolver.net.desk import Desk
from resolver.net.outlet import Send


class Named:
    def __init__(self, name: bytes) -> None:
        self.name = name

    def known(self, packet: bytes, host: str) -> bytes | None:
        del host
        return self.name + packet

    def packet(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - as Front.packet
        send: Send,
    ) -> None:
        del host, stream
        send(self.name + packet)


def test_packets_are_brought_to_the_reception_that_is_there_now() -> None:
    desk, sent = Desk(Named(b"old ")), list[bytes]()
    desk.packet(b"1", "192.0.2.1", stream=False, send=sent.append)
    assert desk.known(b"2", "192.0.2.1") == b"old 2"
    desk.turn_to(Named(b"new "))
    desk.packet(b"3", "192.0.2.1", stream=True, send=sent.append)
    assert desk.known(b"4", "192.0.2.1") == b"new 4"
    assert sent == [b"old 1", b"new 3"]
