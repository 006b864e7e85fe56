"""What a trace owes where routers quote little, are silent or limit: it follows from the box, from where it stands and from what each
router was told to do, and from nothing that the trace says. (Of its report: only the packets it sent, for where options stand in them.)

A change is owed by its name where a router behind the box answers everything and quotes as far as the changed field ends; its place
reaches from the last such router in front of the box (0: the client itself) to the first behind it. What only answers show needs no
quoted field; the routers that show how far a probe got must quote enough to tell it.
"""
import dataclasses

WHOLE = 1 << 16  # as much as fits: all of a header, and of most payloads
HEADER = 20
IDENTITY = 8  # ports and sequence number (RFC 792): which probe it was
CHECKSUM = 18  # enough where an edit leaves no choice of values; for any other a whole header: a shorter quote may have been
# translated back and its sum not
ENDS = {"tcp.sport": 8, "tcp.dport": 8, "udp.sport": 8, "tcp.seq": 8, "tcp.ack": 12, "tcp.flags": 14, "tcp.window": 16, "tcp.urgent": 20}
SAME_LENGTH = {"stripped-nop", "stripped-eol", "hidden-by-eol", "kind-replaced", "changed", "clamped"}
OTHER_LENGTH = {"stripped-cut", "added", "duplicated"}
KINDS = {2: "tcp.mss", 3: "tcp.wscale", 4: "tcp.sack_permitted", 5: "tcp.sack", 8: "tcp.timestamps"}
SUBTYPES = ["mp_capable", "mp_join", "dss", "add_addr", "remove_addr", "mp_prio", "mp_fail", "mp_fastclose", "mp_tcprst"]  # RFC 8684 8


@dataclasses.dataclass
class Router:
    upper: int = WHOLE  # bytes quoted behind the IP header
    filled: bool = False  # and zeros behind them, which may be data as well (RFC 4884 4.1)
    silent: bool = False
    limited: bool = False  # may answer, or not

    def shown(self):
        """Of zeros at the end only those are certain that the first option, which is none, closes; -1: nothing is certain."""
        if self.silent or self.limited:
            return -1
        return self.upper if not self.filled else HEADER if self.upper >= HEADER + 4 else 0


def parted(finding):
    """Field, segment, direction, verdict."""
    name, verdict = finding.lstrip("~").split(": ")
    name, direction = name.rsplit(".", 1)
    field, last = name.rsplit(".", 1)
    if last in ("syn", "synack", "ack3", "data", "ack") and name != "tcp.ack":
        return field, last, direction, verdict
    return name, "", direction, verdict


def options_of(sent):
    """(feature, where it ends in the block) of each option, and the size of the block."""
    at = (sent[0] & 15) * 4 if sent[0] >> 4 == 4 else 40
    block = sent[at + HEADER:at + (sent[at + 12] >> 4) * 4]
    out, at = [], 0
    while at < len(block) and block[at] != 0:
        if block[at] == 1:
            at += 1
            continue
        kind, size = block[at:at + 2]
        out.append((f"mptcp.{SUBTYPES[block[at + 2] >> 4]}" if kind == 30 else KINDS.get(kind, f"tcp.option_{kind}"), at + size))
        at += size
    return out, len(block)


def segment_of(probe):
    words = [w.split("=")[0] for w in probe["spec"].split("/")]
    if "syn" in words:
        return "syn"
    return "ack3" if "mpcapable-ack" in words else "data" if {"len", "text", "data"} & set(words) else "ack"


def end_of_option(field, segment, verdict, probes):
    """Up to there it must be quoted, in whichever packet of these carries it; where options move, all of them."""
    most = 0
    for sent in (bytes.fromhex(p["sent"]) for p in probes if segment_of(p) == segment and not p["spec"].startswith(("udp", "icmp"))):
        options, size = options_of(sent)
        ends = [end for feature, end in options if feature == field]
        if verdict in ("added", "duplicated", "reordered"):
            most = max(most, HEADER + size + (12 if verdict == "duplicated" else 4 if verdict == "added" else 0))
        elif ends:
            most = max(most, HEADER + (size if verdict in OTHER_LENGTH else ends[0]))
    return most or WHOLE


def needed(finding, probes):
    """Bytes a quote must show; `by answer`: the far end's answer shows it, and quotes only how far the probe got."""
    field, segment, direction, verdict = parted(finding)
    if verdict in ("proxied", "captive-portal", "raised") or (verdict == "dropped" and segment == "syn"):
        return IDENTITY, True
    if verdict == "dropped":  # a copy that dies on the way anyway: nobody but routers shows that it got no further
        return IDENTITY, False
    if verdict == "lowered":
        return IDENTITY, False
    if field == "tcp.segment":
        return 16, False  # the window, whose low bits tell the TTL where no identification does (IPv6): copies are counted by TTL
    if field in ("ip.src", "ip.dst"):
        return IDENTITY, False  # who translates quotes back needs these
    if field in ("ip.dscp", "ip.ecn"):
        return 0, False
    if field in ENDS:
        return ENDS[field], False
    if field.startswith(("tcp.", "mptcp.")) and verdict in SAME_LENGTH | OTHER_LENGTH | {"reordered"}:
        return end_of_option(field, segment, verdict, probes), False
    return WHOLE, False  # payload, segmentation, what follows from all of a segment


def owed(row, routers, lo, hi, probes):
    """[(finding, (lo, hi) at most)] and whether anything at all must be told. `lo`, `hi`: the true place, counted from the client."""
    shown = {hop: r.shown() for hop, r in enumerate(routers, 1)}
    out, anything = [], False
    for finding in row["one"]:
        field, _, direction, verdict = parted(finding)
        if row.get("loose"):  # told by the TTL of an answer that comes from there, whatever routers quote
            again = verdict == "acknowledged-early" and any(r.limited for r in routers)
            # Who is asked for seconds hears what the box sends again by itself: quotes that come from farther than they name.
            out.append((finding, (0, 255) if again else (lo - 1, hi + 1)))
            continue
        if direction != "forward":
            if verdict == "mirrored" or shown[len(routers)] >= end_of_option("mptcp.mp_capable", "syn", "stripped-nop", probes):
                out.append((finding, (0, 255)))  # the server's answer, and a SYN that was whole in front of the server
            continue
        bytes_, by_answer = needed(finding, probes)
        front = max((h for h, s in shown.items() if h <= lo and s >= bytes_), default=0)
        behind = min((h for h, s in shown.items() if h >= hi and s >= bytes_), default=255)
        if verdict in ("proxied", "captive-portal", "raised"):
            behind = hi  # the smallest TTL that is answered
        if verdict == "lowered" and behind != hi:
            continue  # only the next router meets what lives no longer
        if verdict == "dropped" and not by_answer and any(r.limited for r in routers):
            continue  # there is no asking each at the pace of such a router: silence proves nothing
        if behind != 255 or by_answer:
            out.append((finding, (front, behind)))
        sum_ends = CHECKSUM if verdict in ("stripped-nop", "stripped-eol") else HEADER
        sum_shows = verdict in SAME_LENGTH and any(s >= sum_ends for h, s in shown.items() if h >= hi)
        anything |= sum_shows or (verdict in OTHER_LENGTH and any(s >= 0 for h, s in shown.items() if h >= hi))
    return out, anything
