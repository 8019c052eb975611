#!/usr/bin/env python3
"""Checks an exported record of Hikeshi: the chain of hashes, the commitments, the entities as they stand, the signed checkpoints.

It shares no code with Hikeshi and needs nothing but Python 3 (3.8 or later). docs/record.md describes the format.

    hikeshi record export --data DIR --out chain.ndjson
    python3 hikeshi_verify.py chain.ndjson [--checkpoint kept-outside.json]... [--key HEX]

Exit 0 when everything holds, 1 when something does not, 2 when the export cannot be read.
"""

import argparse
import hashlib
import json
import struct
import sys
import uuid

GENESIS = bytes(32)
LONGEST_LINE = 128 * 1024 * 1024


class Bad(Exception):
    """Something that does not hold, and where."""

    def __init__(self, seq, why):
        super().__init__(why)
        self.seq = seq
        self.why = why


# --- Ed25519, as RFC 8032 section 5.1 has it -------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def point_add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def recover_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def point_decompress(data):
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = recover_x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def signature_holds(key, message, signature):
    if len(signature) != 64:
        return False
    a, r = point_decompress(key), point_decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return point_equal(point_multiply(s, BASE), point_add(r, point_multiply(k, a)))


# --- the chain -------------------------------------------------------------------------------------------------------


def framed(domain, parts):
    """SHA-256 over a domain word and the parts, each after its length in eight bytes, big-endian."""
    digest = hashlib.sha256()
    for part in [domain] + parts:
        digest.update(struct.pack(">Q", len(part)))
        digest.update(part)
    return digest.digest()


def link_hash(previous, version):
    org = uuid.UUID(version["org"]).bytes if version["org"] else b""
    return framed(b"hikeshi.record.link.1", [
        previous,
        struct.pack(">Q", version["seq"]),
        struct.pack(">q", version["at_us"]),
        org,
        version["kind"].encode(),
        uuid.UUID(version["id"]).bytes,
        struct.pack(">Q", version["version"]),
        version["actor"].encode(),
        version["action"].encode(),
        version["request"].encode(),
        version["form"].encode(),
        bytes.fromhex(version["commitment"]),
    ])


def body_commitment(version):
    return framed(b"hikeshi.record.body.1", [bytes.fromhex(version[part]) for part in ("salt", "reason", "body")])


def microseconds(timestamp):
    """Microseconds since 1970 of an RFC 3339 instant in UTC."""
    import calendar
    import time
    whole, _, fraction = timestamp.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds * 1_000_000 + int((fraction + "000000")[:6])


def checkpoint_holds(note):
    text = "hikeshi.record.checkpoint.1\n{}\n{}\n{}\n{}\n".format(
        note["installation"], note["seq"], note["hash"], microseconds(note["at"]))
    return signature_holds(bytes.fromhex(note["key"]), text.encode(), bytes.fromhex(note["signature"]))


class Walk:
    """Goes through the versions in order and keeps the hash at each place that a checkpoint may name."""

    def __init__(self):
        self.hash = GENESIS
        self.seq = 0
        self.at = None
        self.entities = {}
        self.hashes = [GENESIS]

    def step(self, version):
        expected = self.seq + 1
        if version["seq"] != expected:
            raise Bad(expected, "version %d is missing; the next one is %d" % (expected, version["seq"]))
        if self.at is not None and version["at_us"] < self.at:
            raise Bad(expected, "its time is before that of the version before it")
        if "body" in version and body_commitment(version).hex() != version["commitment"]:
            raise Bad(expected, "its reason or body is not the one that was committed to")
        found = link_hash(self.hash, version)
        if found.hex() != version["hash"]:
            raise Bad(expected, "its hash does not follow from the version before it and its own content")
        name = (version["kind"], version["id"])
        before = self.entities.get(name, (version["org"], 0, 0, None))
        if version["version"] != before[1] + 1:
            raise Bad(expected, "it is version %d of its entity, after version %d" % (version["version"], before[1]))
        if version["org"] != before[0]:
            raise Bad(expected, "its entity belongs to another organisation")
        if before[3] is not None:
            raise Bad(expected, "its entity was erased before")
        erased = version["at_us"] if version["form"] == "tombstone" else None
        self.entities[name] = (version["org"], version["version"], expected, erased)
        self.seq, self.at, self.hash = expected, version["at_us"], found
        self.hashes.append(found)


def check_entities(entities, walk):
    """What the record answers from must be what the chain tells."""
    seen = set()
    for entity in entities:
        name = (entity["kind"], entity["id"])
        if name in seen or name not in walk.entities:
            raise Bad(entity["seq"], "%s %s is not in the chain, or stands twice" % name)
        seen.add(name)
        if (entity["org"], entity["version"], entity["seq"], entity["erased_at_us"]) != walk.entities[name]:
            raise Bad(walk.entities[name][2], "%s %s does not stand as the chain left it" % name)
    for name, (_, _, seq, _) in walk.entities.items():
        if name not in seen:
            raise Bad(seq, "%s %s is missing among the entities" % name)


def check_note(note, installation, key, walk):
    seq = note["seq"]
    if note["installation"] != installation:
        raise Bad(seq, "the checkpoint is of another installation, " + note["installation"])
    if note["key"] != key:
        raise Bad(seq, "the checkpoint is signed by another key: " + note["key"])
    if not checkpoint_holds(note):
        raise Bad(seq, "the signature of the checkpoint is false")
    if seq > walk.seq:
        raise Bad(walk.seq + 1, "a checkpoint covers %d versions, but the export ends before" % seq)
    if walk.hashes[seq].hex() != note["hash"]:
        raise Bad(seq, "the checkpoint of %s saw another history" % note["at"])


def lines(path):
    with open(path, encoding="utf-8") as file:
        while True:
            line = file.readline(LONGEST_LINE)
            if not line:
                return
            yield json.loads(line)


def verify(path, outside, key):
    walk, entities, notes, end = Walk(), [], [], None
    source = lines(path)
    first = next(source, {})
    if first.get("export") != "hikeshi.record.export.1":
        raise ValueError("this is no export of a record")
    for line in source:
        if "version" in line:
            walk.step(line["version"])
        elif "entity" in line:
            entities.append(line["entity"])
        elif "checkpoint" in line:
            notes.append(line["checkpoint"])
        elif "end" in line:
            end = line["end"]
    if end != walk.seq or first["seq"] != walk.seq:
        raise Bad(walk.seq + 1, "the export ends before its end")
    check_entities(entities, walk)
    key = key or first["key"]
    for note in notes + outside:
        check_note(note, first["installation"], key, walk)
    signed = max([note["seq"] for note in notes + outside], default=0)
    return walk, len(notes) + len(outside), signed


def main():
    parser = argparse.ArgumentParser(description="Checks an exported record of Hikeshi.")
    parser.add_argument("export", help="file written by `hikeshi record export`")
    parser.add_argument("--checkpoint", action="append", default=[], metavar="FILE", help="checkpoint kept outside (JSON)")
    parser.add_argument("--key", metavar="HEX", help="public key known from elsewhere; without it, the export's own word is taken")
    arguments = parser.parse_args()
    try:
        outside = []
        for path in arguments.checkpoint:
            with open(path, encoding="utf-8") as file:
                outside.append(json.load(file))
        walk, notes, signed = verify(arguments.export, outside, arguments.key)
    except Bad as bad:
        print("bad: %d: %s" % (bad.seq, bad.why))
        return 1
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        print("cannot be read: %s: %s" % (type(error).__name__, error), file=sys.stderr)
        return 2
    print("ok: %d versions, %d checkpoints, signed up to %d, last hash %s" % (walk.seq, notes, signed, walk.hash.hex()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
