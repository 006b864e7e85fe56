"""gauntlet trace --targets: lines of JSON, a rate that is kept, and a list that goes on where it was ended. See --help."""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import chain


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--gauntlet", required=True)
    a = p.parse_args()
    chain.isolated()
    failed = 0

    def said(name, good, detail=""):
        nonlocal failed
        failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name} {'' if good else detail}", flush=True)

    path = chain.Chain(3)
    path.listen(80)
    path.listen(81)
    path.warm(4)
    path.warm(6)
    path.rule(2, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--syn", "--dport", "81", "-j", "TCPMSS", "--set-mss", "1000"])
    with tempfile.TemporaryDirectory() as folder:
        targets, out = os.path.join(folder, "targets"), os.path.join(folder, "out")
        names = [path.target(4), f"{path.target(4)} 81", path.target(6), "no.such.name.invalid"]
        with open(targets, "w") as f:
            f.write("# hosts\n\n" + "\n".join(names) + "\n")
        command = [*path.inside("client"), a.gauntlet, "trace", "--targets", targets, "--out", out, "--syn-only"]

        def lines():
            with open(out) as f:
                return [json.loads(line) for line in f]

        r = subprocess.run(command, capture_output=True, text=True)
        said("one box among the targets: exit 10", r.returncode == 10, f"{r.returncode} {r.stdout}{r.stderr}")
        said("a line each, in order", [j["target"] for j in lines()] == names)
        said("found where it is and nowhere else", [j["exit"] for j in lines()] == [0, 10, 0, 69], str([j["exit"] for j in lines()]))
        whole = open(out).read()
        r = subprocess.run(command, capture_output=True, text=True)
        said("all done: nothing is traced again", r.returncode == 0 and open(out).read() == whole, r.stderr)
        kept = whole.splitlines(keepends=True)
        with open(out, "w") as f:  # ended in the middle of the third line
            f.write("".join(kept[:2]) + kept[2][:100])
        r = subprocess.run(command, capture_output=True, text=True)
        said("goes on where it was ended", [j["target"] for j in lines()] == names and open(out).read().startswith("".join(kept[:2])), r.stderr)
        os.unlink(out)
        slow = subprocess.Popen([*command, "--rate", "20"], stdout=subprocess.DEVNULL)
        time.sleep(2.5)
        slow.send_signal(signal.SIGKILL)
        slow.wait()
        done = len(lines()) if os.path.exists(out) else 0
        said("twenty packets in any second: not done after 2.5 s", done < len(names), str(done))
        r = subprocess.run(command, capture_output=True, text=True)
        said("killed and started again: every target once", [j["target"] for j in lines()] == names, str([j["target"] for j in lines()]))
        said("not with --follow", subprocess.run([*command, "--follow", "a:1"], capture_output=True).returncode == 64)
    path.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
