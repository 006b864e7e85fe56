"""What the prober's tests share: the binary under test, its expectations, its agent, boxes on routers, and how a test is told."""
import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time

import chain

ERRORS = {4: [["-p", "icmp", "--icmp-type", t] for t in ("time-exceeded", "destination-unreachable")],
          6: [["-p", "icmpv6", "--icmpv6-type", t] for t in ("time-exceeded", "destination-unreachable")]}
# A sanitized build keeps what was freed for a while: that is not the program's.
os.environ["ASAN_OPTIONS"] = ":".join([*filter(None, [os.environ.get("ASAN_OPTIONS")]), "quarantine_size_mb=1"])
HOOKS = {"pre": ["-t", "mangle", "-A", "PREROUTING"], "post": ["-A", "FORWARD"], "local": ["-A", "OUTPUT"]}


class Tool:
    def __init__(self, gauntlet, folder):
        self.gauntlet, self.folder, self.failed = gauntlet, folder, 0
        self.secret = os.path.join(folder, "secret")
        with open(self.secret, "w") as f:
            f.write("a secret for one test\n")

    def said(self, name, good, detail=""):
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name}", flush=True)
        if detail and not good:
            print("    " + str(detail).rstrip()[:4000].replace("\n", "\n    "), flush=True)

    def expect(self, *lines):
        """Exactly these findings; exit 11 otherwise."""
        file = os.path.join(self.folder, "expect")
        with open(file, "w") as f:
            f.write("# written by a test\n" + "".join(line + "\n" for line in lines))
        return ["--expect", file]

    def command(self, path, *arguments, node="client"):
        return [*path.inside(node), self.gauntlet, *arguments]

    def run(self, path, *arguments, node="client"):
        return subprocess.run(self.command(path, *arguments, node=node), capture_output=True, text=True)

    def trace(self, path, family, *options):
        return self.run(path, "trace", f"-{family}", path.target(family), *options)

    @contextlib.contextmanager
    def agent(self, path, *options):
        """An agent at the server while the block lasts; gives its process."""
        agent = subprocess.Popen(self.command(path, "serve", "--agent", "--secret", self.secret, *options, node="server"), stdout=subprocess.PIPE, text=True)
        agent.stdout.readline()  # it listens from here on
        try:
            yield agent
        finally:
            agent.terminate()
            agent.wait()
            agent.stdout.close()

    def trace_two_ended(self, path, family, *options):
        with self.agent(path):
            return self.trace(path, family, "--agent", "--secret", self.secret, *options)

    def box(self, path, router, spec, family, hook="post", sides=("left", "right"), queue=0, seed=5, ports=(80,)):
        return Box(self.gauntlet, path, router, spec, family, hook, sides, queue, seed, ports)


class Box:
    """A box on a router while the block lasts: before (pre) or behind (post) the TTL check, or on what the router says itself (local).

    It gets what comes in from these sides: UDP, ICMP errors and the packets of these TCP ports of the server (not the agent's); without ports
    everything.
    """

    def __init__(self, gauntlet, path, router, spec, family, hook, sides, queue, seed, ports):
        traffic = [["-p", "udp"]] + [["-p", "tcp", end, str(p)] for p in ports for end in ("--dport", "--sport")]
        protocols = ERRORS[family] + ([] if hook == "local" else traffic) if ports else [[]]
        where = [["-o", "left"]] if hook == "local" else [["-i", side] for side in sides]
        self.rules = [HOOKS[hook] + side + p + ["-j", "NFQUEUE", "--queue-num", str(queue)] for side in where for p in protocols]
        self.path, self.router, self.family = path, router, family
        self.command = [*path.inside(f"r{router}"), gauntlet, "box", spec, "--queue", str(queue), "--client-side", "left", "--seed", str(seed)]

    def __enter__(self):
        self.box = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = self.box.stderr.readline()  # it serves its queue from here on
        if not said.startswith("gauntlet box: queue"):
            raise RuntimeError(f"{' '.join(self.command)}: {said}{self.box.stderr.read()}")
        for r in self.rules:
            self.path.rule(self.router, r, self.family)
        return self

    def __exit__(self, *_):
        for r in self.rules:
            self.path.rule(self.router, ["-D" if word == "-A" else word for word in r], self.family)
        self.box.terminate()
        self.box.wait()
        self.box.stderr.close()


def at_work(process):
    """Waits until a trace has opened its sockets and dropped its privileges; its /proc status then, or nothing when it ended."""
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        if status.get("NoNewPrivs") == "1":
            return status
        time.sleep(0.01)
    return {}


def main(doc, test, needs=(), arguments=()):
    """Runs `test(tool, arguments, rng)` in namespaces of its own; exit 1 when something was said to be wrong."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--gauntlet", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="", help="what has this in its name")
    for name, how in arguments:
        p.add_argument(name, **how)
    a = p.parse_args()
    chain.isolated(*needs)
    print(f"seed {a.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(a.gauntlet, folder)
        test(tool, a, random.Random(a.seed))
    sys.exit(1 if tool.failed else 0)
