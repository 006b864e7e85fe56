"""The conversations that labels.json names: each gives what both ends send, whatever a box makes of it."""
import packets
from packets import ACK, ECE, SYN, Talk, text


def transfer(lines=6, size=400, again=True, **how):
    """Up and down, acknowledged after every second segment; one segment sent again with a new time stamp."""
    t = Talk(**how).handshake()
    for k in range(lines):
        t.data(True, text(True, k * size, size))
        if k % 2:
            t.ack(False)
        if k == 3 and again:
            t.data(True, text(True, 2 * size, size), offset=2 * size).ack(False)
    for k in range(4):
        t.data(False, text(False, k * size, size))
        if k % 2:
            t.ack(True)
    return t.fin()


def repeated(**how):
    """A segment sent again after the server sent data: its Data ACK is another one."""
    t = Talk(**how).handshake().data(True, text(True, 0, 400))
    t.ack_plus = -400  # the server's data does not acknowledge the segment yet
    t.data(False, text(False, 0, 400))
    t.ack_plus = 0
    t.data(True, text(True, 0, 400), offset=0).ack(False)
    return t.data(True, text(True, 400, 400)).ack(False).fin()


def unseen(**how):
    """The server acknowledges 5000 bytes too many, once."""
    t = Talk(**how).handshake().data(True, text(True, 0, 400)).ack(False)
    t.ack_plus = 5000
    t.ack(False)
    t.ack_plus = 0
    return t.data(True, text(True, 400, 400)).ack(False).fin()


def lone_syns(**how):
    t = Talk(**how)
    for _ in range(3):
        t.at[True] = 0
        t.say(True, SYN, packets.MSS + packets.MPC_SYN).wait(1000)
    return t


def hole(**how):
    """The third segment overtakes the second, as after a loss in front of the box."""
    t = Talk(**how).handshake().data(True, text(True, 0, 400)).ack(False)
    t.data(True, text(True, 800, 400), offset=800)
    t.at[True] = 400
    t.ack(False).wait(5).data(True, text(True, 400, 400)).ack(False)
    return t.wait(5).data(True, text(True, 800, 400)).ack(False).fin()


def outside(**how):
    """One segment far outside the window."""
    t = Talk(**how).handshake().data(True, text(True, 0, 400)).ack(False)
    t.data(True, text(True, 0, 400), offset=100_000_000)
    t.at[True] = 400
    return t.data(True, text(True, 400, 400)).ack(False).fin()


def plain_server(**how):
    """A server without MPTCP: its SYN/ACK has no option, and so has nothing after it."""
    t = Talk(**how)
    t.say(True, SYN, packets.MSS + packets.SACK_OK + packets.MPC_SYN).say(False, SYN | ACK, packets.MSS + packets.SACK_OK)
    t.mptcp = False
    t.say(True, ACK)
    for k in range(3):
        t.data(True, text(True, k * 400, 400)).ack(False)
    return t.fin()


def ftp(**how):
    t = Talk(mptcp=False, port=21, **how).handshake()
    t.data(False, b"220 ready\r\n").ack(True)
    t.data(True, b"PORT 192,0,2,1,156,65\r\n").ack(False)
    t.data(False, b"200 fine\r\n").ack(True)
    return t.data(True, b"RETR a-file-with-a-name-that-is-longer-than-sixty-four-bytes-so-that-it-is-seen-again.txt\r\n").ack(False)


def ftp_twice(fin=True, grows=2, **how):
    """Two transfers, each with a PORT that the box makes longer by `grows`: the server acknowledges what it got."""
    t = Talk(mptcp=False, port=21, **how).handshake()
    t.data(False, b"220 ready\r\n").ack(True)
    for k in range(2):
        t.data(True, b"PORT 192,0,2,1,156,%d\r\n" % (65 + k))
        t.ack_plus += grows
        t.ack(False).data(False, b"200 fine\r\n").ack(True)
        t.data(True, b"RETR file%d\r\n" % k).ack(False)
        t.data(False, b"226 done\r\n").ack(True)
    return t.fin() if fin else t


def http(**how):
    t = Talk(mptcp=False, port=80, **how).handshake()
    t.data(True, b"GET /index.html HTTP/1.1\r\nHost: www.example.net\r\nAccept: */*\r\n" + b"X-Filler: " + b"0123456789" * 20 + b"\r\n\r\n").ack(False)
    t.data(False, b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + text(False, 0, 400)).ack(True)
    return t.fin()


def fast_open(**how):
    t = Talk(mptcp=False, **how)
    t.say(True, SYN, packets.MSS + b"\x22\x0a\1\2\3\4\5\6\7\x08", b"early data of the SYN")
    t.say(False, SYN | ACK, packets.MSS + b"\x22\x0a\1\2\3\4\5\6\7\x08")
    t.say(True, ACK)
    return t.data(True, text(True, 0, 400)).ack(False).fin()


def join(**how):
    """A transfer, and beside it a SYN with MP_JOIN to the same server, twice."""
    t = transfer(**how)
    other = Talk(**how)
    other.sport, other.sport_seen = 40002, 40002
    other.tick = t.tick
    for _ in range(2):
        other.say(True, SYN, packets.MSS + b"\x1e\x0c\x10\x01\0\0\0\5\0\0\0\6").wait(200)
    t.sent += other.sent
    t.tick = other.tick
    return t


def errors(**how):
    """Time Exceeded from the server's address, about two segments of the client."""
    t = Talk(**how).handshake()
    for k in range(2):
        t.data(True, text(True, k * 400, 400))
        t.raw(False, packets.time_exceeded(packets.SERVER, packets.CLIENT, t.sent[-1][2]))
    return t.ack(False).fin()


def quoted_behind_nat(**how):
    """The same, of a client behind a translator that the error comes back through."""
    t = Talk(**how).handshake()
    t.data(True, text(True, 0, 400))
    as_seen = packets.tcp(t.client_seen, t.server, t.sport_seen, t.port, 1001, 90001, packets.PSH | ACK, b"", text(True, 0, 400), ident=7)
    t.raw(False, packets.time_exceeded("198.51.100.77", t.client_seen, as_seen[:28]))
    return t.ack(False).fin()


def ecn(**how):
    t = Talk(tos=0xba, **how).handshake(flags=ECE | packets.CWR)
    for k in range(3):
        t.data(True, text(True, k * 400, 400)).ack(False)
    return t.fin()


def both_see_loss(**how):
    """Lost in front of both points or behind both, sent again, overtaken, doubled: the same at both points."""
    t = Talk(**how).handshake()
    for k in (0, 1, 3, 4, 2, 5, 7, 6, 6, 8, 9, 8, 10):
        t.data(True, text(True, k * 400, 400), offset=k * 400).ack(False)
    t.data(True, text(True, 9 * 400, 700), offset=9 * 400).ack(False)
    return t.fin()
