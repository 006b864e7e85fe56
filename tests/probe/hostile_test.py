"""Hostile ICMP on real packets: random, truncated and forged quotes, as a flood, from a router on the path, while traces run.

No crash (run it with the sanitized build), no finding, and no more memory than a trace without it. IPv4 and IPv6. The flood
knows addresses, ports of the server and the shape of our probes; it does not see them, as nobody beside the path does. See --help.
"""
import os
import socket
import struct
import subprocess
import threading

import chain
import tool

MEMORY = 8 << 10  # KiB more than a trace in peace, at most


def checksum(data):
    total = sum(struct.unpack(f"!{len(data + b'0') // 2}H", data if len(data) % 2 == 0 else data + b"\0"))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Flood:
    """ICMP errors to the client with quotes made up from the seed, as fast as they go, while the block lasts."""

    def __init__(self, path, family, rng):
        self.family, self.rng, self.stop, self.sent = family, rng, threading.Event(), 0
        self.to = "10.77.0.1" if family == 4 else "fd77:0:0:0::1"
        self.ends = [socket.inet_pton(socket.AF_INET if family == 4 else socket.AF_INET6, x) for x in (self.to, path.target(family))]
        path.enter("r2")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) if family == 4 else \
            socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)  # the kernel fills in this one's checksum
        path.enter(None)

    def header(self, protocol, upper):
        r = self.rng
        if self.family == 4:
            ihl = r.choice([5, 5, 5, 5, 6, 15, r.randrange(16)])
            return struct.pack("!BBHHHBBH", 0x40 | ihl, r.randrange(256), r.choice([20 + len(upper), 0, 0xffff, r.randrange(65536)]), r.randrange(65536),
                               r.choice([0x4000, 0, 0x2000, r.randrange(65536)]), r.randrange(256), protocol, r.randrange(65536)) + self.ends[0] + self.ends[1]
        return struct.pack("!IHBB", 0x60000000 | r.randrange(1 << 20), r.choice([len(upper), 0, 0xffff, r.randrange(65536)]), r.choice([protocol, 0, 43, 44, 60]), r.randrange(256)) \
            + self.ends[0] + self.ends[1]

    def quote(self):
        r = self.rng
        options = r.choice([b"\x02\x04\x03\xe8", b"\x1e\x04\x00\x01", b"\x1e\x00", b"\x01\x00\x1e\xff", b"", r.randbytes(r.randrange(40))])
        words = min(15, 5 + (len(options) + 3) // 4)
        upper = struct.pack("!HHIIBBHHH", r.randrange(32768, 61000), 80, r.randrange(1 << 32), r.randrange(1 << 32), r.choice([words, r.randrange(16)]) << 4,
                            r.choice([2, 0x12, 0x10, 0x18, r.randrange(256)]), r.randrange(0x8000, 0x10000), r.randrange(65536), 0) + options + r.randbytes(r.choice([0, 4, 64, 900]))
        whole = self.header(r.choice([6, 6, 6, 17, 1]), upper) + upper
        return r.choice([whole, whole[:r.randrange(len(whole) + 1)], whole + bytes(128), r.randbytes(r.choice([0, 1, 4, 20, 28, 40, 60, 200, 1200]))])

    def message(self):
        r = self.rng
        kinds = [3, 11, 12, 5, 4] if self.family == 4 else [1, 2, 3, 4]
        rest = struct.pack("!BBH", *(r.choice([(0, 0, 0), (0, r.randrange(256), 0), (r.randrange(256), r.randrange(256), r.randrange(65536))])))  # RFC 4884: a length
        body = bytes([r.choice([*kinds, r.randrange(256)]), r.choice([0, 0, 1, 3, r.randrange(16)])]), rest + self.quote() + r.choice([b"", b"\x20\0\0\0" + r.randbytes(16)])
        return body[0] + struct.pack("!H", checksum(body[0] + b"\0\0" + body[1])) + body[1]

    def _run(self):
        messages = [self.message() for _ in range(4000)]
        while not self.stop.is_set():
            for m in messages:
                try:
                    self.socket.sendto(m, (self.to, 0))
                    self.sent += 1
                except OSError:  # a message the kernel does not send, or its queue is full
                    pass
                if self.stop.is_set():
                    break

    def __enter__(self):
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.socket.close()


def traced(t, path, family, *options):
    """Exit code, what was printed and KiB held at most."""
    with open(os.path.join(t.folder, "out"), "w+") as out:
        p = subprocess.Popen(t.command(path, "trace", f"-{family}", path.target(family), *options), stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return p.returncode, out.read(), usage.ru_maxrss


def test(t, a, rng):
    path = chain.Chain(4, listen=80)
    for family in (4, 6):
        _, _, peace = traced(t, path, family, *t.expect())
        with Flood(path, family, rng) as flood:
            runs = []
            while len(runs) < a.runs or flood.sent < a.flood:  # a fast trace is over before it has met many
                runs.append(traced(t, path, family, *t.expect()))
            followed = [traced(t, path, family, *t.expect(), "--", "/usr/bin/python3", "-c", CLIENT, path.target(family)) for _ in range(a.runs // 3)]
        for name, results in (("battery", runs), ("following", followed)):
            bad = [out for code, out, _ in results if code != 0]
            t.said(f"IPv{family} {name}: {len(results)} traces in a flood of {flood.sent} ICMP errors: no crash, no finding", not bad and flood.sent >= a.flood, bad[0] if bad else flood.sent)
        held = max(kib for _, _, kib in runs)
        t.said(f"IPv{family}: memory stays where it is", held <= peace + MEMORY, f"{held} KiB, in peace {peace}")
    path.close()


CLIENT = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_STREAM, 262)
s.settimeout(60)
s.connect((sys.argv[1], 80))
s.sendall(b'some lines for the server to throw away\\n' * 4)
s.shutdown(socket.SHUT_WR)
while s.recv(65536):
    pass
"""

if __name__ == "__main__":
    tool.main(__doc__, test, arguments=[("--runs", {"type": int, "default": 3, "help": "per family, at least"}), ("--flood", {"type": int, "default": 40000, "help": "errors per family, at least"})])
