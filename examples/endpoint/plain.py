#!/usr/bin/python3
"""One end of a transfer over an ordinary TCP socket: no MPTCP in it. Sends a file, keeps what it receives.

    plain.py      everything it needs comes in the environment (docs/endpoint.md)

Exit 0: all sent, and received to the end of the stream. 1: not, with the reason on standard error.
"""
import os
import socket
import sys
import threading

ENV = {name[len("GAUNTLET_"):]: value for name, value in os.environ.items() if name.startswith("GAUNTLET_")}


def opened():
    family = socket.AF_INET6 if ENV["FAMILY"] == "ipv6" else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if ENV["ROLE"] == "client":
        sock.bind((ENV["BIND"], 0))
        sock.connect((ENV["ADDRESS"], int(ENV["PORT"])))
        return sock
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ENV["ADDRESS"], int(ENV["PORT"])))
    sock.listen(1)
    return sock.accept()[0]


def send(connection, failed):
    try:
        with open(ENV["SEND_FILE"], "rb") as source:
            connection.sendfile(source)
        connection.shutdown(socket.SHUT_WR)
    except OSError as error:
        failed.append("send: %s" % error)


def main():
    connection = opened()
    failed = []
    sender = threading.Thread(target=send, args=(connection, failed), daemon=True)
    sender.start()
    try:
        with open(ENV["RECEIVED_FILE"], "wb") as kept:
            while piece := connection.recv(65536):
                kept.write(piece)
    except OSError as error:
        failed.append("receive: %s" % error)
    sender.join(1)
    for text in failed:
        print(text, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
