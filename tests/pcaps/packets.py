"""Packets, conversations and capture files by hand, with nothing of the project's own code: what the corpus is made of."""
import hashlib
import socket
import struct

CLIENT, SERVER, PORT = "192.0.2.1", "198.51.100.1", 5000
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8:1::1"
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))
BEGIN = 1_700_000_000_000_000_000  # nanoseconds


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(src, dst, proto, payload, ttl=64, ident=0, tos=0):
    if ":" in src:
        return struct.pack("!IHBB", 6 << 28 | tos << 20, len(payload), proto, ttl) + address(src) + address(dst) + payload
    head = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(payload), ident, 0x4000, ttl, proto, 0) + address(src) + address(dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def upper_sum(src, dst, proto, segment):
    return checksum(address(src) + address(dst) + struct.pack("!IHBB", len(segment), 0, 0, proto) + segment)


def tcp(src, dst, sport, dport, seq, ack, flags, options=b"", payload=b"", window=500, **outer):
    options += b"\1" * (-len(options) % 4)
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff if flags & ACK else 0,
                       (20 + len(options)) // 4 << 4, flags, window, 0, 0) + options
    total = upper_sum(src, dst, 6, head + payload)
    return ip(src, dst, 6, head[:16] + struct.pack("!H", total) + head[18:] + payload, **outer)


def udp(src, dst, text):
    head = struct.pack("!HHHH", 9, 9, 8 + len(text), 0)
    return ip(src, dst, 17, head[:6] + struct.pack("!H", upper_sum(src, dst, 17, head + text)) + text)


def time_exceeded(router, to, quoted):
    body = struct.pack("!BBHI", 11, 0, 0, 0) + quoted
    return ip(router, to, 1, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


# Options. MPTCP: RFC 8684 3.1, 3.3.
MSS, SACK_OK, WSCALE = b"\2\4\5\xb4", b"\1\1\4\2", b"\1\3\3\7"
CLIENT_KEY, SERVER_KEY = 0x1111111122222222, 0x3333333344444444
MPC_SYN = b"\x1e\x04\x01\x01"
MPC_SYNACK = b"\x1e\x0c\x01\x01" + struct.pack("!Q", SERVER_KEY)
MPC_ACK = b"\x1e\x14\x01\x01" + struct.pack("!QQ", CLIENT_KEY, SERVER_KEY)


def mss(size):
    return b"\2\4" + struct.pack("!H", size)


def timestamps(value, echo):
    return b"\1\1\x08\x0a" + struct.pack("!II", value, echo)


def dss(dack, dsn=None, ssn=0, length=0):
    if dsn is None:
        return struct.pack("!BBBBI", 0x1e, 8, 0x20, 1, dack)
    return struct.pack("!BBBBIIIH", 0x1e, 18, 0x20, 5, dack, dsn, ssn, length) + b"\1\1"


def dss_checked(dack, dsn, ssn, payload):
    """The same with a DSN of 8 bytes and the checksum of RFC 8684 3.3.1."""
    total = checksum(struct.pack("!QIHH", dsn, ssn, len(payload), 0) + payload)
    return struct.pack("!BBBBIQIHH", 0x1e, 24, 0x20, 0x0d, dack, dsn, ssn, len(payload), total)


def mpc_data(payload):
    """MP_CAPABLE with data, which begin the stream, and their checksum (RFC 8684 3.1)."""
    idsn = int.from_bytes(hashlib.sha256(struct.pack("!Q", CLIENT_KEY)).digest()[-8:], "big")
    total = checksum(struct.pack("!QIHH", (idsn + 1) % 2**64, 1, len(payload), 0) + payload)
    return struct.pack("!BBBBQQHH", 0x1e, 24, 0x01, 0x81, CLIENT_KEY, SERVER_KEY, len(payload), total)


class Talk:
    """One conversation as its two ends send it: a list of (milliseconds, to the server, packet)."""

    def __init__(self, mptcp=True, stamps=True, six=False, ack_plus=0, client_seen=None, sport_seen=None, server_seen=None,
                 port_seen=None, port=PORT, tos=0, urgent=False, sums=False, isn_seen=None):
        self.mptcp, self.stamps, self.ack_plus, self.tos = mptcp, stamps, ack_plus, tos
        self.sums = sums  # mappings have checksums
        self.client, self.server = (CLIENT6, SERVER6) if six else (CLIENT, SERVER)
        self.client_seen, self.server_seen = client_seen or self.client, server_seen or self.server
        self.sport, self.port = 40001, port
        self.sport_seen, self.port_seen = sport_seen or self.sport, port_seen or port
        self.at = {True: 0, False: 0}       # stream bytes sent, by "to the server"
        self.isn = {True: 1000, False: 90000}
        self.isn_seen = {**self.isn, **(isn_seen or {})}  # by whom it is sent to
        self.ident, self.tick, self.sent = 0, 0, []

    def say(self, up, flags, options=b"", payload=b"", offset=None, window=500, tos=None):
        self.ident += 1
        self.tick += 1
        if self.stamps:
            options = (options if flags & SYN else b"") + timestamps(self.tick, self.tick - 1 if flags & ACK else 0) + \
                (b"" if flags & SYN else options)
        here = self.at[up] if offset is None else offset
        seq = self.isn[up] + (0 if flags & SYN else 1 + here)
        ack = self.isn_seen[not up] + 1 + self.at[not up] + (0 if up else self.ack_plus)
        outer = {"ident": self.ident, "tos": self.tos if tos is None else tos}
        if up:
            packet = tcp(self.client, self.server, self.sport, self.port, seq, ack, flags, options, payload, window, **outer)
        else:
            packet = tcp(self.server_seen, self.client_seen, self.port_seen, self.sport_seen, seq, ack, flags, options, payload, window, **outer)
        self.sent.append((self.tick, up, packet))
        if not flags & SYN:
            self.at[up] = max(self.at[up], here + len(payload) + (1 if flags & FIN else 0))
        return self

    def handshake(self, syn=b"", synack=b"", flags=0):
        base = MSS + SACK_OK + WSCALE
        if self.stamps and self.mptcp:
            base = MSS + SACK_OK
        self.say(True, SYN | flags, base + (MPC_SYN if self.mptcp else b"") + syn)
        self.say(False, SYN | ACK | flags & ECE, base + (MPC_SYNACK if self.mptcp else b"") + synack)
        return self.say(True, ACK, MPC_ACK if self.mptcp else b"")

    def data(self, up, payload, offset=None, flags=PSH, **more):
        here = self.at[up] if offset is None else offset
        option = b""
        if self.mptcp:
            place = 1 + self.at[not up], 5001 + here, 1 + here
            option = dss_checked(*place, payload) if self.sums else dss(*place, len(payload))
        return self.say(up, ACK | flags, option, payload, offset, **more)

    def ack(self, up, extra=b"", **more):
        return self.say(up, ACK, (dss(5001 + self.at[not up]) if self.mptcp else b"") + extra, **more)

    def fin(self):
        return self.say(True, FIN | ACK).say(False, FIN | ACK).say(True, ACK)

    def raw(self, up, packet):
        self.tick += 1
        self.sent.append((self.tick, up, packet))
        return self

    def wait(self, milliseconds):
        self.tick += milliseconds
        return self


def text(up, offset, size):
    """Payload that says where it belongs."""
    line = b"".join(b"%s %07d " % (b"c2s" if up else b"s2c", k) for k in range(offset // 12 * 12, offset + size, 12))
    return line[offset % 12:offset % 12 + size]


# Capture files: each writer takes (nanoseconds, packet) and gives bytes.
def pcap(frames, nano=False, big=False, link=101, wrap=lambda p: p, snap=65535):
    order = ">" if big else "<"
    out = struct.pack(order + "IHHiIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, snap, link)
    for when, packet in frames:
        packet = wrap(packet)
        fraction = when % 10**9 // (1 if nano else 1000)
        out += struct.pack(order + "IIII", when // 10**9, fraction, len(packet[:snap]), len(packet)) + packet[:snap]
    return out


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def pcapng(frames, resolution=9, big=False, link=101, wrap=lambda p: p, snap=0):
    order = ">" if big else "<"
    out = block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(order, 1, struct.pack(order + "HHIHHB3xHH", link, 0, snap, 9, 1, resolution, 0, 0))
    for when, packet in frames:
        packet = wrap(packet)
        ticks = when // 10 ** (9 - resolution)
        kept = packet[:snap] if snap else packet
        out += block(order, 6, struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xffffffff, len(kept), len(packet)) + kept)
    return out


def ether_type(packet):
    return 0x86dd if packet[0] >> 4 == 6 else 0x0800


def ethernet(packet):
    return b"\2\0\0\0\0\1\2\0\0\0\0\2" + struct.pack("!H", ether_type(packet)) + packet


def vlan(packet):
    return b"\2\0\0\0\0\1\2\0\0\0\0\2" + struct.pack("!HHHHH", 0x88a8, 7, 0x8100, 42, ether_type(packet)) + packet


def cooked1(packet):
    return struct.pack("!HHH8sH", 0, 1, 6, b"\2\0\0\0\0\1", ether_type(packet)) + packet


def cooked2(packet):
    return struct.pack("!HHIHBB8s", ether_type(packet), 0, 2, 1, 0, 6, b"\2\0\0\0\0\1") + packet
