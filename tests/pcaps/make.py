#!/usr/bin/python3
"""Makes the offline and the hand-written pairs of this folder again: make.py GAUNTLET (live ones: live.py).

What a box does to a conversation is what `gauntlet box SPEC --read ... --write ...` makes of it; conversations and files are made
by packets.py and traffic.py, with none of the project's code. labels.json says for every pair what has to be found; it is
written from the manuals (`gauntlet list boxes NAME`), by hand, and never by this program. A label with `proxy` is of a box that
ends both connections: each end counts from the number the box gives it. `skew`: the server's clock is so many seconds ahead.
"""
import json
import os
import subprocess
import sys
import tempfile

import packets
import traffic

HERE = os.path.dirname(os.path.abspath(__file__))
MS = 1_000_000


def destination(packet):
    return packet[24:40] if packet[0] >> 4 == 6 else packet[16:20]


def source(packet):
    return packet[8:24] if packet[0] >> 4 == 6 else packet[12:16]


def read_pcapng(data):
    """Frames of what `gauntlet box --write` writes: little-endian, nanoseconds, one interface."""
    frames, at = [], 0
    while at < len(data):
        kind, size = int.from_bytes(data[at:at + 4], "little"), int.from_bytes(data[at + 4:at + 8], "little")
        if kind == 6:
            when = int.from_bytes(data[at + 12:at + 16], "little") << 32 | int.from_bytes(data[at + 16:at + 20], "little")
            length = int.from_bytes(data[at + 20:at + 24], "little")
            frames.append((when, data[at + 28:at + 28 + length]))
        at += size
    return frames


def one_hop_on(packet):
    """The packet as a router sends it on: TTL less one."""
    if packet[0] >> 4 == 6:
        return packet[:7] + bytes([packet[7] - 1]) + packet[8:]
    total = int.from_bytes(packet[10:12], "big") + 0x100  # RFC 1624: a wrong checksum stays wrong
    total = (total & 0xffff) + (total >> 16)
    return packet[:8] + bytes([packet[8] - 1, packet[9]]) + total.to_bytes(2, "big") + packet[12:]


def conversation(label, **more):
    talk = getattr(traffic, label["traffic"])(**label.get("how", {}), **more)
    return talk, [(packets.BEGIN + when * MS, up, packet) for when, up, packet in talk.sent]


def behind_box(gauntlet, label, talk, sent):
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, name) for name in ("in.pcapng", "out.pcapng")]
        with open(names[0], "wb") as f:
            f.write(packets.pcapng([(when, packet) for when, _, packet in sent]))
        ran = subprocess.run([gauntlet, "box", label["box"], "--read", names[0], "--write", names[1],
                              "--dir-by", "client=" + talk.client], capture_output=True, text=True)
        if ran.returncode != 0:
            sys.exit("make.py: %s: %s" % (label["name"], ran.stderr))
        with open(names[1], "rb") as f:
            return read_pcapng(f.read())


def numbers_of_proxy(gauntlet, label):
    """The initial sequence numbers that the box answers a SYN with and opens to the server with: those the ends get to see."""
    talk, sent = conversation(label)
    syns = [packet for _, packet in behind_box(gauntlet, label, talk, sent[:1]) if packet[33] & packets.SYN]
    number = lambda packet: int.from_bytes(packet[24:28], "big")
    return {destination(packet) == packets.address(talk.server): number(packet) for packet in reversed(syns)}


def both_sides(gauntlet, label):
    talk, sent = conversation(label)
    if label.get("proxy"):
        talk, sent = conversation(label, isn_seen=numbers_of_proxy(gauntlet, label))
    client = [(when, packet) for when, up, packet in sent if up]
    server = [(when, packet) for when, up, packet in sent if not up]
    if label.get("box"):
        left = behind_box(gauntlet, label, talk, sent)
        known = packets.address(talk.client), packets.address(talk.server)
        up = lambda p: destination(p) == known[1] or (source(p) == known[0] and destination(p) != known[0])
    else:
        left, up = [(when, packet) for when, _, packet in sent], lambda p: destination(p) == packets.address(talk.server)
    for when, packet in left:
        (server if up(packet) else client).append((when + 10_000, one_hop_on(packet)))
    # Both captures were running before and after.
    for when, word in ((packets.BEGIN - 1000 * MS, b"before"), (packets.BEGIN + (talk.tick + 60_000) * MS, b"after")):
        probe = packets.udp(talk.client, talk.server, word)
        client.append((when, probe))
        server.append((when + 10_000, one_hop_on(probe)))
    server = [(when + label.get("skew", 0) * 1000 * MS, packet) for when, packet in server]  # seconds: no common clock
    return [sorted(side, key=lambda frame: frame[0]) for side in (client, server)]


# Hand-written: one conversation, one edit, in every format there is.
FORMATS = {
    "pcap-us": lambda f: packets.pcap(f),
    "pcap-ns-big": lambda f: packets.pcap(f, nano=True, big=True),
    "pcapng-us": lambda f: packets.pcapng(f, resolution=6),
    "pcapng-ns-big": lambda f: packets.pcapng(f, big=True),
    "ethernet": lambda f: packets.pcap(f, nano=True, link=1, wrap=packets.ethernet),
    "vlan": lambda f: packets.pcapng(f, link=1, wrap=packets.vlan),
    "cooked1": lambda f: packets.pcap(f, link=113, wrap=packets.cooked1),
    "cooked2": lambda f: packets.pcapng(f, link=276, wrap=packets.cooked2),
    "snap": lambda f: packets.pcap(f, snap=400),
    # Inside the TCP options: tcpdump's defaults of old.
    "snap-68": lambda f: packets.pcap(f, snap=68),
    "snap-96": lambda f: packets.pcap(f, snap=96, link=1, wrap=packets.ethernet),
}


def edited(six):
    """A transfer; behind the box one byte of the second segment differs, and its checksum follows."""
    talk = traffic.transfer(six=six)
    sides = [[], []]
    for number, (when, up, packet) in enumerate(talk.sent):
        at = packets.BEGIN + when * MS
        behind = one_hop_on(packet)
        if number == 4:
            head = 40 if six else 20
            segment = bytearray(behind[head:])
            segment[-350] ^= 0x20  # inside what a snap length of 400 keeps
            segment[16:18] = b"\0\0"
            src, dst = (packets.CLIENT6, packets.SERVER6) if six else (packets.CLIENT, packets.SERVER)
            segment[16:18] = packets.upper_sum(src, dst, 6, bytes(segment)).to_bytes(2, "big")
            behind = behind[:head] + bytes(segment)
        sides[0 if up else 1].append((at, packet))
        sides[1 if up else 0].append((at + 50_000, behind))
    return [sorted(side, key=lambda frame: frame[0]) for side in sides]


def recut(before, behind):
    """A transfer of 1000 bytes and its end; each side is a list of (bytes, flags) of the segments it shows."""
    sides = [[], []]

    def pass_on(at, up, sent, arrived):
        sides[0 if up else 1].extend((at + k * 1000, packet) for k, packet in enumerate(sent))
        sides[1 if up else 0].extend((at + 50_000 + k * 1000, one_hop_on(packet)) for k, packet in enumerate(arrived))

    def segments(cuts):
        made, here = [], 0
        for size, flags in cuts:
            made.append(packets.tcp(packets.CLIENT, packets.SERVER, 40001, packets.PORT, 1001 + here, 90001, packets.ACK | flags,
                                    b"", packets.text(True, here, size)))
            here += size
        return made

    talk = packets.Talk(mptcp=False, stamps=False).handshake()
    for when, up, packet in talk.sent:
        pass_on(packets.BEGIN + when * MS, up, [packet], [packet])
    pass_on(packets.BEGIN + 10 * MS, True, segments(before), segments(behind))
    talk.at[True] = 1000 + (1 if before[-1][1] & packets.FIN else 0)
    talk.ack(False).wait(1000).ack(False)
    for when, up, packet in talk.sent[3:]:
        pass_on(packets.BEGIN + (20 + when) * MS, up, [packet], [packet])
    return [packets.pcapng(sorted(side, key=lambda frame: frame[0])) for side in sides]


PSH, FIN = packets.PSH, packets.FIN
RECUT = {
    "cut-plain": ([(1000, PSH | FIN)], [(600, 0), (400, PSH | FIN)]),
    "cut-psh": ([(400, 0), (600, PSH)], [(500, PSH), (500, 0)]),
    "cut-fin": ([(1000, PSH | FIN)], [(1000, PSH), (0, FIN)]),
    "join-fin": ([(1000, PSH), (0, FIN)], [(1000, PSH | FIN)]),
}


def hand():
    files = {}
    for name, cuts in RECUT.items():
        files[name + ".client"], files[name + ".server"] = recut(*cuts)
    for six in (False, True):
        client, server = edited(six)
        for name, write in FORMATS.items():
            # The client's file is of the format; the server's is plain, so that formats are compared across.
            files["%s-v%d.client" % (name, 6 if six else 4)] = write(client)
            files["%s-v%d.server" % (name, 6 if six else 4)] = packets.pcapng(server)
    client, server = edited(False)
    whole = packets.pcap(client)
    files["truncated.client"], files["truncated.server"] = whole[:-200], packets.pcapng(server)
    lies = bytearray(whole)
    at = 24
    for _ in range(9):
        at += 16 + int.from_bytes(lies[at + 8:at + 12], "little")
    lies[at + 8:at + 12] = b"\xff\xff\xff\x7f"  # the tenth frame says it is 2 GiB long
    files["hostile-length.client"], files["hostile-length.server"] = bytes(lies), packets.pcapng(server)
    ng = packets.pcapng(client)
    files["hostile-block.client"], files["hostile-block.server"] = ng[:-4] + b"\x10\0\0\0", packets.pcapng(server)
    # Nothing but headers that lie about what follows them.
    odd = [(packets.BEGIN + k * MS, packet) for k, packet in enumerate([
        b"\x45", b"\x4f" + b"\0" * 19, b"\x60" + b"\xff" * 39, b"\x45\0\xff\xff" + b"\0" * 30, client[0][1][:30],
        client[0][1][:32] + b"\xf0" + client[0][1][33:], client[0][1][:33] + b"\xff" + client[0][1][34:]])]
    files["hostile-headers.client"], files["hostile-headers.server"] = packets.pcap(odd), packets.pcap(odd)
    return files


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make.py GAUNTLET")
    with open(os.path.join(HERE, "labels.json")) as f:
        labels = json.load(f)
    for folder in ("offline", "hand"):
        os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    for label in labels:
        if label["made"] != "offline":
            continue
        for side, frames in zip(("client", "server"), both_sides(sys.argv[1], label)):
            with open(os.path.join(HERE, "offline", "%s.%s" % (label["name"], side)), "wb") as f:
                f.write(packets.pcapng(frames))
    for name, data in hand().items():
        with open(os.path.join(HERE, "hand", name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
