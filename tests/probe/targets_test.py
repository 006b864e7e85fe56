"""gauntlet trace --targets: lines of JSON, a rate that is kept, and a list that goes on where it was ended. See --help."""
import fcntl
import json
import os
import signal
import subprocess

import chain
import tool


def lines(out):
    with open(out) as f:
        return [json.loads(line) for line in f]


def test(t, a, rng):
    path = chain.Chain(3, listen=80)
    path.listen(81)
    path.rule(2, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--syn", "--dport", "81", "-j", "TCPMSS", "--set-mss", "1000"])
    targets, out = os.path.join(t.folder, "targets"), os.path.join(t.folder, "out")
    names = [path.target(4), f"{path.target(4)} 81", path.target(6), "no.such.name.invalid"]
    with open(targets, "w") as f:
        f.write("# hosts\n\n" + "\n".join(names) + "\n")
    options = ["trace", "--targets", targets, "--out", out, "--syn-only"]

    r = t.run(path, *options)
    t.said("one box among the targets: exit 10", r.returncode == 10, f"{r.returncode} {r.stdout}{r.stderr}")
    t.said("a line each, in order", [j["target"] for j in lines(out)] == names)
    t.said("found where it is and nowhere else", [j["exit"] for j in lines(out)] == [0, 10, 0, 69], [j["exit"] for j in lines(out)])
    with open(out) as f:
        whole = f.read()
    r = t.run(path, *options)
    with open(out) as f:
        t.said("all done: nothing is traced again, and what was found stays found", r.returncode == 10 and f.read() == whole, f"{r.returncode} {r.stderr}")
    kept = whole.splitlines(keepends=True)
    with open(out, "w") as f:  # ended in the middle of the third line
        f.write("".join(kept[:2]) + kept[2][:100])
    r = t.run(path, *options)
    with open(out) as f:
        t.said("goes on where it was ended", [j["target"] for j in lines(out)] == names and f.read().startswith("".join(kept[:2])), r.stderr)
    os.unlink(out)

    with open(targets, "wb") as f:  # names that no resolver knows, of bytes that are no text, among others
        f.write(path.target(4).encode() + b"\n\xff\xfe\n" + f"{path.target(4)} 81\n".encode())
    r = t.run(path, *options, *t.expect())
    t.said("a name of strange bytes is one line, and the next one's turn comes", [j["exit"] for j in lines(out)] == [0, 69, 11], f"{r.returncode} {r.stderr}")
    t.said("and says which bytes", lines(out)[1]["target"] == "\\xff\\xfe", lines(out)[1]["target"])
    with open(out) as f:
        whole = f.read()
    again = t.run(path, *options, *t.expect())
    with open(out) as f:
        t.said("nor is it traced again", again.returncode == r.returncode and f.read() == whole, f"{again.returncode} {again.stderr}")
    t.said("not as expected: exit 11, and the line says what", r.returncode == 11 and any("tcp.mss" in u for u in lines(out)[2]["unexpected"]), f"{r.returncode} {r.stderr}")
    os.unlink(out)
    with open(targets, "w") as f:
        f.write(f"{path.target(4)}\nno.such.name.invalid\n")
    r = t.run(path, *options)
    t.said("a clean one does not hide one that is not reached: exit 69", r.returncode == 69, f"{r.returncode} {r.stderr}")
    with open(out) as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        r = t.run(path, *options)
        t.said("results that another run writes: exit 64", r.returncode == 64 and "another run" in r.stderr, f"{r.returncode} {r.stderr}")
    os.unlink(out)
    with open(targets, "w") as f:
        f.write("\n".join(names) + "\n")

    with path.watch("r1", "left", "tcp dst port 80 or udp dst port 33434") as seen:
        slow = subprocess.Popen(t.command(path, *options, "--rate", "20"), stdout=subprocess.DEVNULL)
        seen.wait_for(60)  # packets; three seconds at this rate, however busy the machine
        slow.send_signal(signal.SIGKILL)
        slow.wait()
    t.said("never more than twenty packets in a second", seen.most_in(1.0) <= 20 + 1, f"{seen.most_in(1.0)} of {len(seen.times)}")
    t.said("killed in the middle: what is there is whole", len(lines(out)) < len(names) if os.path.exists(out) else True)
    r = t.run(path, *options)
    t.said("killed and started again: every target once", [j["target"] for j in lines(out)] == names, [j["target"] for j in lines(out)])

    for wrong in (["--follow", "a:1"], ["--agent"], ["--secret", "x"], ["--for", "1"], ["--pcap", "x"], [path.target(4)], ["--", "true"]):
        r = t.run(path, *options, *wrong)
        t.said(f"not with {wrong[0]}: exit 64, and why", r.returncode == 64 and r.stderr, f"{r.returncode} {r.stderr}")
    for text, why in (("host port\n", "port"), ("host 80 more\n", "more words"), ("host 99999\n", "a port too large")):
        with open(targets, "w") as f:
            f.write("good\n" + text)
        r = t.run(path, *options)
        t.said(f"a bad line ({why}): exit 64, file and line named", r.returncode == 64 and f"{targets}:2:" in r.stderr, f"{r.returncode} {r.stderr}")
    with open(targets, "w") as f:
        f.write(path.target(4) + "\n")
    for foreign in ("something of somebody else's\n", "no end of line", '{"a":1}\n', '{"a":1}\nprecious', whole + "precious"):
        with open(out, "w") as f:
            f.write(foreign)
        r = t.run(path, *options)
        with open(out) as f:
            t.said(f"somebody else's file is not touched ({foreign[-20:]!r})", r.returncode == 64 and f.read() == foreign, f"{r.returncode} {r.stderr}")
    r = t.run(path, "trace", "--targets", targets, "--out", "/no/such/file")
    t.said("results that cannot be written: exit 64", r.returncode == 64 and "/no/such/file" in r.stderr, f"{r.returncode} {r.stderr}")
    path.close()


if __name__ == "__main__":
    tool.main(__doc__, test, needs=["tshark"])
