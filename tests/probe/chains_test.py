"""The prober on real packets: chains of 1 to 20 routers in network namespaces, every box of tests/probe/boxes.json on random routers.

    whole   all routers answer and quote all: exactly these findings, each one hop wide and there
    poor    routers quote little, are silent or limit what they send: nothing wrong, however little is seen, and all that quotes
            cover and answers show, no wider than the routers make it (owed.py; not with a box that cuts a filled-up quote and
            its length field: zeros that are left then cannot be told from data)
    agent   whole, with an agent at the server: the way back, too
    two     whole, with two boxes on two routers: the findings of both, each where its own box stands
    clean   no box: nothing is found

A chain is built once and used for many runs. Everything is drawn from the seed, which is printed. See --help.
"""
import contextlib
import json
import os

import chain
import owed
import tool


EDITS = (": stripped-cut", ": stripped-nop", ": stripped-eol", ": kind-replaced", ": added", ": duplicated", ": changed", ": clamped", ": bleached", ": marked-ce", ": reordered")

# What translators of boxes.json give the client outside, and its inside prefixes there: in these chains it has others.
OUTSIDE = ["10.0.150.0/24", "2001:db8:0:150::/64"]
INSIDE = {"10.0.100.0/24": "10.77.0.0/24", "2001:db8:0:100::/64": "fd77::/64"}


def here(spec):
    for there, mine in INSIDE.items():
        spec = spec.replace(there, mine)
    return spec


class Suite:
    def __init__(self, t, a):
        self.t, self.a, self.told, self.owing = t, a, {}, 0

    def report(self, path, family, *options, two_ended=False):
        r = (self.t.trace_two_ended if two_ended else self.t.trace)(path, family, "--json", *options)
        try:
            return r, json.loads(r.stdout)
        except ValueError:
            return r, {"findings": None}

    def trace(self, *arguments, **options):
        r, report = self.report(*arguments, **options)
        return r, report["findings"]

    def said(self, name, faults):
        self.t.said(name, not faults, "\n".join(faults))

    @staticmethod
    def truth(row, path, router, hook, direction):
        at = path.n + 1 - router if direction == "return" else router
        lo, hi = (at, at + 1) if hook == "post" else (at - 1, at)
        if "seen_as" in row and row.get("loose"):  # not on which side of which check: two hops wide, whichever
            return (lo, hi), (lo - 1, hi + 1)
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
            if whole and f["id"] in placed and (told[0] < widest[0] or told[1] > widest[1] or told[1] - told[0] > 2):
                faults.append(f"too wide: {f['sentence']}")
            general = not whole and f["id"].startswith(("tcp.tail.", "tcp.options.", "ip.length."))
            either = not whole and f["id"].replace(".either:", ".forward:") in names
            maybe = [] if whole else [m.lstrip("~") for m in row.get("maybe", [])]
            if f["id"] not in names + maybe and not general and not either:
                faults.append(f"not so: {f['id']}: {f['sentence']}")
        return faults

    def boxed(self, path, row, rng, kind):
        family = rng.choice(row.get("families", [4, 6]))
        hook = row.get("hooks", "post" if row.get("injects") else rng.choice(["pre", "post"]))
        wanted = row.get("two", row["one"]) if kind == "agent" else row["one"]
        behind = max(row.get("hidden_hops", 0), 1 if hook == "post" and (kind != "agent" or not row.get("syn_only")) else 0)
        before = row.get("routers_before", 0)
        if wanted is None or path.n <= behind + before or (kind == "poor" and not row.get("poor", True)):
            return
        router = rng.randint(1 + before, path.n - behind)
        options = ["--syn-only"] if row.get("syn_only") else [w for p in row.get("probes", []) for w in ("--probe", p)]
        with contextlib.ExitStack() as stack:
            ports = [80, *row.get("server_ports", [])]
            if "seen_as" in row:  # it translates whatever the client sends, the line to the agent, too
                stack.enter_context(path.translated_at(router, OUTSIDE))
                ports = []
            stack.enter_context(self.t.box(path, router, here(row["spec"]), family, hook, seed=rng.randrange(1 << 30), ports=ports))
            r, report = self.report(path, family, *options, two_ended=kind == "agent")
        findings = report["findings"]
        faults = [f"exit {r.returncode}: {r.stderr}"] if findings is None else self.faults_of(row, wanted, findings, path, router, hook, kind != "poor")
        if kind == "poor" and findings is not None:
            faults += self.unpaid(row, report, path, router, hook)
        score = self.told.setdefault(kind, [0, 0])
        score[0] += 1
        score[1] += bool(findings) or not wanted
        self.said(f"{kind} {row['spec']} IPv{family}: {path.n} routers, r{router} {hook}", faults)

    def unpaid(self, row, report, path, router, hook):
        """What these routers and the far end show and the trace does not tell, or tells wider than they make it."""
        (lo, hi), _ = self.truth(row, path, router, hook, "forward")
        must, anything = owed.owed(row, self.routers, lo, hi, report["probes"])
        self.owing += len(must)
        faults = ["an edit is shown and nothing told"] if anything and not report["findings"] else []
        for wanted, (front, behind) in must:
            name = wanted.lstrip("~")
            either = name.replace(".forward:", ".either:") if behind == 255 else name  # no router behind it: as well the way back
            mine = [f["interval"] for f in report["findings"] if f["id"] in (name, either)]
            ends = [(i["lo"], 255 if i["hi"] == "destination" else i["hi"]) for i in mine]
            if not ends:
                faults.append(f"shown and not told: {name}, in ({front}, {behind}]")
            elif wanted[0] != "~" and not any(front <= a and b <= behind for a, b in ends):
                faults.append(f"wider than routers make it, ({front}, {behind}]: {name} in {ends}")
        if faults:
            faults += [f"told: {f['id']} {f['interval']}" for f in report["findings"]]
            faults += [f"r{i}: {r}" for i, r in enumerate(self.routers, 1) if r != owed.Router()]
        return faults

    # What one of them does must leave the other its work: none drops, ends a connection or answers in the server's name, both see the same
    # probes, and they edit different fields.
    @staticmethod
    def pairs(rows):
        alone = [r for r in rows if r["one"] and r.get("syn_only") and all(w.endswith(EDITS) and w[0] != "~" and ".forward:" in w for w in r["one"])]
        field = lambda wanted: wanted.split(":")[0]
        return [(a, b) for a in alone for b in alone if not {field(w) for w in a["one"]} & {field(w) for w in b["one"]}
                and not any("hidden-by-eol" in w for w in a["one"] + b["one"])]

    def two_boxes(self, path, first, second, rng):
        """`first` is nearer the client; both are found, each in its own place, and nothing else."""
        family = rng.choice([4, 6])
        hooks = [rng.choice(["pre", "post"]) for _ in range(2)]
        routers = sorted(rng.sample(range(1, path.n), 2))
        if routers[1] == routers[0] + 1 and hooks == ["post", "pre"]:
            hooks[1] = "post"  # else both show at the same hop, as one box would
        with self.t.box(path, routers[0], first["spec"], family, hooks[0], seed=rng.randrange(1 << 30)), \
             self.t.box(path, routers[1], second["spec"], family, hooks[1], seed=rng.randrange(1 << 30)):
            r, findings = self.trace(path, family, "--syn-only")
        faults = [f"exit {r.returncode}: {r.stderr}"] if findings is None else []
        for row, router, hook in zip((first, second), routers, hooks):
            mine = [f for f in findings or [] if f["id"] in row["one"]]
            faults += self.faults_of(row, row["one"], mine, path, router, hook, True)
        faults += [f"not so: {f['id']}: {f['sentence']}" for f in findings or [] if f["id"] not in first["one"] + second["one"]]
        if any(f.startswith("missing") for f in faults):
            faults.append(r.stdout)  # what it met, and what routers did not say
        score = self.told.setdefault("two", [0, 0])
        score[0] += 1
        score[1] += not faults
        self.said(f"two {first['spec']} and {second['spec']} IPv{family}: {path.n} routers, r{routers[0]} {hooks[0]} and r{routers[1]} {hooks[1]}", faults)

    def several(self, rows, rng):
        pairs = self.pairs(rows)
        for first, second in rng.sample(pairs, min(self.a.pairs, len(pairs))):
            path = chain.Chain(rng.randint(4, max(4, self.a.routers)), listen=80)
            self.two_boxes(path, first, second, rng)
            path.close()

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
        quoters, self.routers = 0, [owed.Router() for _ in range(path.n)]
        for router in range(1, path.n + 1):
            dice = rng.random()
            if dice < 0.15:
                self.routers[router - 1].silent = True
                path.silence(router)
            elif dice < 0.25:
                self.routers[router - 1].limited = True
                path.sysctl(f"r{router}", {"ipv4/icmp_ratelimit": 1000, "ipv6/icmp/ratelimit": 1000})
            elif dice < 0.6 and quoters < self.a.quoters:
                upper, more = rng.randrange(90), rng.choice(["", "", "", ",mpls=1000", ",mpls=1000", ",length=always"])
                self.routers[router - 1] = owed.Router(upper, filled=more != "")
                spec = f"quoter:upper={upper}{more}"
                for family, queue in ((4, 4), (6, 6)):
                    stack.enter_context(self.t.box(path, router, spec, family, "local", queue=queue))
                quoters += 1

    def run(self, rows, rng):
        for number in range(self.a.chains):
            path = chain.Chain(rng.randint(1, self.a.routers), listen=80)
            mine = rows[number::self.a.chains] if self.a.spread else rows
            for port in {p for row in mine for p in row.get("server_ports", [])}:
                path.listen(port)
            share = lambda clean: clean * (number + 1) // self.a.chains - clean * number // self.a.chains
            kinds = self.a.kinds.split(",")
            self.clean(path, share(self.a.clean), rng)
            for kind in ("whole", "agent"):
                for row in mine if kind in kinds else []:
                    self.boxed(path, row, rng, kind)
            with contextlib.ExitStack() as stack:
                self.spoil(path, rng, stack)
                self.clean(path, share(self.a.clean // 4), rng, "clean, poor")
                for row in mine if "poor" in kinds else []:
                    self.boxed(path, row, rng, "poor")
            path.close()
        self.several(rows, rng)
        for kind, (runs, seen) in self.told.items():
            print(f"{kind}: {runs} runs" + (f", {seen} as they should be seen" if kind in ("whole", "agent", "two") else f", {seen} noticed, {self.owing} findings owed" if kind == "poor" else ""))


def test(t, a, rng):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "boxes.json")) as f:
        rows = [r for r in json.load(f) if r["spec"].startswith(a.only)]
    Suite(t, a).run(rows, rng)


if __name__ == "__main__":
    number = lambda default, text: {"type": int, "default": default, "help": text}
    tool.main(__doc__, test, arguments=[("--chains", number(3, "")), ("--routers", number(20, "most in a chain")), ("--clean", number(40, "clean runs, over all chains")),
                                        ("--quoters", number(4, "most routers of a chain that quote little")),
                                        ("--kinds", {"default": "whole,agent,poor", "help": "which of whole, agent, poor"}),
                                        ("--pairs", number(0, "chains with two boxes")),
                                        ("--spread", {"action": "store_true", "help": "each box on one chain, not on all"})])
