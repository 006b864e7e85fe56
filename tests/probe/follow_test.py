"""Shadow probing: a real kernel connection is watched and copies of its own packets are traced. Judged by --expect.

The connection is the kernel's, MPTCP or TCP; boxes are netfilter's or ours, on a random router. Copies must find the box where the
connection met it, must not disturb the connection, and never be more than the stated rate. See --help.
"""
import contextlib
import os
import subprocess
import sys

import chain
import tool

# Sends lines with pauses; what comes back is read to the end. Says so when all went well.
CLIENT = """
import socket, sys, time
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_STREAM, 262 if sys.argv[2] != 'tcp' else 0)
s.settimeout(60)
if sys.argv[2] == 'tcp':
    s.setsockopt(socket.IPPROTO_TCP, 30, 1)  # TCP_FASTOPEN_CONNECT: asks for a cookie
s.connect((sys.argv[1], 80))
for i in range(6):
    s.sendall(b'some lines for the server to throw away\\n' * 4)
    time.sleep(0.05)
s.shutdown(socket.SHUT_WR)
while s.recv(65536):
    pass
print('the connection went well')
"""
WELL = "the connection went well"
STRIP = ["-j", "TCPOPTSTRIP", "--strip-options", "30"]
SYN = ["-p", "tcp", "--syn", "--dport", "80"]
# name, rule of netfilter or box of ours, sides the box gets packets from, what connects, findings (@ is added)
CASES = [
    ("clean", None, None, (), "mptcp", []),
    ("strip on SYNs", [*SYN, *STRIP], None, (), "mptcp", ["mptcp.mp_capable.syn.forward: stripped-nop"]),
    ("MSS clamp", [*SYN, "-j", "TCPMSS", "--set-mss", "1000"], None, (), "mptcp", ["tcp.mss.syn.forward: clamped"]),
    ("timestamps off", [*SYN, "-j", "TCPOPTSTRIP", "--strip-options", "8"], None, (), "mptcp", ["tcp.timestamps.syn.forward: stripped-nop"]),
    ("DSS cut out", None, "strip:kind=30,subtype=dss,mode=remove,when=data", ("left",), "mptcp", ["mptcp.dss.data.forward: stripped-cut", None]),
    ("second subflow's MP_JOIN", None, "strip:kind=30,subtype=join,mode=nop,when=syn", ("left",), "two", ["mptcp.mp_join.syn.forward: stripped-nop"]),
    ("sequence numbers", None, "seq:dir=both,quotes=no", ("left", "right"), "mptcp", ["tcp.seq.forward: shifted", "tcp.ack.forward: shifted"]),
    ("payload edited", None, "edit:find=lines,replace=LINES,dir=c2s", ("left", "right"), "mptcp", ["payload.data.forward: edited"]),
    ("TCP, clean", None, None, (), "tcp", []),
    ("TCP, cookie request of Fast Open", None, "tfo-strip:what=option", ("left",), "tcp", ["tcp.option_34.syn.forward: stripped-nop"]),
]


def client(path, family, kind):
    return [sys.executable, "-c", CLIENT, path.target(family), kind]


def second_address(path, family):
    path.run("client", ["ip", "addr", "add", "10.77.0.11/24" if family == 4 else "fd77::11/64", "dev", "right", *([] if family == 4 else ["nodad", "preferred_lft", "0"])])  # no new connection's first choice
    path.run("client", ["ip", "mptcp", "endpoint", "add", "10.77.0.11" if family == 4 else "fd77::11", "dev", "right", "subflow"])


def one(t, name, family, n, router, rule, box, sides, kind, findings):
    path = chain.Chain(n, listen=80)
    if kind == "two":
        second_address(path, family)
    if kind == "tcp":
        path.sysctl("client", {"ipv4/tcp_fastopen": 1})
    if rule:
        path.rule(router, ["-t", "mangle", "-A", "FORWARD", *rule], family)
    with t.box(path, router, box, family, sides=sides) if box else contextlib.nullcontext():
        # Without DSS the connection may hang or fall back, and what it sends then differs: the first finding is enough.
        options = ["--for", "6"] if None in findings else t.expect(*(f"{f} @ {router}-{router + 1}" for f in findings))
        r = t.trace(path, family, *options, "--", *client(path, family, kind))
    good = r.returncode == (10 if None in findings else 0) and all(f in r.stdout for f in findings if f)
    t.said(f"{name} IPv{family}: {n} routers, box at r{router}", good and (WELL in r.stderr or None in findings), f"exit {r.returncode}\n{r.stdout}{r.stderr}")
    path.close()


def rate(t, family):
    """Copies are what leaves with a small TTL: never more than stated in any second."""
    path = chain.Chain(5, listen=80)
    small = "ip[8] <= 30 and tcp dst port 80" if family == 4 else "ip6[7] <= 30 and ip6[6] == 6"
    with path.watch("client", "right", small) as seen:
        r = t.trace(path, family, "--rate", "15", *t.expect(), "--", *client(path, family, "mptcp"))
        seen.wait_for(30)
    t.said(f"at most 15 copies in any second, IPv{family}", r.returncode == 0 and seen.most_in(1.0) <= 15, f"{seen.most_in(1.0)}, exit {r.returncode}\n{r.stdout}{r.stderr}")
    path.close()


def from_outside(t, family):
    """--follow FLOW: somebody else opens the connection while the trace watches."""
    path = chain.Chain(4, listen=80)
    path.rule(2, ["-t", "mangle", "-A", "FORWARD", *SYN, *STRIP], family)
    target = path.target(family)
    flow = f"{target}:80" if family == 4 else f"[{target}]:80"
    expect = t.expect("mptcp.mp_capable.syn.forward: stripped-nop @ 2-3")
    watching = subprocess.Popen(t.command(path, "trace", "--follow", flow, "--for", "120", *expect), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    tool.at_work(watching)
    other = subprocess.run([*path.inside("client"), *client(path, family, "mptcp")], capture_output=True, text=True)
    out, _ = watching.communicate()
    t.said(f"--follow {flow}", watching.returncode == 0 and WELL in other.stdout, f"exit {watching.returncode}\n{out}{other.stderr}")
    r = t.run(path, "trace", "--follow", flow, "--for", "1")
    t.said(f"--follow {flow}: no connection there, exit 69, and what to do", r.returncode == 69 and "start it while this watches" in r.stderr, f"{r.returncode} {r.stderr}")
    path.close()


def test(t, a, rng):
    for _ in range(a.rounds):
        for number, (name, *case) in enumerate(CASES):
            for family in ((4, 6)[number % 2:][:1] if a.alternate else (4, 6)):
                n = rng.randint(3, 7)
                router = rng.randint(1, n - 1)
                if a.only in name:
                    one(t, name, family, n, router, *case)
        for family in (4, 6):
            if a.only in "rate":
                rate(t, family)
            if a.only in "from_outside":
                from_outside(t, family)


if __name__ == "__main__":
    tool.main(__doc__, test, needs=["tshark"], arguments=[("--rounds", {"type": int, "default": 1}),
                                                          ("--alternate", {"action": "store_true", "help": "each case over one family, in turn"})])
