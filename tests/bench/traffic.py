"""Three network namespaces in a row and the traffic that the live benches send through them.

As a program: traffic.py sink ADDRESS PORT | source ADDRESS PORT SECONDS MSS (started by the benches inside a namespace).
"""
import os
import socket
import subprocess
import sys
import time

HERE = os.path.abspath(__file__)
SERVER, PORT = "198.51.100.1", 5000
WINDOW = 1 << 20                       # bytes: bounds what waits in the queue


class Namespaces:
    """client - router - server. They end with the processes that hold them, and those with us."""

    def __enter__(self):
        self.children = []
        self.pid = {}
        for name in ("client", "router", "server"):
            child = subprocess.Popen(["setpriv", "--pdeathsig=KILL", "unshare", "--net", "sleep", "3600"])
            self.children.append(child)
            self.pid[name] = child.pid
            ours = os.readlink("/proc/self/ns/net")
            while os.readlink("/proc/%d/ns/net" % child.pid) == ours:
                if child.poll() is not None:
                    raise SystemExit("bench: no network namespace; needs root")
                time.sleep(0.01)
        for name in self.pid:
            self.run(name, ["sysctl", "-q", "-w", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0"])
        self.wire("client", "c0", ["192.0.2.1/24", "2001:db8:1::1/64"], "router", "r0", ["192.0.2.2/24", "2001:db8:1::2/64"])
        self.wire("router", "r1", ["198.51.100.2/24", "2001:db8:2::2/64"], "server", "s0", [SERVER + "/24", "2001:db8:2::1/64"])
        for node, v4, v6 in (("client", "192.0.2.2", "2001:db8:1::2"), ("server", "198.51.100.2", "2001:db8:2::2")):
            self.ip(node, "route add default via " + v4)
            self.ip(node, "-6 route add default via " + v6)
        self.run("router", ["sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0"])
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.terminate()
        for child in self.children:
            child.wait()

    def spawn(self, name, words, **how):
        return subprocess.Popen(["nsenter", "--net=/proc/%d/ns/net" % self.pid[name], "--", *words], **how)

    def run(self, name, words):
        done = subprocess.run(["nsenter", "--net=/proc/%d/ns/net" % self.pid[name], "--", *words], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise SystemExit("bench: %s: %s" % (" ".join(words), done.stderr))
        return done.stdout

    def ip(self, name, text):
        self.run(name, ["ip", *text.split()])

    def wire(self, left, left_name, left_addresses, right, right_name, right_addresses):
        # Different interface indexes at the two ends: with equal ones the link takes a second to come up.
        self.index = getattr(self, "index", 10) + 2
        self.ip(left, "link add %s index %d type veth peer name %s index %d netns %d" % (
            left_name, self.index, right_name, self.index + 1, self.pid[right]))
        for node, interface, addresses in ((left, left_name, left_addresses), (right, right_name, right_addresses)):
            self.run(node, ["ethtool", "-K", interface, "tso", "off", "gso", "off", "gro", "off", "tx", "off"])
            for address in addresses:
                self.ip(node, "address add %s dev %s" % (address, interface))
            self.ip(node, "link set %s up" % interface)
            self.ip(node, "link set lo up")

    def queue_everything(self):
        """One rule from here to the end: rules do not change while packets are queued."""
        self.run("router", ["iptables", "-w", "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", "0"])
        self.route_outside()

    def route_outside(self):
        """203.0.113.0/24 is what a NAT on the router may call itself: it leads there, and on toward the client."""
        self.ip("server", "route add 203.0.113.0/24 via 198.51.100.2")
        self.ip("router", "route add 203.0.113.0/24 via 192.0.2.1")


def dropped_and_seen(where):
    """What the kernel says of queue 0 since it was bound: packets it dropped, packets it numbered."""
    for line in where.run("router", ["cat", "/proc/net/netfilter/nfnetlink_queue"]).splitlines():
        words = [int(w) for w in line.split()]
        if words[0] == 0:
            return words[5] + words[6], words[7]
    raise SystemExit("bench: nobody reads queue 0 any more")


def run_transfer(where, seconds, mss):
    """Bits per second that arrived."""
    sink = where.spawn("server", [sys.executable, "-B", HERE, "sink", SERVER, str(PORT)], stdout=subprocess.PIPE, text=True)
    sink.stdout.readline()
    source = where.spawn("client", [sys.executable, "-B", HERE, "source", SERVER, str(PORT), str(seconds), str(mss)])
    if source.wait(timeout=seconds + 30) != 0:
        sink.terminate()
        raise SystemExit("bench: the sender failed")
    try:
        words = sink.communicate(timeout=30)[0].split()
    except subprocess.TimeoutExpired:
        sink.terminate()
        raise SystemExit("bench: the receiver saw no end") from None
    return 8 * int(words[0]) / float(words[1])


def sink(address, port):
    listener = socket.create_server((address, port))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW // 2)       # the kernel doubles it
    print("ready", flush=True)
    connection, _ = listener.accept()
    buffer, total, began = bytearray(1 << 18), 0, None
    while (n := connection.recv_into(buffer)) > 0:
        began = began or time.monotonic()
        total += n
    print(total, time.monotonic() - began)


def source(address, port, seconds, mss):
    out = socket.socket()
    out.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, mss)
    out.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    out.connect((address, port))
    block, end = b"abcdefghijklmnopqrstuvwxyz012345" * 8192, time.monotonic() + seconds
    while time.monotonic() < end:
        out.sendall(block)
    out.shutdown(socket.SHUT_WR)
    out.recv(1)


if __name__ == "__main__":
    if sys.argv[1] == "sink":
        sink(sys.argv[2], int(sys.argv[3]))
    else:
        source(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
