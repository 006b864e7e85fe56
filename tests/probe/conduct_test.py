"""How the prober behaves: exit codes, privileges, what it leaves behind, many at once, routers that limit what they say.

Judged by exit codes, `--expect` and the kernel's own counters. See --help.
"""
import contextlib
import json
import os
import shutil
import socket
import subprocess

import chain
import tool

ORDINARY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


def exits(t, name, wanted, r, says=""):
    t.said(f"{name}: exit {wanted}", r.returncode == wanted and says in r.stderr, f"got {r.returncode}\n{r.stdout}{r.stderr}")


def codes(t, a):
    path = chain.Chain(3, listen=80)
    trace = lambda *o, host=None: t.run(path, "trace", host or path.target(), *o)
    exits(t, "clean", 0, trace())
    exits(t, "as expected: nothing", 0, trace(*t.expect()))
    exits(t, "not as expected", 11, trace(*t.expect("tcp.mss.syn.forward: clamped")), "tcp.mss.syn.forward: clamped")
    exits(t, "no such option", 64, trace("--nonsense"), "nonsense")
    exits(t, "no such probe word", 64, trace("--probe", "syn/nonsense"), "no such word 'nonsense'")
    exits(t, "hexadecimal that is none", 64, trace("--probe", "hex=0g"), "hex")
    exits(t, "a file that is not there", 64, trace("--expect", "/no/such/file"), "/no/such/file")
    exits(t, "a command that is not there", 64, trace("--", "/no/such/command"), "/no/such/command")
    exits(t, "a capture that cannot be written", 64, trace("--pcap", "/no/such/file"), "/no/such/file")
    exits(t, "no such name", 69, trace(host="no" * 200), "no address")
    exits(t, "nobody there", 69, trace("--tries", "1", host="10.77.3.99"))
    exits(t, "no agent there", 69, trace("--agent", "--secret", t.secret), "no agent")
    exits(t, "closed port", 0, trace("--port", "81", "--syn-only"))
    for unused in (["--rate", "5"], ["--for", "5"], ["--secret", "x"], ["--agent-port", "5"], ["--follow", "10.77.3.2:80", "--syn-only"], ["--follow", "a:1", "--", "true"]):
        exits(t, f"an option nobody would look at ({' '.join(unused)})", 64, trace(*unused), "does not go with" if "--follow" not in unused or "--" in unused else "")
    segment = "0050005000000000000000007002ffff00000000" + "020405b4" + "1e040001"  # a SYN: MSS 1460, MP_CAPABLE v1
    exits(t, "any segment in hexadecimal", 0, trace("--probe", f"hex={segment}", "--probe", "mpcapable"))
    path.rule(2, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--syn", "-j", "TCPMSS", "--set-mss", "1000"])
    exits(t, "interference", 10, trace("--syn-only"))
    exits(t, "interference, as expected", 0, trace("--syn-only", *t.expect("tcp.mss.syn.forward: clamped @ 2-3")))
    exits(t, "a segment in hexadecimal meets the box, too", 0, trace("--probe", f"hex={segment}", *t.expect("tcp.mss.syn.forward: clamped @ 2-3")))
    for wrong in ("@ 3-2", "@ 2-3 or so", "@ 2", "@ 0-256"):
        exits(t, f"an interval that is none ({wrong})", 64, trace(*t.expect(f"tcp.mss.syn.forward: clamped {wrong}")), "LO-HI")
    path.close()
    path = chain.Chain(3, listen=80)
    with t.box(path, 2, "addopt:option=020403e8,when=syn,dir=c2s", 4, sides=("left",)):
        exits(t, "a second option of a kind can be expected", 0, t.trace(path, 4, "--syn-only", *t.expect("tcp.mss.2.syn.forward: added @ 2-3 # the second", "ip.length.forward: grown")))
    path.rule(2, ["-A", "FORWARD", "-d", path.target(), "-j", "REJECT", "--reject-with", "icmp-host-unreachable"])
    for nothing in ([], t.expect()):
        exits(t, "a host that cannot be reached" + (" is not a clean one" if nothing else ""), 69, t.run(path, "trace", "--syn-only", path.target(), *nothing))
    path.close()
    path = chain.Chain(4, listen=80)
    for r in range(1, 5):
        path.silence(r)
    for nothing in ([], t.expect()):
        exits(t, "every router silent: inconclusive" + (", also where nothing is expected" if nothing else ""), 20, t.run(path, "trace", "--syn-only", path.target(), *nothing))
    path.close()


def privileges(t, a):
    """An ordinary user: with nothing, with CAP_NET_RAW from whoever started it, and with what setcap gives the file."""
    with open("/proc/self/uid_map") as f:
        if int(f.read().split()[2]) < 65535:
            print("skip: privileges: no other user is mapped here", flush=True)
            return
    path = chain.Chain(2, listen=80)
    path.rule(1, ["-A", "FORWARD", "-p", "tcp", "--syn", "-m", "tcp", "--tcp-option", "30", "-j", "DROP"])
    trace = lambda before, binary: subprocess.run([*path.inside("client"), *before, binary, "trace", "--syn-only", path.target()], capture_output=True, text=True)
    exits(t, "no privilege", 77, trace([*ORDINARY, "--inh-caps=-all", "--bounding-set=-all"], t.gauntlet), "setcap cap_net_raw+ep")
    only = [*ORDINARY, "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw"]
    exits(t, "CAP_NET_RAW is enough", 10, trace(only, t.gauntlet))
    copy = os.path.join(t.folder, "gauntlet")
    shutil.copy(t.gauntlet, copy)
    os.chmod(copy, 0o755)
    os.chmod(t.folder, 0o755)
    if subprocess.run(["setcap", "cap_net_raw+ep", copy], capture_output=True).returncode == 0:
        exits(t, "setcap cap_net_raw+ep is enough for an ordinary user", 10, trace(ORDINARY, copy))
    else:
        print("skip: setcap: this file system or user keeps no file capabilities", flush=True)
    # What it still holds while it works: a command it follows would inherit nothing either, so a trace that waits is looked at.
    slow = subprocess.Popen(t.command(path, "trace", "--follow", f"{path.target()}:9", "--for", "60"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    held = tool.at_work(slow).get("CapPrm", "ended")
    t.said("none is held once the sockets are open", held == "0" * 16, held)
    slow.kill()
    slow.wait()
    path.close()


def resets_of(path, node):
    """Resets this kernel sent by itself; raw sockets' are not among them."""
    text = subprocess.run([*path.inside(node), "cat", "/proc/net/snmp"], capture_output=True, text=True, check=True).stdout
    names, values = [line.split() for line in text.splitlines() if line.startswith("Tcp:")]
    return int(values[names.index("OutRsts")])


def state_of(path, node):
    """Packet filter rules and sockets of a host."""
    commands = (["iptables-save"], ["ip6tables-save"], ["cat", "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6", "/proc/net/packet", "/proc/net/raw", "/proc/net/raw6"])
    out = []
    for c in commands:
        text = subprocess.run([*path.inside(node), *c], capture_output=True, text=True, check=True).stdout
        out += [line for line in text.splitlines() if not line.startswith("#") and not line.lstrip().startswith("sl")]
    return out


def leaves_nothing(t, a):
    path = chain.Chain(3, listen=80)
    for family in (4, 6):
        before, resets = state_of(path, "client"), resets_of(path, "client")
        r = t.trace(path, family, "--json", *t.expect())
        t.said(f"IPv{family}: a connection was opened", r.returncode == 0 and '"established":true' in r.stdout, r.stdout + r.stderr)
        t.said(f"IPv{family}: the kernel did not reset it", resets_of(path, "client") == resets, resets_of(path, "client") - resets)
        t.said(f"IPv{family}: no rule, no socket is left", state_of(path, "client") == before, "\n".join(state_of(path, "client")))
    path.close()


def together(t, a):
    """Different MSS each, one target, at once: whoever reads another's answers reports a clamp."""
    path = chain.Chain(5, listen=80)
    for round_ in range(a.rounds):
        for family in (4, 6):
            command = lambda i: t.command(path, "trace", f"-{family}", *t.expect(), "--probe", f"syn/mss={1000 + i}/sack-ok/ts/nop/ws=7", "--probe", "mpcapable",
                                          "--probe", "dss8", "--probe", f"psh/ack/dss=ack8+map8/len={100 + i}", path.target(family))
            running = [subprocess.Popen(command(i), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for i in range(a.instances)]
            results = [(p.communicate()[0], p.returncode) for p in running]
            bad = [out for out, code in results if code != 0]
            t.said(f"{a.instances} at once over IPv{family}, no cross-talk", not bad, f"{len(bad)} of them:\n" + (bad[0] if bad else ""))
    path.close()


def as_on_the_wire(t, a):
    """Raw sockets keep IPv6 headers to themselves: what is put together again has to be, byte for byte, what came in. And the wire
    itself, which --pcap listens to, says the same."""
    path = chain.Chain(4, listen=80)
    path.sysctl("server", {"ipv6/auto_flowlabels": 1})
    for family in (4, 6):
        path.rule(2, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--sport", "80", "-j", "TOS", "--set-tos", "0x68"], family)
        path.rule(2, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--syn", "-j", "TCPMSS", "--set-mss", "1000"], family)
        path.enter("client")
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(3))
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        path.enter(None)
        r = t.trace(path, family, "--json")
        seen = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                seen.add(wire.recv(65536).hex())
        wire.close()
        replies = {reply["hex"] for probe in json.loads(r.stdout)["probes"] for reply in probe["replies"]}
        t.said(f"IPv{family}: {len(replies)} answers are what came in", replies and replies <= seen, "\n".join(sorted(replies - seen)))
        brief = lambda out: [(f["id"], f["interval"]["lo"], f["interval"]["hi"]) for f in json.loads(out)["findings"]]
        listened = t.trace(path, family, "--json", "--pcap", os.path.join(t.folder, f"wire{family}"))
        t.said(f"IPv{family}: the wire says the same", brief(r.stdout) and brief(r.stdout) == brief(listened.stdout), r.stdout + listened.stdout)
    path.close()


def rate_limited(t, a):
    """Routers with the default limit, six answers at once, then one a second: nothing wrong, and what went unanswered is told so."""
    path = chain.Chain(4, limit_icmp=True, listen=80)
    for family in (4, 6):
        r = t.trace(path, family, *t.expect())
        t.said(f"full battery past routers that limit, IPv{family}: nothing found", r.returncode == 0, r.stdout + r.stderr)
    path.close()
    path = chain.Chain(2, listen=80)
    path.sysctl("r1", {"ipv4/icmp_ratelimit": 60000})  # six at once, then one a minute
    r = t.trace(path, 4, "--json", *t.expect())
    limited = r.stdout.count('"rate_limited":[1]')
    t.said("what goes unanswered is rate-limited, not silent and not lost", r.returncode == 0 and limited > 0, r.stdout + r.stderr)
    path.close()


def clean_runs(t, a):
    path = chain.Chain(6, listen=80)
    for family in (4, 6):
        bad = ""
        for _ in range(a.runs):
            r = t.trace(path, family, *t.expect())
            bad = bad or (r.stdout + r.stderr if r.returncode != 0 else "")
        t.said(f"{a.runs} clean runs of the whole battery over IPv{family}: no finding", not bad, bad)
    path.close()


def test(t, a, rng):
    for step in (codes, privileges, leaves_nothing, as_on_the_wire, together, rate_limited, clean_runs):
        if a.only in step.__name__:
            step(t, a)


if __name__ == "__main__":
    tool.main(__doc__, test, needs=["setpriv", "setcap"],
              arguments=[("--runs", {"type": int, "default": 5, "help": "clean runs per family"}),
                         ("--rounds", {"type": int, "default": 1, "help": "of many at once"}),
                         ("--instances", {"type": int, "default": 16})])
