"""The network of a cell in Mininet: nodes and links exactly as the plan names them.

Everything about addresses, routes and settings is decided by `gauntlet` and stands in the plan; this file only builds it.
"""
import itertools
import subprocess

from mininet.link import Intf, Link
from mininet.net import Mininet
from mininet.node import Host
from mininet.topo import Topo

# Mininet's first start raises machine-wide limits (net.core.*, kernel.pty.max). Nothing outside a run may change.
Mininet.inited = True


class LabTopo(Topo):
    """Hosts and veth links of the plan; no switch, no controller."""

    def build(self, plan):
        for node in plan["nodes"]:
            self.addHost(node["name"])
        for link in plan["links"]:
            self.addLink(link["a"], link["b"], intfName1=link["a_interface"], intfName2=link["b_interface"])


class LabHost(Host):
    """A node whose settings come from the plan in one batch: Mininet's own configuration is left out.

    Nobody types here, so what holds its namespaces is no shell: a shell on a terminal, which Mininet starts, costs four programs.
    """

    isSetup = True  # `gauntlet doctor` looks for mnexec and the tools

    def startShell(self, mnopts=None):
        # -d: in a session of its own, as Mininet's terminate() wants it. It ends when the worker does: its input ends.
        self.shell = self._popen(["mnexec", "-dn", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self.shell.pid
        self.shell.stdin.write(b"\n")
        self.shell.stdin.flush()

    def wait_for_namespaces(self):
        if self.shell.stdout.readline() != b"\n":
            raise RuntimeError("%s: no namespaces: mnexec exits %d" % (self.name, self.shell.wait()))

    def cleanup(self):
        if self.shell:
            self.shell.stdin.close()
            self.shell.stdout.close()
            self.shell.wait()
        self.shell = None

    def config(self, **_params):
        return {}


class LabIntf(Intf):
    """An interface Mininet knows by name; addresses and state are set by the node's batch."""

    def config(self, **_params):
        return {}


class LabLink(Link):
    """A veth pair made in place, whose two ends have different interface indexes.

    With equal indexes, which two fresh namespaces give, the kernel takes a second to call the link up instead of 2 ms.
    """

    _indexes = itertools.count(101)
    lines = []  # for `ip -batch`

    @classmethod
    def makeIntfPair(cls, intfname1, intfname2, addr1=None, addr2=None, node1=None, node2=None, deleteIntfs=True):
        cls.lines.append("link add name %s index %d address %s netns %d type veth peer name %s index %d address %s netns %d"
                         % (intfname1, next(cls._indexes), addr1, node1.pid, intfname2, next(cls._indexes), addr2, node2.pid))

    def stop(self):
        """The interfaces go with the namespaces of their nodes."""


def build(plan):
    """Returns a built network; the caller calls stop()."""
    net = Mininet(topo=LabTopo(plan=plan), host=LabHost, link=LabLink, intf=LabIntf, controller=None, build=False)
    try:
        net.build()
        for host in net.hosts:
            host.wait_for_namespaces()
        made = subprocess.run(["ip", "-batch", "-"], input="\n".join(LabLink.lines) + "\n", capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError("veth pairs: " + made.stderr.strip())
    except BaseException:
        net.stop()
        raise
    return net
