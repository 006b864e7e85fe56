"""How the prober behaves: exit codes, many at once, rate limits, hostile ICMP, captures, silent hops, black holes, time.

Judged by exit codes and `--expect`; times are printed and held against `traceroute -T -q1 -N64` on the same chain where that
is installed. See --help.
"""
import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import chain


class Conduct:
    def __init__(self, gauntlet, folder, slack):
        self.gauntlet, self.folder, self.slack, self.failed = gauntlet, folder, slack, 0

    def said(self, name, good, detail=""):
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name} {detail}", flush=True)

    def command(self, path, *arguments, node="client"):
        return [*path.inside(node), self.gauntlet, "trace", *arguments]

    def trace(self, path, *arguments):
        begin = time.monotonic()
        r = subprocess.run(self.command(path, *arguments), capture_output=True, text=True)
        return r, time.monotonic() - begin

    def exits(self, name, path, wanted, *arguments):
        r, took = self.trace(path, *arguments)
        self.said(f"{name}: exit {wanted}", r.returncode == wanted, f"{took * 1000:.0f} ms" if r.returncode == wanted else f"got {r.returncode}\n{r.stdout}{r.stderr}")
        return r, took

    def expect(self, *lines):
        file = os.path.join(self.folder, f"expect{len(lines)}.txt")
        with open(file, "w") as f:
            f.write("# written by conduct_test.py\n" + "\n".join(lines) + "\n")
        return ["--expect", file]

    def codes(self):
        path = chain.Chain(3)
        path.listen(80)
        path.warm(4)
        t = path.target()
        self.exits("clean", path, 0, t)
        self.exits("as expected: nothing", path, 0, *self.expect(), t)
        self.exits("not as expected", path, 11, *self.expect("tcp.mss.syn.forward: clamped"), t)
        self.exits("no such option", path, 64, "--nonsense", t)
        self.exits("no such probe word", path, 64, "--probe", "syn/nonsense", t)
        self.exits("no such name", path, 69, "no" * 200)
        self.exits("nobody there", path, 69, "10.77.3.99", "--tries", "1")
        self.exits("closed port", path, 0, t, "--port", "81", "--syn-only")
        path.rule(2, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--syn", "-j", "TCPMSS", "--set-mss", "1000"])
        self.exits("interference", path, 10, t, "--syn-only")
        self.exits("interference, as expected", path, 0, *self.expect("tcp.mss.syn.forward: clamped @ 2-3"), t, "--syn-only")
        nobody = ["setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        r = subprocess.run([*path.inside("client"), *nobody, self.gauntlet, "trace", t], capture_output=True, text=True)
        self.said("no privilege: exit 77", r.returncode == 77, r.stderr.strip())
        raw = ["setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw"]
        r = subprocess.run([*path.inside("client"), *raw, self.gauntlet, "trace", t], capture_output=True, text=True)
        self.said("CAP_NET_RAW is enough", r.returncode == 10, "" if r.returncode == 10 else r.stdout + r.stderr)
        path.close()

    def only_silence(self):
        path = chain.Chain(4)
        path.listen(80)
        path.warm(4)
        for r in range(1, 5):
            path.silence(r)
        self.exits("every router silent: inconclusive", path, 20, path.target(), "--syn-only")
        path.close()

    def machine_output(self):
        path = chain.Chain(3)
        path.listen(80)
        path.warm(6)
        file = os.path.join(self.folder, "trace.pcapng")
        r, _ = self.exits("JSON and capture", path, 0, "-6", "--json", "--pcap", file, path.target(6))
        packets = sum(len(p["quotes"]) for p in json.loads(r.stdout)["probes"])
        tool = subprocess.run(["tshark", "-r", file, "-Y", "icmpv6.type == 3"], capture_output=True, text=True)
        self.said("the capture holds the real frames", tool.returncode == 0 and len(tool.stdout.splitlines()) >= packets - 30 * 2, f"{len(tool.stdout.splitlines())} time exceeded")
        path.close()

    def together(self, instances):
        """Different MSS each, one target, at once: whoever reads another's answers reports a clamp."""
        path = chain.Chain(5)
        path.listen(80)
        path.warm(4)
        running = [subprocess.Popen(self.command(path, *self.expect(), "--probe", f"syn/mss={1000 + i}/sack-ok/ts/nop/ws=7", "--probe", "mpcapable", path.target()),
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for i in range(instances)]
        results = [(p.communicate()[0], p.returncode) for p in running]
        bad = [out for out, code in results if code != 0]
        self.said(f"{instances} at once, no cross-talk", not bad, bad[0] if bad else "")
        path.close()

    def rate_limited(self):
        """Routers with the default limit: six answers at once, then one a second."""
        path = chain.Chain(4, limit_icmp=True)
        path.listen(80)
        path.warm(4)
        r, took = self.trace(path, *self.expect(), path.target())
        self.said("full battery past routers that limit: nothing found", r.returncode == 0, f"{took:.1f} s" if r.returncode == 0 else r.stdout + r.stderr)
        self.said("at most (kinds - 6) + 2 s", took <= (16 - 6) + 2 + self.slack, f"{took:.1f} s")
        path.close()

    def hostile(self):
        """A router in the path sends random, truncated and forged ICMP all the while."""
        path = chain.Chain(4)
        path.listen(80)
        path.warm(4)
        path.enter("r2")
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        path.enter(None)
        rng, stop = random.Random(3), threading.Event()
        source, target = socket.inet_aton("10.77.0.1"), socket.inet_aton(path.target())

        def flood():
            sent = 0
            while not stop.is_set():
                inner = bytearray(rng.randbytes(rng.choice([0, 4, 20, 28, 40, 60, 200])))
                if len(inner) >= 20 and rng.random() < 0.8:  # a quote that looks like one of ours
                    inner[0:2], inner[9:10], inner[12:16], inner[16:20] = b"\x45\x00", b"\x06", source, target
                    inner[2:4] = (len(inner)).to_bytes(2, "big")
                if len(inner) >= 24:
                    inner[22:24] = b"\x00\x50"
                head = bytearray(bytes([rng.choice([3, 11, 12, 5, rng.randrange(256)]), rng.randrange(16), 0, 0]) + rng.randbytes(4))
                message = bytes(head + inner)
                total = sum(int.from_bytes((message + b"\x00")[i:i + 2], "big") for i in range(0, len(message), 2))
                while total >> 16:
                    total = (total & 0xffff) + (total >> 16)
                head[2:4] = (~total & 0xffff).to_bytes(2, "big")
                s.sendto(bytes(head + inner), ("10.77.0.1", 0))
                sent += 1
            s.close()
            return sent

        thread = threading.Thread(target=flood)
        thread.start()
        bad = ""
        for _ in range(5):
            r, _ = self.trace(path, *self.expect(), path.target())
            bad = bad or (r.stdout + r.stderr if r.returncode != 0 else "")
        stop.set()
        thread.join()
        self.said("a flood of forged ICMP: no crash, no finding", not bad, bad)
        path.close()

    def clean_runs(self, runs):
        bad = ""
        path = chain.Chain(6)
        path.listen(80)
        for family in (4, 6):
            path.warm(family)
            for _ in range(runs):
                r, _ = self.trace(path, *self.expect(), f"-{family}", path.target(family))
                bad = bad or (r.stdout + r.stderr if r.returncode != 0 else "")
        self.said(f"{2 * runs} clean runs of the whole battery: no finding", not bad, bad)
        path.close()

    def speed(self):
        path = chain.Chain(20)
        path.listen(80)
        path.warm(4)
        ours, whole, theirs = self.times(path)
        self.said("20 clean hops", ours < 0.010 + self.slack, f"{ours * 1000:.1f} ms")
        if theirs:  # process start and end included on both sides; a sanitized build starts slowly
            self.said("within 3 times of traceroute -T -q1 -N64", whole < 3 * theirs + self.slack, f"{whole * 1000:.1f} ms, traceroute {theirs * 1000:.1f} ms, ratio {whole / theirs:.2f}")
        for r in (5, 11, 17):
            path.silence(r)
        silent, _, _ = self.times(path)
        self.said("3 of 20 hops silent: at most 50 ms more", silent - ours < 0.050 + self.slack, f"{silent * 1000:.1f} ms")
        path.rule(3, ["-A", "FORWARD", "-i", "left", "-j", "DROP"])
        _, took = self.exits("black hole behind hop 3", path, 69, path.target(), "--syn-only")
        self.said("a black hole ends within 1 s", took < 1.0 + self.slack, f"{took:.2f} s")
        path.close()

    def times(self, path):
        ours, whole, theirs = [], [], []
        for _ in range(5):
            r, took = self.trace(path, "--json", "--probe", "mpcapable", path.target())
            whole.append(took)
            ours.append(json.loads(r.stdout)["took_us"] / 1e6)
            if not chain.missing_tools(["traceroute"]):
                begin = time.monotonic()
                subprocess.run([*path.inside("client"), "traceroute", "-T", "-q1", "-N64", "-n", path.target()], stdout=subprocess.DEVNULL, check=True)
                theirs.append(time.monotonic() - begin)
        return statistics.median(ours), statistics.median(whole), statistics.median(theirs) if theirs else None


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--gauntlet", required=True)
    p.add_argument("--runs", type=int, default=5, help="clean runs per family")
    p.add_argument("--instances", type=int, default=16)
    p.add_argument("--slack", type=float, default=0.5, help="seconds added to every limit: a sanitized build on a busy machine")
    p.add_argument("--only", default="", help="one of: codes only_silence machine_output together rate_limited hostile clean_runs speed")
    a = p.parse_args()
    chain.isolated("setpriv", "tshark")
    with tempfile.TemporaryDirectory() as folder:
        c = Conduct(a.gauntlet, folder, a.slack)
        steps = {"codes": c.codes, "only_silence": c.only_silence, "machine_output": c.machine_output, "together": lambda: c.together(a.instances),
                 "rate_limited": c.rate_limited, "hostile": c.hostile, "clean_runs": lambda: c.clean_runs(a.runs), "speed": c.speed}
        for name, step in steps.items():
            if a.only in ("", name):
                step()
    return 1 if c.failed else 0


if __name__ == "__main__":
    sys.exit(main())
