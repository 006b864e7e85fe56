"""One process of a cell, started in a node: lines in, one JSON line out per command (docs/evidence.md section 1)."""
import json
import os
import select
import shlex
import subprocess
import time


class LabError(Exception):
    """Something the lab itself found wrong. The first word of the text is its stable name."""


class Child:
    """A verb of `gauntlet` in a node's network namespace. Standard error goes to log/NAME.log of the cell's folder."""

    def __init__(self, node, name, args, folder, commands):
        self.name = name
        self._buffer = b""
        self._log = os.path.join(folder, "log", name + ".log")
        where = node.name if node else "worker"
        commands.write("%s: %s\n" % (where, shlex.join(args)))
        commands.flush()
        if node:  # our program goes there itself: Mininet's way, mnexec, is one more to start
            args = args[:1] + ["--netns-of", str(node.pid)] + args[1:]
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def send(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self._died()

    def no_more(self):
        """End of its input: a process that waits for lines ends."""
        self.process.stdin.close()

    def line(self, seconds):
        """The next line of standard output, as JSON."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise LabError("%s-silent: no answer within %g s" % (self.name, seconds))
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                self._died()
            self._buffer += piece
        text, self._buffer = self._buffer.split(b"\n", 1)
        try:
            return json.loads(text)
        except ValueError:
            raise LabError("%s-garbled: %r" % (self.name, text[:120]))

    def ask(self, line, seconds):
        self.send(line)
        answer = self.line(seconds)
        if "error" in answer and "report" not in answer:
            raise LabError("%s-refused: %s: %s" % (self.name, line, answer["error"]))
        return answer

    def wait(self, seconds):
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise LabError("%s-hung: did not end within %g s" % (self.name, seconds))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:  # it ended before it had read all
            pass

    def _died(self):
        code = self.process.wait()
        raise LabError("%s-died: exit %d: %s" % (self.name, code, self._last_words()))

    def _last_words(self):
        with open(self._log, "rb") as log:
            lines = log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def run_all(jobs):
    """Runs [(node, args)] at once; no node: here. The first failure raises LabError."""
    started = [(node, args, (node.popen if node else subprocess.Popen)(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                                      stderr=subprocess.STDOUT))
               for node, args in jobs]
    for node, args, process in started:
        output, _ = process.communicate()
        if process.returncode != 0:
            raise LabError("setup-failed: %s: %s: %s" % (node.name if node else "worker", shlex.join(args), output.decode().strip()))
