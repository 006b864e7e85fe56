"""The prober on real packets: chains of 1 to 20 routers in network namespaces, every box of tests/probe/boxes.json on random routers.

    whole   all routers answer and quote all: exactly these findings, each one hop wide and there
    poor    routers quote little, are silent or limit what they send: nothing wrong, however little is seen
    agent   whole, with an agent at the server: the way back, too
    clean   no box: nothing is found

A chain is built once and used for many runs. Everything is drawn from the seed, which is printed. See --help.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import chain

ERRORS = {4: [["-p", "icmp", "--icmp-type", t] for t in ("time-exceeded", "destination-unreachable")],
          6: [["-p", "icmpv6", "--icmpv6-type", t] for t in ("time-exceeded", "destination-unreachable")]}


class Place:
    """A box on a router while the block lasts: `gauntlet box` behind a queue, before or behind the TTL check, or on what the router says itself."""

    def __init__(self, gauntlet, path, router, spec, family, hook, queue=0, seed=1):  # TCP: the traced port, not the agent's
        where = {"pre": ["-t", "mangle", "-A", "PREROUTING"], "post": ["-A", "FORWARD"], "local": ["-A", "OUTPUT"]}[hook]
        traffic = [["-p", "udp"], ["-p", "tcp", "--dport", "80"], ["-p", "tcp", "--sport", "80"]]
        protocols = ERRORS[family] + ([] if hook == "local" else traffic)
        sides = [["-o", "left"]] if hook == "local" else [["-i", "left"], ["-i", "right"]]
        self.rules = [where + side + p + ["-j", "NFQUEUE", "--queue-num", str(queue)] for side in sides for p in protocols]
        self.path, self.router, self.family = path, router, family
        self.box = subprocess.Popen([*path.inside(f"r{router}"), gauntlet, "box", spec, "--queue", str(queue), "--client-side", "left", "--seed", str(seed)],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        self.box.stderr.readline()  # it serves its queue from here on
        for r in self.rules:
            self.path.rule(self.router, r, self.family)
        return self

    def __exit__(self, *_):
        for r in self.rules:
            self.path.rule(self.router, ["-D" if word == "-A" else word for word in r], self.family)
        self.box.terminate()
        self.box.wait()


class Suite:
    def __init__(self, a, folder):
        self.a, self.folder, self.failed, self.told = a, folder, 0, {}
        self.secret = os.path.join(folder, "secret")
        with open(self.secret, "w") as f:
            f.write("a secret for one test\n")

    def trace(self, path, family, *options):
        r = subprocess.run([*path.inside("client"), self.a.gauntlet, "trace", f"-{family}", "--json", *options, path.target(family)],
                           capture_output=True, text=True)
        try:
            return r, json.loads(r.stdout)["findings"]
        except ValueError:
            return r, None

    def with_agent(self, path, family, *options):
        agent = subprocess.Popen([*path.inside("server"), self.a.gauntlet, "serve", "--agent", "--once", "--secret", self.secret], stdout=subprocess.PIPE, text=True)
        agent.stdout.readline()
        try:
            return self.trace(path, family, "--agent", "--secret", self.secret, *options)
        finally:
            agent.terminate()
            agent.wait()

    def said(self, name, faults, detail=""):
        self.failed += bool(faults)
        print(f"{'FAIL' if faults else 'ok  '} {name}{detail}", flush=True)
        for fault in faults:
            print("    " + fault, flush=True)

    @staticmethod
    def truth(row, path, router, hook, direction):
        at = path.n + 1 - router if direction == "return" else router
        lo, hi = (at, at + 1) if hook == "post" else (at - 1, at)
        return (lo, hi), (at - 1, at + 1) if row.get("loose") else (lo, hi)

    def faults_of(self, row, wanted, findings, path, router, hook, whole):
        faults, ids = [], [f["id"] for f in findings]
        names = [w.lstrip("~") for w in wanted]
        placed = [w for w in wanted if w[0] != "~"]
        if whole:
            faults += [f"missing: {n}" for n in names if n not in ids]
        for f in findings:
            (lo, hi), widest = self.truth(row, path, router, hook, f["direction"])
            told = (f["interval"]["lo"], 255 if f["interval"]["hi"] == "destination" else f["interval"]["hi"])
            if not (told[0] <= lo and hi <= told[1]):
                faults.append(f"not there: {f['sentence']}")
            if whole and f["id"] in placed and (told[0] < widest[0] or told[1] > widest[1]):
                faults.append(f"too wide: {f['sentence']}")
            general = not whole and f["id"].startswith(("tcp.tail.", "tcp.options.", "ip.length."))
            either = not whole and f["id"].replace(".either:", ".forward:") in names
            if f["id"] not in names + row.get("maybe", []) and not general and not either:
                faults.append(f"not so: {f['id']}: {f['sentence']}")
        return faults

    def boxed(self, path, row, rng, kind):
        family = rng.choice(row.get("families", [4, 6]))
        hook = row.get("hooks", "post" if row.get("injects") else rng.choice(["pre", "post"]))
        wanted = row.get("two", row["one"]) if kind == "agent" else row["one"]
        behind = max(row.get("hidden_hops", 0), 1 if hook == "post" and (kind != "agent" or not row.get("syn_only")) else 0)
        if wanted is None or path.n <= behind:
            return
        router = rng.randint(1, path.n - behind)
        options = ["--syn-only"] if row.get("syn_only") else [w for p in row.get("probes", []) for w in ("--probe", p)]
        with Place(self.a.gauntlet, path, router, row["spec"], family, hook, seed=rng.randrange(1 << 30)):
            r, findings = (self.with_agent if kind == "agent" else self.trace)(path, family, *options)
        faults = [f"exit {r.returncode}: {r.stderr}"] if findings is None else self.faults_of(row, wanted, findings, path, router, hook, kind != "poor")
        score = self.told.setdefault(kind, [0, 0])
        score[0] += 1
        score[1] += bool(findings) or not wanted
        self.said(f"{kind} {row['spec']} IPv{family}: {path.n} routers, r{router} {hook}", faults)

    def clean(self, path, runs, rng, what="clean"):
        bad = []
        for _ in range(runs):
            family, syn_only = rng.choice([4, 6]), rng.random() < 0.5
            r, findings = self.trace(path, family, *(["--syn-only"] if syn_only else []))
            if findings != []:
                bad += [f["sentence"] for f in findings] if findings else [r.stdout + r.stderr]
        self.told.setdefault(what, [0, 0])[0] += runs
        self.said(f"{what}: {runs} runs past {path.n} routers", bad)

    def spoil(self, path, rng, stack):
        """Some routers silent, some limited, some quoting little; in both families."""
        for router in range(1, path.n + 1):
            dice = rng.random()
            if dice < 0.15:
                path.silence(router)
            elif dice < 0.25:
                path.sysctl(f"r{router}", {"ipv4/icmp_ratelimit": 1000, "ipv6/icmp/ratelimit": 1000})
            elif dice < 0.6 and len(stack) < 2 * self.a.quoters:
                spec = f"quoter:upper={rng.randrange(90)}" + (",mpls=1000" if rng.random() < 0.3 else "")
                for family, queue in ((4, 4), (6, 6)):
                    stack.append(Place(self.a.gauntlet, path, router, spec, family, "local", queue))
                    stack[-1].__enter__()

    def run(self, rows):
        rng = random.Random(self.a.seed)
        for number in range(self.a.chains):
            path, stack = chain.Chain(rng.randint(1, self.a.routers)), []
            path.listen(80)
            for family in (4, 6):
                path.warm(family)
            self.clean(path, self.a.clean // self.a.chains, rng)
            for kind in ("whole", "agent"):
                for row in rows[number::self.a.chains] if self.a.spread else rows:
                    self.boxed(path, row, rng, kind)
            try:
                self.spoil(path, rng, stack)
                self.clean(path, self.a.clean // self.a.chains // 4, rng, "clean, poor")
                for row in rows[number::self.a.chains] if self.a.spread else rows:
                    self.boxed(path, row, rng, "poor")
            finally:
                for place in stack:
                    place.__exit__()
            path.close()
        for kind, (runs, seen) in self.told.items():
            print(f"{kind}: {runs} runs" + (f", {seen} as they should be seen" if kind in ("whole", "agent") else f", {seen} noticed" if kind == "poor" else ""))
        return 1 if self.failed else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--gauntlet", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--chains", type=int, default=3)
    p.add_argument("--routers", type=int, default=20, help="most in a chain")
    p.add_argument("--clean", type=int, default=40, help="clean runs, over all chains")
    p.add_argument("--quoters", type=int, default=4, help="most routers of a chain that quote little")
    p.add_argument("--spread", action="store_true", help="each box on one chain, not on all")
    p.add_argument("--only", default="", help="boxes whose spec begins so")
    a = p.parse_args()
    chain.isolated()
    print(f"seed {a.seed}")
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "boxes.json")) as f:
        rows = [r for r in json.load(f) if r["spec"].startswith(a.only) and r.get("lab", True)]
    with tempfile.TemporaryDirectory() as folder:
        return Suite(a, folder).run(rows)


if __name__ == "__main__":
    sys.exit(main())
