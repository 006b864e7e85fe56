"""The conversations that labels.json names: each gives what both ends send, whatever a box makes of it."""
import random

import packets
from packets import ACK, ECE, SYN, Talk, text


def transfer(lines=6, size=400, again=True, gap=0, **how):
    """Up and down, acknowledged after every second segment; one segment sent again with a new time stamp."""
    t = Talk(**how).handshake()
    for k in range(lines):
        t.wait(gap).data(True, text(True, k * size, size))
        if k % 2:
            t.ack(False)
        if k == 3 and again:
            t.data(True, text(True, 2 * size, size), offset=2 * size).ack(False)
    for k in range(4):
        t.data(False, text(False, k * size, size))
        if k % 2:
            t.ack(True)
    return t.fin()


def capable_data(**how):
    """The first data bring both keys again, and a mapping with a checksum (RFC 8684 3.1)."""
    t = Talk(sums=True, **how).handshake()
    t.say(True, ACK | packets.PSH, packets.mpc_data(text(True, 0, 400)), text(True, 0, 400)).ack(False)
    return t.data(True, text(True, 400, 400)).ack(False).fin()


def acknowledged(t, up, size, **more):
    """The receiver of these data acknowledges so many bytes, whatever was sent."""
    t.at[up], sent = size, t.at[up]
    t.ack(not up, **more)
    t.at[up] = sent


def inside(part, grows, up=True, line=None, filler=0, **how):
    """The first segment is longer by `grows` when it arrives. Acknowledged are `part` bytes of it first, then all."""
    t = Talk(**how).handshake()
    line = text(up, 0, 400) if line is None else line.encode() + text(up, 0, filler)
    t.data(up, line)
    acknowledged(t, up, part)
    acknowledged(t, up, len(line) + grows)
    t.data(up, text(up, 400, 400))
    acknowledged(t, up, len(line) + 400 + grows)
    return t


def repetition(first, again, flags=packets.PSH, one_mapping=False, **how):
    """Sent in segments of these sizes, and again as (offset, size) before anything of it is acknowledged."""
    t = Talk(**how).handshake()

    def send(offset, size, flags):
        if one_mapping:  # of all of it, on every segment
            t.say(True, ACK | flags, packets.dss(1, 5001, 1, sum(first)), text(True, offset, size), offset)
        else:
            t.data(True, text(True, offset, size), offset=offset, flags=flags)

    for size in first:
        send(t.at[True], size, packets.PSH)
    for offset, size in again:
        send(offset, size, flags)
    t.ack(False)
    return t.data(True, text(True, t.at[True], 400)).ack(False).fin()


def unanswered(asks=False, **how):
    """A segment the server acknowledges after 400 ms; meanwhile it may send data (`asks`), which are acknowledged."""
    t = Talk(**how).handshake().data(True, text(True, 0, 400)).wait(100)
    if asks:
        t.ack_plus = -400
        t.data(False, text(False, 0, 400)).ack(True)
        t.ack_plus = 0
    return t.wait(300).ack(False).data(True, text(True, 400, 400)).ack(False).fin()


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


def hole(late=5, **how):
    """The third segment overtakes the second, as after a loss in front of the box."""
    t = Talk(**how).handshake().data(True, text(True, 0, 400)).ack(False)
    t.data(True, text(True, 800, 400), offset=800)
    t.at[True] = 400
    t.ack(False).wait(late).data(True, text(True, 400, 400)).ack(False)
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


def ftp_twice(fin=True, grows=2, mptcp=False, **how):
    """Two transfers, each with a PORT that the box makes longer by `grows`: the server acknowledges what it got."""
    t = Talk(mptcp=mptcp, port=21, **how).handshake()
    t.data(False, b"220 ready\r\n").ack(True)
    for k in range(2):
        t.data(True, b"PORT 192,0,2,1,156,%d\r\n" % (65 + k))
        t.ack_plus += grows
        t.ack(False).data(False, b"200 fine\r\n").ack(True)
        t.data(True, b"RETR file%d\r\n" % k).ack(False)
        t.data(False, b"226 done\r\n").ack(True)
    return t.fin() if fin else t


def http(mptcp=False, filler=200, **how):
    t = Talk(mptcp=mptcp, port=80, **how).handshake()
    t.data(True, b"GET /index.html HTTP/1.1\r\nHost: www.example.net\r\nAccept: */*\r\n" + b"X-Filler: " + b"0123456789" * (filler // 10) + b"\r\n\r\n").ack(False)
    t.data(False, b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + text(False, 0, 400)).ack(True)
    return t.fin()


def fast_open(head="220a", **how):
    """`head`: what stands before the cookie, in hex; fe0cf989 in the experimental form (RFC 6994)."""
    t = Talk(mptcp=False, **how)
    option = packets.MSS + bytes.fromhex(head) + b"\1\2\3\4\5\6\7\x08"
    t.say(True, SYN, option, b"early data of the SYN")
    t.say(False, SYN | ACK, option)
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


def proxied(late=True, mss=1460, up=(400, 400, 400), acks=(), pause=5, window=60000, flags=packets.PSH, slow=0,
            bare=False, syn_flags=0, **how):
    """Two ends that hear of a proxy only. The server answers the SYN before the third ACK or behind it (`late`). Each
    segment is acknowledged before the next; or, with `acks`, so many bytes at a time, `pause` ms apart, when all are sent.
    `window`: the server's. The third ACK takes `slow` ms. A server that is `bare` knows no option but the MSS."""
    t = Talk(**how)
    base = packets.mss(mss) + packets.SACK_OK + (b"" if t.mptcp and t.stamps else b"\1\3\3\x0a")

    def synack():
        stamps, t.stamps = t.stamps, t.stamps and not bare
        t.say(False, SYN | ACK, packets.mss(mss) if bare else base + (packets.MPC_SYNACK if t.mptcp else b""), window=window)
        t.stamps = stamps and not bare

    t.say(True, SYN | syn_flags, base + (packets.MPC_SYN if t.mptcp else b""), window=60000)
    if not late:
        synack()
    t.wait(slow).say(True, ACK, packets.MPC_ACK if t.mptcp else b"", window=400)
    if late:
        synack()
    for size in up:
        t.data(True, text(True, t.at[True], size), flags=flags)
        if not acks:
            t.wait(5).ack(False, window=window).wait(5)
    for size in acks:
        t.wait(pause)
        acknowledged(t, True, size, window=window)
    for _ in range(2):
        t.wait(5).data(False, text(False, t.at[False], 400), window=window).wait(5).ack(True)
    return t.wait(50).fin()


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


def any_repetitions(seed):
    """A client drawn by lot: what it sends again is cut otherwise, holes and the server's data come between, the window moves."""
    draw = random.Random(seed)
    stamps, six, mptcp = draw.random() < 0.4, draw.random() < 0.3, draw.random() < 0.7
    t = Talk(stamps=stamps, six=six, mptcp=mptcp).handshake()
    acked = end = down = 0
    for _ in range(draw.randint(6, 16)):
        what, window = draw.random(), draw.choice([500, 500, 400, 300])
        if what < 0.45:
            size = draw.choice([100, 200, 300, 400, 600])
            t.data(True, text(True, end, size), window=window, flags=draw.choice([0, packets.PSH]))
            end += size
        elif what < 0.75 and end > acked:
            begin = draw.randrange(acked, end, 100)
            size = min(end + draw.choice([0, 0, 0, 200]), begin + draw.choice([100, 200, 400, 600, 800])) - begin
            t.data(True, text(True, begin, size), offset=begin, window=window, flags=draw.choice([0, packets.PSH]))
            end = max(end, begin + size)
        elif what < 0.8:
            size = draw.choice([200, 400])
            t.data(True, text(True, end + 200, size), offset=end + 200, window=window)
            t.wait(5).data(True, text(True, end, 200), offset=end)
            end += 200 + size
        elif what < 0.9:
            here, t.at[True] = t.at[True], acked
            t.data(False, text(False, down, 100))
            t.at[True] = here
            down += 100
        else:
            acked = draw.choice([acked, end])
            acknowledged(t, True, acked)
        if draw.random() < 0.2:
            t.wait(draw.choice([5, 30, 250]))
    acknowledged(t, True, end)
    return t.fin()
