"""What a signature costs us beyond what it costs everybody.

    python -m benchmarks.checks

For each algorithm, a set of two addresses with one good signature: `cryptography`
alone on data that lie ready, then our whole check, with its key decoded before.  The
difference is ours: reading the RRSIG, choosing the key, canonical form, time, budget.
"""

import time
import timeit
from collections.abc import Callable
from typing import Final

import dns.dnssec
import dns.name
import dns.rdataset
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from resolver.dnssec.algorithms import decode
from resolver.dnssec.canonical import read_signature, signed_data
from resolver.dnssec.crypto import KeyStore
from resolver.dnssec.keys import ZoneKeys, algorithm_name, read_keys
from resolver.dnssec.signatures import Signatures, Valid
from resolver.ports import MAX_SIGNATURE_CHECKS, Errand
from resolver.wire.message import RRset

NOW: Final = 1_800_000_000
# The best of so many rounds: whatever else the machine does only adds.
ROUNDS: Final = 20
CHECKS: Final = 100

PRIVATE_KEYS: Final[dict[int, Callable[[], dns.dnssec.PrivateKey]]] = {
    8: lambda: rsa.generate_private_key(65537, 2048),
    13: lambda: ec.generate_private_key(ec.SECP256R1()),
    14: lambda: ec.generate_private_key(ec.SECP384R1()),
    15: ed25519.Ed25519PrivateKey.generate,
    16: ed448.Ed448PrivateKey.generate,
}


def measure(algorithm: int) -> tuple[float, float]:
    """Microseconds of the algorithm alone, and of our whole check."""
    private = PRIVATE_KEYS[algorithm]()
    key = dns.dnssec.make_dnskey(private.public_key(), algorithm)
    records = dns.rdataset.from_text("IN", "A", 300, "192.0.2.1", "192.0.2.2")
    owner, zone = dns.name.from_text("www.example."), dns.name.from_text("example.")
    made = dns.dnssec.sign(
        (owner, records),
        private,
        zone,
        key,
        inception=NOW - 9999,
        expiration=NOW + 9999,
    )
    rrset = RRset(
        owner.to_digestable(),
        1,
        300,
        tuple(rdata.to_digestable() for rdata in records),
        (made.to_digestable(),),
    )
    signature = read_signature(rrset.signatures[0])
    keys = ZoneKeys(zone.to_digestable(), read_keys([key.to_digestable()]))
    alone = decode(algorithm, keys.keys[0].public)
    assert signature is not None
    assert alone is not None
    data = signed_data(rrset, signature)
    checks, errand = Signatures(KeyStore(), 3600), Errand(lambda: 0.0, 1.0)

    def ours() -> None:
        errand.signature_checks_left = MAX_SIGNATURE_CHECKS
        assert isinstance(checks.verify(rrset, keys, NOW, errand), Valid)

    return best(lambda: alone(signature.signature, data)), best(ours)


def best(function: Callable[[], object]) -> float:
    """Microseconds of CPU time of a call."""
    function()
    timer = timeit.Timer(function, timer=time.process_time)
    return min(timer.repeat(repeat=ROUNDS, number=CHECKS)) / CHECKS * 1e6


if __name__ == "__main__":
    print("| algorithm | alone, us | our check, us | ours, us |\n|---|---|---|---|")
    for number in PRIVATE_KEYS:
        alone, whole = measure(number)
        name = algorithm_name(number)
        print(f"| {name} | {alone:.1f} | {whole:.1f} | {whole - alone:.1f} |")
