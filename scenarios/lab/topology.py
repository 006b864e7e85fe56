"""The network of a cell in Mininet: nodes and links exactly as the plan names them.

Everything about addresses, routes and settings is decided by `gauntlet` and stands in the plan; this file only builds it.
"""
import itertools
import json
import os
import shlex
import subprocess

import mininet.net
from mininet.link import Intf, Link
from mininet.net import Mininet
from mininet.node import Host
from mininet.topo import Topo

# Mininet's first start raises machine-wide limits (net.core.*, kernel.pty.max). Nothing outside a run may change.
Mininet.inited = True
mininet.net.numCores = os.cpu_count  # Mininet's starts grep


class LabTopo(Topo):
    """Hosts and veth links of the plan; no switch, no controller."""

    def build(self, plan):
        for node in plan["nodes"]:
            self.addHost(node["name"])
        for link in plan["links"]:
            self.addLink(link["a"], link["b"], intfName1=link["a_interface"], intfName2=link["b_interface"])


class LabHost(Host):
    """A node whose settings come from the plan in one batch: Mininet's own configuration is left out.

    Nobody types here, so what holds its namespace is no shell: a shell on a terminal, which Mininet starts, costs four programs.
    """

    isSetup = True  # `gauntlet doctor` looks for mnexec and the tools
    holders = iter(())

    def startShell(self, mnopts=None):
        self.shell = None
        self.pid = next(self.holders)

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
    def begin(cls):
        cls._indexes = itertools.count(101)
        cls.lines = []

    @classmethod
    def makeIntfPair(cls, intfname1, intfname2, addr1=None, addr2=None, node1=None, node2=None, deleteIntfs=True):
        cls.lines.append("link add name %s index %d address %s netns %d type veth peer name %s index %d address %s netns %d"
                         % (intfname1, next(cls._indexes), addr1, node1.pid, intfname2, next(cls._indexes), addr2, node2.pid))

    def stop(self):
        """The interfaces go with the namespaces of their nodes."""


class Lab:
    """A built network. stop() it: its nodes are gone when `gauntlet nodes`, which holds them, has ended."""

    def __init__(self, plan):
        self._holder = subprocess.Popen(plan["hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._net = None
        try:
            said = self._holder.stdout.readline()
            if not said:
                raise RuntimeError("no namespaces: %s exits %d; see log/worker.log" % (shlex.join(plan["hold"]), self._holder.wait()))
            LabLink.begin()
            LabHost.holders = iter(json.loads(said)["pids"])
            self._net = Mininet(topo=LabTopo(plan=plan), host=LabHost, link=LabLink, intf=LabIntf, controller=None)
            made = subprocess.run(["ip", "-batch", "-"], input="\n".join(LabLink.lines) + "\n", capture_output=True, text=True,
                                  check=False)
            if made.returncode != 0:
                raise RuntimeError("veth pairs: " + made.stderr.strip())
        except BaseException:
            self.stop()
            raise

    def node(self, name):
        return self._net.get(name)

    def stop(self):
        if self._net:
            self._net.stop()
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait()
