#!/usr/bin/python3
"""How far off the box `delay` is: datagrams every 5 ms, one way, against the same way through the box `pass`.

    delay_bench.py GAUNTLET [--packets 400] [--gate]

Prints the error's percentiles for 5, 10, 20 and 50 ms. Needs root. Exit 0; 1 with --gate when a median is over 200 us.
"""
import argparse
import statistics
import subprocess
import sys
import time

from traffic import SERVER, Namespaces

TARGET_US = 200
RECEIVER = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 5001)); s.settimeout(3)
print("ready", flush=True)
for _ in range(int(sys.argv[2])):
    try: sent = int(s.recv(64).split()[0])
    except socket.timeout: break
    print(time.monotonic_ns() - sent)
"""
SENDER = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect((sys.argv[1], 5001))
due = time.monotonic()
for _ in range(int(sys.argv[2])):
    due += 0.005
    time.sleep(max(0, due - time.monotonic()))
    s.send(b"%d" % time.monotonic_ns())
"""


def one_way_us(where, gauntlet, spec, packets):
    box = where.spawn("router", [gauntlet, "box", spec, "--queue", "0", "--client-side", "r0"], stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE)
    if b"queue 0" not in box.stderr.readline():
        raise SystemExit("bench: the box did not start")
    receiver = where.spawn("server", [sys.executable, "-c", RECEIVER, SERVER, str(packets)], stdout=subprocess.PIPE, text=True)
    receiver.stdout.readline()
    where.run("client", [sys.executable, "-c", SENDER, SERVER, str(packets)])
    times = [int(line) / 1000 for line in receiver.communicate(timeout=60)[0].split()]
    box.terminate()
    box.wait()
    if len(times) != packets:
        raise SystemExit("bench: %d of %d datagrams arrived" % (len(times), packets))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gauntlet")
    parser.add_argument("--packets", type=int, default=400)
    parser.add_argument("--gate", action="store_true")
    options = parser.parse_args()
    worst = 0
    print("| delay | error p50 us | p90 | p99 |\n|---|---|---|---|")
    with Namespaces() as where:
        where.queue_everything()
        one_way_us(where, options.gauntlet, "pass", 20)
        for milliseconds in (5, 10, 20, 50):
            floor = statistics.median(one_way_us(where, options.gauntlet, "pass", options.packets))
            times = sorted(t - floor - 1000 * milliseconds for t in one_way_us(
                where, options.gauntlet, "delay:time=%dms,dir=c2s" % milliseconds, options.packets))
            at = [times[min(len(times) - 1, int(len(times) * share))] for share in (0.5, 0.9, 0.99)]
            worst = max(worst, abs(at[0]))
            print("| %d ms | %.0f | %.0f | %.0f |" % (milliseconds, *at), flush=True)
    return 1 if options.gate and worst > TARGET_US else 0


if __name__ == "__main__":
    sys.exit(main())
