"""What `gauntlet trace` writes: JSON that its schema describes, a capture that holds the frames as they were, a table for people.

The schema is checked by python3-jsonschema, the capture against tshark on the same wire. See --help.
"""
import json
import os
import subprocess
import sys

import chain
import tool

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "probe", "trace.schema.json")
CLIENT = "import socket, sys; s = socket.create_connection((sys.argv[1], 80)); s.sendall(b'x' * 100); s.shutdown(1); s.recv(1)"


def described(t, name, text, schema):
    import jsonschema
    faults = [f"{list(e.absolute_path)}: {e.message[:200]}" for line in text.splitlines() for e in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(line))]
    t.said(f"{name}: JSON as its schema says", text.strip() and not faults, "\n".join(faults[:5]) or "nothing was printed")


def json_of_everything(t, path, schema):
    described(t, "clean, IPv4", t.trace(path, 4, "--json").stdout, schema)
    described(t, "clean, IPv6", t.trace(path, 6, "--json").stdout, schema)
    described(t, "nobody there", t.run(path, "trace", "--json", "--tries", "1", "10.77.3.99").stdout, schema)
    described(t, "closed port", t.trace(path, 4, "--json", "--port", "81", "--syn-only").stdout, schema)
    described(t, "two-ended", t.trace_two_ended(path, 4, "--json").stdout, schema)
    described(t, "followed", t.trace(path, 4, "--json", "--", sys.executable, "-c", CLIENT, path.target(4)).stdout, schema)
    targets = os.path.join(t.folder, "targets")
    with open(targets, "w") as f:
        f.write(f"{path.target(4)}\n{path.target(6)}\nno.such.name.invalid\n")
    described(t, "targets", t.run(path, "trace", "--targets", targets, "--syn-only").stdout, schema)
    for spec in ("strip:kind=30,mode=nop,when=syn,dir=c2s", "split:parts=2,dir=c2s", "seq:offset=7,dir=c2s,quotes=no"):
        with t.box(path, 2, spec, 4):
            r = t.trace(path, 4, "--json")
        t.said(f"{spec}: findings are in it", r.returncode == 10 and json.loads(r.stdout)["findings"], r.stdout + r.stderr)
        described(t, spec, r.stdout, schema)
    broken = json.loads(r.stdout)
    broken["findings"][0]["direction"] = "sideways"
    import jsonschema
    t.said("the schema is no rubber stamp", not jsonschema.Draft202012Validator(schema).is_valid(broken))


def frames_of(file, link):
    """Hexadecimal of every IP packet of a capture, without what the link adds."""
    text = subprocess.run(["tshark", "-r", file, "-T", "jsonraw"], capture_output=True, text=True, check=True).stdout
    return [f["_source"]["layers"]["frame_raw"][0][2 * link:] for f in json.loads(text)]


def capture(t, path, family):
    """Every packet of the trace as it was on the wire: no one missing, none altered, none made up."""
    ours, wire = os.path.join(t.folder, "ours.pcapng"), os.path.join(t.folder, "wire.pcapng")
    server = path.target(family)
    with path.capture("client", "right", wire, f"(host {server} or icmp or icmp6) and not (icmp6 and ip6[40] >= 133)"):
        r = t.trace(path, family, "--json", "--pcap", ours)
    mine, seen = frames_of(ours, 0), frames_of(wire, 14)
    neighbours = lambda frames: sorted(f for f in frames if not (f[0] == "6" and f[12:14] == "3a" and f[80:82] in ("85", "86", "87", "88")))
    mine, seen = neighbours(mine), neighbours(seen)
    t.said(f"IPv{family}: the capture holds the {len(seen)} packets that tshark saw, bit for bit", r.returncode == 0 and len(mine) > 100 and mine == seen,
           f"{len(mine)} and {len(seen)}; only ours: {[f for f in mine if f not in seen][:2]}; only on the wire: {[f for f in seen if f not in mine][:2]}")
    probes = json.loads(r.stdout)["probes"]
    quotes = [q["hex"] for p in probes for q in p["quotes"]]
    times = subprocess.run(["tshark", "-r", ours, "-T", "fields", "-e", "frame.time_epoch"], capture_output=True, text=True, check=True).stdout.split()
    t.said(f"IPv{family}: they stand in the order of their times", len(times) >= len(mine) and times == sorted(times), times)
    t.said(f"IPv{family}: each of {len(quotes)} quotes stands in it", quotes and all(any(q in f for f in mine) for q in quotes))
    t.said(f"IPv{family}: each probe stands in it", all(p["sent"] in mine for p in probes), [p["name"] for p in probes if p["sent"] not in mine])


def table(t, path):
    with t.box(path, 2, "mss:max=1200,dir=c2s", 4):
        r = t.trace(path, 4)
    lines = r.stdout.splitlines()
    marked = [line for line in lines if "clamped: tcp.mss" in line]
    t.said("the table marks the first change only", len(marked) == 1 and marked[0].split()[0] == "3", r.stdout)
    t.said("one sentence per finding", r.stdout.count("\n* ") == 1 and "1460 to 1200, between hop 2 (10.77.1.2) and hop 3 (10.77.2.2)." in r.stdout, r.stdout)
    t.said("no word of TTL or checksum, which change at every hop", "ttl" not in r.stdout.lower().replace("hop limit", "") and "checksum" not in r.stdout, r.stdout)


def test(t, a, rng):
    with open(SCHEMA) as f:
        schema = json.load(f)
    path = chain.Chain(4, listen=80)
    steps = {"json": lambda: json_of_everything(t, path, schema), "capture": lambda: [capture(t, path, family) for family in (4, 6)], "table": lambda: table(t, path)}
    for name, step in steps.items():
        if a.only in name:
            step()
    path.close()


if __name__ == "__main__":
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        print("skipped: python3-jsonschema not installed")
        sys.exit(77)
    tool.main(__doc__, test, needs=["tshark"])
