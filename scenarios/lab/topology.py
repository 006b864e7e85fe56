"""The network of a cell in Mininet: nodes and links exactly as the plan names them.

Everything about addresses, routes and settings is decided by `gauntlet` and stands in the plan; this file only builds it.
"""
import itertools

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
    """A node whose settings come from the plan in one batch: Mininet's own configuration is left out."""

    isSetup = True  # `gauntlet doctor` looks for mnexec and the tools

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

    @classmethod
    def makeIntfPair(cls, intfname1, intfname2, addr1=None, addr2=None, node1=None, node2=None, deleteIntfs=True):
        args = ["ip", "link", "add", "name", intfname1, "index", str(next(cls._indexes)), "address", addr1,
                "type", "veth", "peer", "name", intfname2, "index", str(next(cls._indexes)), "address", addr2,
                "netns", str(node2.pid)]
        _, error, code = node1.pexec(args)
        if code != 0:
            raise RuntimeError("veth pair %s - %s: %s" % (intfname1, intfname2, error.strip()))

    def stop(self):
        """The interfaces go with the namespaces of their nodes."""


def build(plan):
    """Returns a built network; the caller calls stop()."""
    net = Mininet(topo=LabTopo(plan=plan), host=LabHost, link=LabLink, intf=LabIntf, controller=None, build=False)
    try:
        net.build()
    except BaseException:
        net.stop()
        raise
    return net
