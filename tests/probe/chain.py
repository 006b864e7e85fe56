"""A chain of routers in network namespaces of its own: client - r1 ... rN - server, IPv4 and IPv6.

`isolated()` moves this process into a fresh network and mount namespace (and, for an ordinary user, a user namespace) first:
everything made here ends with it, whatever ends it. No packet is parsed here and nothing is judged.
"""
import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
IPPROTO_MPTCP = 262
MARK = "GAUNTLET_PROBE_TEST_ISOLATED"


NEEDED = ("ip", "iptables", "ip6tables", "nsenter", "unshare")


def isolated(*more):
    """Starts this script again inside its own namespaces, once; skips (exit 77) where a tool is missing."""
    lacking = missing_tools([*NEEDED, *more])
    if lacking:
        print(f"skipped: {', '.join(lacking)} not installed")
        sys.exit(77)
    if os.environ.get(MARK) == "1":
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        os.mkdir("/run/netns")
        return
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.environ[MARK] = "1"
    command = ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    os.execvp("unshare", command + [sys.executable, *sys.argv])


class Chain:
    def __init__(self, routers, limit_icmp=False, listen=None):
        """`listen`: a port the server listens on, and the neighbours know each other."""
        self.n = routers
        self.names = ["client"] + [f"r{i}" for i in range(1, routers + 1)] + ["server"]
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.listeners = []
        self._batch(None, [f"netns add {n}" for n in self.names])
        for name in self.names:
            self._sysctls(name, limit_icmp)
        self._batch(None, [f"link add right netns {a} type veth peer name left netns {b}"
                           for a, b in zip(self.names, self.names[1:])])
        for i, name in enumerate(self.names):
            self._batch(name, self._addresses(i))
        if listen:
            self.listen(listen)
            self.warm(4)
            self.warm(6)

    def _addresses(self, i):
        lines = ["link set lo up"]
        if i > 0:
            lines += [f"addr add 10.77.{i - 1}.2/24 dev left", f"addr add fd77:0:0:{i - 1}::2/64 dev left nodad", "link set left up"]
        if i <= self.n:
            lines += [f"addr add 10.77.{i}.1/24 dev right", f"addr add fd77:0:0:{i}::1/64 dev right nodad", "link set right up"]
        if i <= self.n:  # everything is to the right
            lines += [f"route add default via 10.77.{i}.2", f"route add ::/0 via fd77:0:0:{i}::2"]
        else:
            lines += [f"route add default via 10.77.{i - 1}.1", f"route add ::/0 via fd77:0:0:{i - 1}::1"]
        if 1 < i <= self.n:  # but the client
            lines += [f"route add 10.77.{j}.0/24 via 10.77.{i - 1}.1" for j in range(i - 1)]
            lines += [f"route add fd77:0:0:{j}::/64 via fd77:0:0:{i - 1}::1" for j in range(i - 1)]
        return lines

    def _batch(self, name, lines):
        where = ["-n", name] if name else []
        subprocess.run(["ip", *where, "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)

    def enter(self, name):
        fd = self.home if name is None else os.open(f"/run/netns/{name}", os.O_RDONLY)
        if libc.setns(fd, 0) != 0:
            raise OSError(ctypes.get_errno(), f"enter {name}")
        if name is not None:
            os.close(fd)

    def sysctl(self, name, values):
        self.enter(name)
        for key, value in values.items():
            with open("/proc/sys/net/" + key, "w") as f:
                f.write(str(value))
        self.enter(None)

    def _sysctls(self, name, limit_icmp):
        self.sysctl(name, {"ipv6/conf/all/accept_dad": 0, "ipv6/conf/default/accept_dad": 0, "ipv6/conf/default/accept_ra": 0})
        if name[0] == "r" or name == "alt":
            self.sysctl(name, {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv6/conf/default/forwarding": 1})
        if not limit_icmp:
            self.sysctl(name, {"ipv4/icmp_ratelimit": 0, "ipv6/icmp/ratelimit": 0, "ipv4/icmp_msgs_per_sec": 100000, "ipv4/icmp_msgs_burst": 100000})

    def listen(self, port=80, mptcp=True, node="server"):
        """A listener for both families that reads what comes and says nothing."""
        self.enter(node)
        s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, IPPROTO_MPTCP if mptcp else 0)
        self.enter(None)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", port))
        s.listen(128)
        self.listeners.append(s)
        threading.Thread(target=self._serve, args=(s,), daemon=True).start()

    @staticmethod
    def _serve(s):
        while True:
            try:
                connection, _ = s.accept()
            except OSError:  # closed: the chain is gone
                return
            connection.settimeout(2)
            try:
                while connection.recv(65536):
                    pass
            except OSError:
                pass
            connection.close()

    def silence(self, router, off=False):
        """This router sends no Time Exceeded any more, or does again."""
        for tool, kind in (("iptables", ["-p", "icmp", "--icmp-type", "time-exceeded"]),
                           ("ip6tables", ["-p", "icmpv6", "--icmpv6-type", "time-exceeded"])):
            self.run(f"r{router}", [tool, "-D" if off else "-A", "OUTPUT", *kind, "-j", "DROP"])

    def fork(self, router):
        """A second router, `alt`, beside this one (not the first, not the last): the router before hashes flows on both by addresses and ports."""
        before, behind = f"r{router - 1}", f"r{router + 1}"
        self.names.append("alt")
        self._batch(None, ["netns add alt"])
        self._sysctls("alt", False)
        self._batch(None, [f"link add right2 netns {before} type veth peer name left netns alt", f"link add right netns alt type veth peer name left2 netns {behind}"])
        self._batch(before, ["addr add 10.78.1.1/24 dev right2", "addr add fd78:0:0:1::1/64 dev right2 nodad", "link set right2 up"])
        self._batch(behind, ["addr add 10.78.2.2/24 dev left2", "addr add fd78:0:0:2::2/64 dev left2 nodad", "link set left2 up"])
        self._batch("alt", ["link set lo up", "addr add 10.78.1.2/24 dev left", "addr add fd78:0:0:1::2/64 dev left nodad", "link set left up",
                            "addr add 10.78.2.1/24 dev right", "addr add fd78:0:0:2::1/64 dev right nodad", "link set right up",
                            "route add default via 10.78.2.2", "route add ::/0 via fd78:0:0:2::2",
                            *(f"route add 10.77.{j}.0/24 via 10.78.1.1" for j in range(router)),
                            *(f"route add fd77:0:0:{j}::/64 via fd78:0:0:1::1" for j in range(router))])
        for name, values in ((before, {"ipv4/fib_multipath_hash_policy": 1, "ipv6/fib_multipath_hash_policy": 1}),
                             (behind, {"ipv4/conf/all/rp_filter": 0, "ipv4/conf/left2/rp_filter": 0})):
            self.sysctl(name, values)
        self._batch(before, ["route del default", "route del ::/0",
                             f"route add default nexthop via 10.77.{router - 1}.2 nexthop via 10.78.1.2",
                             f"route add ::/0 nexthop via fd77:0:0:{router - 1}::2 nexthop via fd78:0:0:1::2"])

    def by_turns(self, router, *periods):
        """After fork(): packets change between both ways, whatever their flow, in an order that only their number tells: each of these
        periods exchanges the ways for one packet in so many."""
        before = f"r{router - 1}"
        self._batch(before, ["route del default", "route del ::/0",
                             f"route add default via 10.77.{router - 1}.2", f"route add ::/0 via fd77:0:0:{router - 1}::2",
                             "route add default via 10.78.1.2 table 78", "route add ::/0 via fd78:0:0:1::2 table 78",
                             "rule add fwmark 78 table 78"])
        self.run(before, ["ip", "-6", "rule", "add", "fwmark", "78", "table", "78"])
        for family in (4, 6):
            for n in periods:
                every = ["-m", "statistic", "--mode", "nth", "--every", str(n), "--packet", "0"]
                self.rule(router - 1, ["-t", "mangle", "-A", "PREROUTING", "-i", "left", *every, "-j", "MARK", "--xor-mark", "78"], family)

    @contextlib.contextmanager
    def translated_at(self, router, prefixes):
        """While the block lasts, this router and all behind it take packets for these prefixes toward the client."""
        def routes(do):
            for i in range(router, self.n + 1):
                left = {4: f"10.77.{i - 1}.1", 6: f"fd77:0:0:{i - 1}::1"}
                self._batch(f"r{i}", [f"route {do} {p} via {left[6 if ':' in p else 4]}" for p in prefixes])
        routes("add")
        try:
            yield
        finally:
            routes("del")

    def rule(self, router, arguments, family=4):
        self.run(f"r{router}" if isinstance(router, int) else router, ["iptables" if family == 4 else "ip6tables", *arguments])

    def warm(self, family):
        """One packet each way: neighbours know each other before anything is measured."""
        self.enter("client")
        with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as s:
            self.enter(None)
            s.connect((self.target(family), 9))
            s.settimeout(2)
            for _ in range(5):
                try:
                    s.send(b"")
                    s.recv(1)
                except ConnectionRefusedError:  # the server's own word, by ICMP: it was there and back
                    return
                except OSError:
                    pass
        raise RuntimeError(f"IPv{family} does not get through a new chain of {self.n} routers")

    def watch(self, node, interface, what):
        """The packets of this capture filter that pass there while the block lasts."""
        return Watch([*self.inside(node), "tshark", "-i", interface, "-n", "-l", "-f", what, "-T", "fields", "-e", "frame.time_epoch"])

    def capture(self, node, interface, file, what):
        """The same, into a file."""
        return Watch([*self.inside(node), "tshark", "-i", interface, "-n", "-w", file, "-f", what])

    def inside(self, node):
        return ["nsenter", f"--net=/run/netns/{node}"]

    def run(self, node, arguments):
        subprocess.run([*self.inside(node), *arguments], check=True)

    def target(self, family=4):
        return f"10.77.{self.n}.2" if family == 4 else f"fd77:0:0:{self.n}::2"

    def close(self):
        for s in self.listeners:
            s.close()
        self._batch(None, [f"netns del {n}" for n in self.names])
        os.close(self.home)


class Watch:
    def __init__(self, command):
        self.command, self.times, self.more = command, [], threading.Condition()

    def _sockets(self):
        return len(subprocess.run([*self.command[:2], "cat", "/proc/net/packet"], capture_output=True, text=True, check=True).stdout.splitlines())

    def __enter__(self):
        self.before = self._sockets()
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while self._sockets() == self.before:  # its packet socket is open when there is one more in that namespace
            if self.process.poll() is not None:
                raise RuntimeError("tshark does not capture")
            time.sleep(0.02)
        time.sleep(0.3)
        threading.Thread(target=self._error, daemon=True).start()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _error(self):
        for _ in self.process.stderr:  # lest it fills
            pass

    def _read(self):
        for line in self.process.stdout:
            with self.more:
                self.times.append(float(line))
                self.more.notify_all()

    def wait_for(self, packets, limit=120):
        with self.more:
            if not self.more.wait_for(lambda: len(self.times) >= packets, limit):
                raise RuntimeError(f"{len(self.times)} packets where {packets} were to come")

    def most_in(self, seconds):
        return max((sum(1 for u in self.times[i:] if u < t + seconds) for i, t in enumerate(self.times)), default=0)

    def __exit__(self, *_):
        time.sleep(0.5)  # what has passed is on its way through tshark
        self.process.terminate()
        self.process.wait()
        self.reader.join()


def missing_tools(names):
    return [n for n in names if shutil.which(n) is None]
