"""How each resolver is set up, so that all of them have the same work.

Equal for all: the lab's root hints, IPv4 only, one thread, the access list of loopback,
the cache's size, no query log, no remote control, servers on loopback allowed, and
validation either off or on with the lab's trust anchor.  Everything else is each
program's default, minimisation of names included (all of them minimise by default).
With validation off Unbound and BIND still ask servers for signatures; that is how
they are.

Each listens on its own port of 127.0.0.1, so that all can run at once: BIND listens on
no address that the interface does not have.  A recipe writes configuration files into
the server's folder, which is where it is started, and gives the command.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.signing import ds
from benchmarks.zones import LEAF_ADDRESSES

# Room for a million names in every resolver; what they use of it is measured.
CACHE_BYTES: Final = 2 << 30
CACHE_MEGABYTES: Final = CACHE_BYTES >> 20
# For those that count records or answers, at about 1 kB each.
CACHE_ENTRIES: Final = 2_000_000
ALLOWED: Final = "127.0.0.0/8"
HOST: Final = "127.0.0.1"


class Settings(NamedTuple):
    """What a recipe needs to know."""

    port: int
    folder: Path
    hints: Path
    anchor: Path
    validate: bool
    workers: int = 1


Recipe = Callable[[Settings], list[str]]


def ours(settings: Settings) -> list[str]:
    text = f"""\
[listen]
plain = ["{HOST}:{settings.port}"]
[access]
allow = ["{ALLOWED}"]
[server]
workers = {settings.workers}
self_check = false
[control]
path = ""
[log]
level = "warning"
[recursion]
root_hints = "{settings.hints}"
never_ask = []
ipv6 = false
[cache]
size = {CACHE_BYTES}
[dnssec]
validate = {str(settings.validate).lower()}
"""
    if settings.validate:
        text += f'trust_anchors = ["{settings.anchor}"]\n'
    (settings.folder / "resolver.toml").write_text(text)
    return [sys.executable, "-m", "resolver", "serve", "--config", "resolver.toml"]


def unbound(settings: Settings) -> list[str]:
    modules = "validator iterator" if settings.validate else "iterator"
    text = f"""\
server:
  interface: {HOST}@{settings.port}
  access-control: {ALLOWED} allow
  num-threads: 1
  do-ip6: no
  do-daemonize: no
  do-not-query-localhost: no
  use-syslog: no
  username: ""
  chroot: ""
  pidfile: ""
  module-config: "{modules}"
  root-hints: "{settings.hints}"
  trust-anchor-file: "{settings.anchor}"
  msg-cache-size: {CACHE_MEGABYTES // 3}m
  rrset-cache-size: {CACHE_MEGABYTES * 2 // 3}m
remote-control:
  control-enable: no
"""
    (settings.folder / "unbound.conf").write_text(text)
    return ["unbound", "-d", "-c", "unbound.conf"]


def named(settings: Settings) -> list[str]:
    key = settings.anchor.read_text().partition("DNSKEY")[2].split()
    anchor = f'"." static-key {key[0]} {key[1]} {key[2]} "{key[3]}";'
    text = f"""\
options {{
  directory "{settings.folder}";
  listen-on port {settings.port} {{ {HOST}; }};
  listen-on-v6 {{ none; }};
  allow-query {{ {ALLOWED}; }};
  allow-recursion {{ {ALLOWED}; }};
  recursion yes;
  pid-file none;
  session-keyfile none;
  max-cache-size {CACHE_MEGABYTES}M;
  dnssec-validation {"yes" if settings.validate else "no"};
}};
controls {{ }};
trust-anchors {{ {anchor} }};
zone "." {{ type hint; file "{settings.hints}"; }};
logging {{ category default {{ null; }}; }};
"""
    (settings.folder / "named.conf").write_text(text)
    return ["named", "-4", "-f", "-n", "1", "-c", str(settings.folder / "named.conf")]


def pdns_recursor(settings: Settings) -> list[str]:
    (settings.folder / "anchor.lua").write_text(f"addTA('.', '{ds('.')}')\n")
    text = f"""\
local-address={HOST}:{settings.port}
allow-from={ALLOWED}
threads=1
daemon=no
write-pid=no
disable-syslog=yes
quiet=yes
loglevel=3
socket-dir={settings.folder}
config-dir={settings.folder}
hint-file={settings.hints}
dont-query=
security-poll-suffix=
max-cache-entries={CACHE_ENTRIES}
max-packetcache-entries={CACHE_ENTRIES}
dnssec={"validate" if settings.validate else "off"}
lua-config-file={settings.folder / "anchor.lua"}
"""
    (settings.folder / "recursor.conf").write_text(text)
    return ["pdns_recursor", f"--config-dir={settings.folder}"]


def kresd(settings: Settings) -> list[str]:
    anchors = "trust_anchors.remove('.')"
    if settings.validate:
        anchors += f"\ntrust_anchors.add_file('{settings.anchor}', true)"
    text = f"""\
net.listen('{HOST}', {settings.port}, {{ kind = 'dns' }})
net.ipv6 = false
option('ALLOW_LOCAL', true)
modules = {{ 'hints > iterate' }}
hints.root_file('{settings.hints}')
{anchors}
cache.size = {CACHE_BYTES}
"""
    (settings.folder / "kresd.conf").write_text(text)
    return ["kresd", "-n", "-c", "kresd.conf", str(settings.folder)]


def dnsmasq(settings: Settings) -> list[str]:
    """A forwarder; the lab's leaf server, which has all sites, stands in for a resolver."""
    return [
        *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file="),
        *("--no-resolv", "--no-hosts", "--user=", "--bind-interfaces"),
        *("--log-facility=-", f"--listen-address={HOST}", f"--port={settings.port}"),
        *(f"--server={LEAF_ADDRESSES[0]}", "--dns-forward-max=1000"),
        "--cache-size=20000",
    ]
