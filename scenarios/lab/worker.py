"""Runs cells: builds the network of each, starts its processes, keeps what they report. It wires; `gauntlet judge` judges.

Standard input: a FOLDER per line, one cell after another. FOLDER/plan.json says everything; reports are written below FOLDER.
Standard output: one JSON line per event, for the runner: {"phase":...}, {"error":"NAME: detail"}, and at last {"done":{...},"again":...}.
"""
import json
import os
import shlex
import sys
import time

from child import Child, LabError, run_all
from topology import Lab

ANSWER_S = 30     # a process that has nothing to wait for answers within this, on the slowest and busiest machine


class Cell:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "plan.json")) as text:
            self.plan = json.load(text)["lab"]
        self.commands = open(os.path.join(folder, "cmd.txt"), "w")
        self.lab = None
        self.children = []

    def start(self, node, name, args):
        child = Child(self.lab.node(node) if node else None, name, args, self.folder, self.commands)
        self.children.append(child)
        return child

    def keep(self, run, name, report):
        with open(os.path.join(self.folder, run, name + ".json"), "w") as out:
            json.dump(report, out)
            out.write("\n")

    def set_up(self):
        self.commands.write("worker: %s\n" % shlex.join(self.plan["hold"]))
        self.lab = Lab(self.plan)
        for node in self.plan["nodes"]:
            self.commands.write("".join("%s: %s\n" % (node["name"], line) for line in by_hand(node, self.plan["ip"])))
        holders = ["%s:%d" % (node["name"], self.lab.node(node["name"]).pid) for node in self.plan["nodes"]]
        run_all([(None, self.plan["set_up"] + [os.path.join(self.folder, "plan.json")] + holders)])

    def run(self):
        boxes = [self.start(box["node"], "box-" + box["node"], box["args"]) for box in self.plan["boxes"]]
        points = ["%s:%s:%d" % (p["node"], p["interface"], self.lab.node(p["node"]).pid) for p in self.plan["capture"]["points"]]
        recorders = boxes + [self.start(None, "capture", self.plan["capture"]["args"] + points)]
        for child in recorders:
            child.line(ANSWER_S)
        before = None
        for run in self.plan["runs"]:
            self.next_run(recorders, before, "run %s %s" % (run["name"], run["mode"]), "run " + run["name"])
            self.transfer(run)
            before = run["name"]
        self.next_run(recorders, before, "stop", "stop")
        for child in recorders:
            child.wait(ANSWER_S)

    def next_run(self, recorders, before, to_box, to_capture):
        """Ends the run `before` and keeps its reports. The capture ends last: it must see what the boxes still let out."""
        for child in recorders:
            answer = child.ask(to_capture if child.name == "capture" else to_box, ANSWER_S)
            if before:
                self.keep(before, child.name, answer)

    def transfer(self, run):
        limit = run["limit_s"]
        for step in run["prepare"]:
            run_all([(self.lab.node(step["node"]), step["args"])])
        server = self.start(run["server"]["node"], "server", run["server"]["args"])
        server.line(ANSWER_S)
        client = self.start(run["client"]["node"], "client", run["client"]["args"])
        for child in (client, server):
            self.keep(run["name"], child.name, child.line(limit))
            server.no_more()  # the other end is done: a program that serves for ever ends
        for child in (client, server):
            code = child.wait(ANSWER_S)
            if code != 0:
                raise LabError("%s-failed: exit %d in run %s" % (child.name, code, run["name"]))

    def tear_down(self):
        for child in self.children:
            child.kill()
        self.commands.close()
        if self.lab:
            self.lab.stop()


def by_hand(node, ip):
    """What `gauntlet set-up` does in a node, as a person would type it."""
    onward = "on" if node["offloads"]["checksum"] else "off"
    return (["sysctl -e -q -w " + shlex.join(node["sysctl"])]
            + ["ethtool -K %s tso off gso off gro off tx %s" % (name, onward) for name in node["offloads"]["interfaces"]]
            + [" ".join(ip[:-2] + [line]) for line in node["ip"]]  # without -batch -
            + [shlex.join(args) for args in node["commands"]])


def say(**event):
    print(json.dumps(event), flush=True)


def nothing_left(plan):
    """Only we and the init are in the PID namespace, and nobody else's program was here, who may have left files, mounts or queues."""
    foreign = any("--command" in run[end]["args"] for run in plan["runs"] for end in ("server", "client"))
    return not foreign and {int(name) for name in os.listdir("/proc") if name.isdigit()} == {1, os.getpid()}


def run_cell(folder):
    cell = None
    started = time.monotonic()
    took = {}

    def lap(name):
        took[name] = round(time.monotonic() - started, 3)
    try:
        os.chdir(folder)
        with open(os.path.join(folder, "log", "worker.log"), "ab") as log:
            os.dup2(log.fileno(), sys.stderr.fileno())
        cell = Cell(folder)
        say(phase="set-up")
        cell.set_up()
        lap("set-up")
        say(phase="run")
        cell.run()
        lap("run")
    except LabError as error:
        say(error=str(error))
    except Exception as error:  # whatever Mininet raises: the runner is told by name, a traceback goes to the log
        say(error="lab-failed: %s: %s" % (type(error).__name__, error))
        import traceback
        traceback.print_exc()
    finally:
        if cell:
            cell.tear_down()
            lap("tear-down")
    again = cell is not None and nothing_left(cell.plan)
    say(done=took, again=again)
    return again


def main():
    for line in sys.stdin:
        if not run_cell(line.rstrip("\n")):
            break


if __name__ == "__main__":
    main()
