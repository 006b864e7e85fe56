"""The agent attacked over the network: wrong secrets, replays, long lines, slow and many strangers, clients that misuse it.

After each attack, or beside it, a client that knows the secret is served as ever. What one session may do is tested in
tests/unit/probe/agent_session_test.cc. See --help.
"""
import hashlib
import hmac
import os
import socket
import subprocess

import chain
import tool

MINE = "0badcafe"  # a client's nonce
PORT, MEMORY = 8685, 32 << 10  # KiB more than at rest, at most
PATIENCE = 60  # seconds until a test gives up; nothing is measured by it


class Stranger:
    def __init__(self, path, family):
        path.enter("client")
        self.socket = socket.create_connection((path.target(family), PORT), PATIENCE)
        path.enter(None)
        self.file = self.socket.makefile("rb")

    def nonce(self):
        hello, version, nonce = self.file.readline().decode().split()
        return nonce if (hello, version) == ("gauntlet-agent", "2") else None

    def say(self, line):
        try:
            self.socket.sendall(line)
        except OSError:  # the other side has had enough
            pass

    def prove(self, secret):
        self.say(proof(secret, self.nonce()))
        return self.file.readline()

    def is_shown_out(self):
        """Nothing more is said, and the connection ends."""
        try:
            return self.file.read() == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.socket.close()


def mac(secret, role, nonce):
    return hmac.new(secret, f"{role} {nonce} {MINE}".encode(), hashlib.sha256).hexdigest()


def proof(secret, nonce, role="client"):
    return f"auth {MINE} {mac(secret, role, nonce)}\n".encode()


def resident(process):
    with open(f"/proc/{process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def attack(t, path, family, agent, secret, rng):
    served = lambda name: t.said(f"IPv{family}: {name}: a client is served", t.trace(path, family, "--agent", "--secret", t.secret, "--syn-only", *t.expect()).returncode == 0)

    s = Stranger(path, family)
    t.said(f"IPv{family}: a wrong secret is told nothing", s.prove(b"another secret") == b"" and s.is_shown_out())
    s.close()
    s = Stranger(path, family)
    nonce = s.nonce()
    s.close()
    s = Stranger(path, family)
    t.said(f"IPv{family}: each has a nonce of his own", s.nonce() != nonce)
    s.say(proof(secret, nonce))
    t.said(f"IPv{family}: a proof that is replayed is none", s.is_shown_out())
    s.close()
    s = Stranger(path, family)
    s.say(proof(secret, s.nonce(), "agent"))
    t.said(f"IPv{family}: nor is an agent's own", s.is_shown_out())
    s.close()
    for name, line in (("no line at all, for ever", b""), ("ten megabytes without an end of line", b"a" * (10 << 20)), ("bytes at random", rng.randbytes(100000)),
                       ("a request before the proof", b"send 45\n"), ("nothing but ends of lines", b"\n" * 100000)):
        s = Stranger(path, family)
        s.nonce()
        s.say(line)
        t.said(f"IPv{family}: {name}: shown out", s.is_shown_out())
        s.close()
    served("after that")

    many = [Stranger(path, family) for _ in range(300)]
    served("three hundred strangers hold connections open")
    t.said(f"IPv{family}: they cost next to nothing", resident(agent) < t.at_rest + MEMORY, f"{resident(agent)} KiB, at rest {t.at_rest}")
    for s in many:
        s.close()

    idle = Stranger(path, family)
    idle.prove(secret)
    served("a client keeps its session and says nothing")
    deaf = Stranger(path, family)
    deaf.prove(secret)
    flood = subprocess.Popen([*path.inside("client"), "/usr/bin/python3", "-c", FLOOD, path.target(family)])
    served("a client does not read what it is told, of a flood")
    flood.wait()
    t.said(f"IPv{family}: what it does not read is not kept", resident(agent) < t.at_rest + MEMORY, f"{resident(agent)} KiB, at rest {t.at_rest}")
    full = [Stranger(path, family) for _ in range(2)]
    said = [s.prove(secret) for s in full]
    beyond = Stranger(path, family)
    t.said(f"IPv{family}: four are served at once, the fifth is told so", all(x.startswith(b"ok ") for x in said) and beyond.prove(secret) == b"busy\n")
    r = t.trace(path, family, "--agent", "--secret", t.secret)
    t.said(f"IPv{family}: and so is whoever traces: exit 69", r.returncode == 69 and "as many as it can" in r.stderr, f"{r.returncode} {r.stderr}")
    for s in (idle, deaf, beyond, *full):
        s.close()

    s = Stranger(path, family)
    s.prove(secret)
    with path.watch("server", "left", "(ip or ip6) and src host 198.51.100.7 or dst host 198.51.100.7 or src host 2001:db8::7 or dst host 2001:db8::7") as seen:
        for packet in ("45000028000040004006" + "0000" + "c6336407" + "0a4d0001", "45000028000040004006" + "0000" + "0a4d0402" + "c6336407"):
            s.say(b"send " + (packet + "00500050" + "00" * 16).encode() + b"\n")
        s.say(b"send 6" + b"0" * 7 + b"00000640" + b"20010db8" + b"0" * 23 + b"7" + b"20010db8" + b"0" * 23 + b"7" + b"\n")
        s.say(b"stop\n")
        over = s.is_shown_out()
    t.said(f"IPv{family}: what is no request ends the session", over)
    t.said(f"IPv{family}: nothing leaves in another's name or to another", not seen.times, len(seen.times))
    s.close()
    served("at the end")


FLOOD = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20000):
    try:
        s.sendto(b'x' * 1200, (sys.argv[1], 9))
    except OSError:
        pass
"""


def test(t, a, rng):
    path = chain.Chain(4, listen=80)
    with open(t.secret, "rb") as f:
        secret = f.read().strip()
    with t.agent(path) as agent:
        t.trace(path, 4, "--agent", "--secret", t.secret)
        t.at_rest = resident(agent)
        for family in (4, 6):
            attack(t, path, family, agent, secret, rng)
        t.said("the agent is alive", agent.poll() is None)
        with open(f"/proc/{agent.pid}/status") as f:
            held = next(line.split()[1] for line in f if line.startswith("CapPrm:"))
        t.said("it holds CAP_NET_RAW and no more", int(held, 16) == 1 << 13, held)
        with open(f"/proc/{agent.pid}/net/tcp6") as f:
            ports = {line.split()[1].split(":")[1] for line in f.readlines()[1:] if line.split()[3] == "0A"}
        t.said("it listens on one port", f"{PORT:04X}" in ports and ports <= {f"{PORT:04X}", f"{80:04X}"}, ports)
    short = os.path.join(t.folder, "short")
    with open(short, "w") as f:
        f.write("seven77")
    r = t.run(path, "serve", "--agent", "--secret", short, node="server")
    t.said("a secret that is too short: exit 2, and why", r.returncode == 2 and "8 characters" in r.stderr, f"{r.returncode} {r.stderr}")
    readable = os.path.join(t.folder, "readable")
    with open(readable, "w") as f:
        f.write("long enough\n")
    os.chmod(readable, 0o644)
    os.chmod(t.folder, 0o755)
    nobody = ["setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    r = subprocess.run([*path.inside("server"), *nobody, t.gauntlet, "serve", "--agent", "--secret", readable], capture_output=True, text=True)
    t.said("no privilege: it does not start", r.returncode == 3 and not r.stdout and "setcap" in r.stderr, f"{r.returncode} {r.stdout}{r.stderr}")
    path.close()


if __name__ == "__main__":
    tool.main(__doc__, test, needs=["tshark", "setpriv"])
