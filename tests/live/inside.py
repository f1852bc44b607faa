"""What tests have done inside their network namespace.

Run as a script, by `nsenter` (see `namespace`); a test's own process stays outside.
It imports nothing of the resolver, so that what it says about packets is a second
opinion.  Each command prints one JSON value on standard output.

    hold ADDRESS...         bring the loopback interface up, add the IPv6 addresses to
                            it, print a line, and stay until standard input ends
    exchange HOST PORT HEX  send packets (one argument each) from one socket, then a
                            plain question; print what comes until that is answered
    crowd HOST PORT NAME N  ask N different questions at once (NAME with a number in
                            place of *), print how many were answered and how
    verdicts HOST PORT FILE read questions from a file, a name and the number of a type
                            on each line, ask them with DO; print rcode and AD of each
    delv FILE COMMAND...    read questions from a file, a name and a type on each line,
                            run the command with each; print what it wrote
    first HOST PORT NAME COMMAND...
                            start a server and ask it until it answers; print the
                            seconds that took, and what it answered
"""

import asyncio
import contextlib
import fcntl
import json
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

# linux/sockios.h and linux/if.h.
SIOCGIFFLAGS: Final = 0x8913
SIOCSIFFLAGS: Final = 0x8914
SIOCSIFADDR: Final = 0x8916
IFF_UP: Final = 1

PATIENCE: Final = 10.0  # seconds, for anything here
WINDOW: Final = 8  # questions of `verdicts` and `delv` that wait at a time


def hold(addresses: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("16sH", fcntl.ioctl(control, SIOCGIFFLAGS, request))
        request = struct.pack("16sH14x", b"lo", flags[1] | IFF_UP)
        fcntl.ioctl(control, SIOCSIFFLAGS, request)
    # Machines with IPv6 switched off often have it off for new namespaces only.
    for name in ("all", "lo"):
        with contextlib.suppress(OSError):
            Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("0")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        for address in addresses:
            packed = socket.inet_pton(socket.AF_INET6, address)
            request = struct.pack("16sIi", packed, 128, socket.if_nametoindex("lo"))
            fcntl.ioctl(control, SIOCSIFADDR, request)
    print(json.dumps("up"), flush=True)
    sys.stdin.read()


def question(number: int, name: str, rdtype: int = 1) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    wire = b"".join(bytes((len(label),)) + label for label in labels) + b"\0"
    header = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0)
    return header + wire + struct.pack("!HH", rdtype, 1)


def exchange(host: str, port: str, packets: list[str]) -> list[str]:
    last = question(0xFFFF, "localhost.")
    replies: list[str] = []
    with socket.socket(_family(host), socket.SOCK_DGRAM) as sender:
        sender.settimeout(PATIENCE)
        sender.connect((host, int(port)))
        for packet in packets:
            sender.send(bytes.fromhex(packet))
        sender.send(last)
        while not replies or not replies[-1].startswith("ffff"):
            replies.append(sender.recv(65535).hex())
    return replies[:-1]


class Crowd(asyncio.DatagramProtocol):
    def __init__(self, count: int) -> None:
        self.rcodes: dict[int, int] = {}
        self.everyone = asyncio.Event()
        self._count = count

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.rcodes[int.from_bytes(data[:2], "big")] = data[3] & 15
        if len(self.rcodes) == self._count:
            self.everyone.set()


async def crowd(host: str, port: str, name: str, count: int) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: Crowd(count), remote_addr=(host, int(port))
    )
    started = time.monotonic()
    for number in range(count):
        transport.sendto(question(number, name.replace("*", f"n{number}")))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(protocol.everyone.wait(), PATIENCE)
    transport.close()
    return {
        "answered": len(protocol.rcodes),
        "rcodes": sorted(set(protocol.rcodes.values())),
        "seconds": round(time.monotonic() - started, 3),
    }


async def verdicts(host: str, port: str, lines: list[str]) -> list[list[int]]:
    loop = asyncio.get_running_loop()
    places = asyncio.Semaphore(WINDOW)

    async def ask(number: int, name: str, rdtype: int) -> list[int]:
        plain = question(number, name, rdtype)
        # One additional record: OPT, 1232 bytes, DO.
        opt = struct.pack("!BHHBBHH", 0, 41, 1232, 0, 0, 0x8000, 0)
        packet = plain[:10] + b"\0\1" + plain[12:] + opt
        async with places:
            with socket.socket(_family(host), socket.SOCK_DGRAM) as sender:
                sender.settimeout(0)
                sender.connect((host, int(port)))
                await loop.sock_sendall(sender, packet)
                reply = await asyncio.wait_for(loop.sock_recv(sender, 65535), PATIENCE)
        return [reply[3] & 15, reply[3] >> 5 & 1]

    words = enumerate(map(str.split, lines), 1)
    return await asyncio.gather(*[ask(at, it[0], int(it[1])) for at, it in words])


async def delv(lines: list[str], command: list[str]) -> list[str]:
    places = asyncio.Semaphore(WINDOW)

    async def ask(words: list[str]) -> str:
        async with places:
            process = await asyncio.create_subprocess_exec(
                *command, *words, stdout=-1, stderr=asyncio.subprocess.STDOUT
            )
            said, _ = await process.communicate()
            return said.decode("utf-8", "replace")

    return await asyncio.gather(*[ask(line.split()) for line in lines])


def first(host: str, port: str, name: str, command: list[str]) -> dict[str, object]:
    started = time.monotonic()
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        return {"reply": _first_reply(host, port, name)} | {
            "seconds": round(time.monotonic() - started, 3)
        }
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _first_reply(host: str, port: str, name: str) -> str:
    until = time.monotonic() + PATIENCE
    with socket.socket(_family(host), socket.SOCK_DGRAM) as sender:
        sender.connect((host, int(port)))
        sender.settimeout(0.005)
        while time.monotonic() < until:
            # Until it listens, the kernel says that the connection is refused.
            with contextlib.suppress(OSError):
                sender.send(question(1, name))
                sender.settimeout(PATIENCE)
                return sender.recv(65535).hex()
            sender.settimeout(0.005)
            time.sleep(0.002)
    return ""


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def read(file: str) -> list[str]:
    return Path(file).read_text("ascii").splitlines()


def main(words: list[str]) -> None:
    match words:
        case ["hold", *addresses]:
            hold(addresses)
        case ["exchange", host, port, *packets]:
            print(json.dumps(exchange(host, port, packets)))
        case ["crowd", host, port, name, count]:
            print(json.dumps(asyncio.run(crowd(host, port, name, int(count)))))
        case ["verdicts", host, port, file]:
            print(json.dumps(asyncio.run(verdicts(host, port, read(file)))))
        case ["delv", file, *command]:
            print(json.dumps(asyncio.run(delv(read(file), command))))
        case ["first", host, port, name, *command]:
            print(json.dumps(first(host, port, name, command)))
        case _:
            sys.exit(f"not a command: {words}")


if __name__ == "__main__":
    main(sys.argv[1:])
