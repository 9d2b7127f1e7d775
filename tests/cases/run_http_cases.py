#!/usr/bin/env python3
"""Sends the raw requests of tests/cases/http/*.jsonl to a running gateway and checks each answer.

usage: run_http_cases.py HOST:PORT [--path /healthz] [--early /v1/models] [--accept 401,405] [--tls] [--ways whole,bytes,split]

A case: id, raw (text in Latin-1, or a list of texts and [text, count]) or raw_b64, expect, why, and perhaps max_responses (1),
fin (the client ends its side after the last byte), interim (100 Continue may come first), head (no body follows).
expect: a status, "2xx", "401+" (401 or a higher 4xx), or "close" (the end without an answer).
The cases ask for /echo, a path that takes any GET and POST, and /early, one that refuses with 401: --path and --early put
other paths in their place, --accept says what else counts as 2xx there.
"""
import argparse
import base64
import json
import pathlib
import socket
import ssl
import sys
import time

QUIET = 0.15  # seconds without a byte after a whole answer: no second one is coming
HANG = 5.0


def raw_bytes(case):
    if "raw_b64" in case:
        return base64.b64decode(case["raw_b64"])
    parts = case["raw"] if isinstance(case["raw"], list) else [case["raw"]]
    return b"".join(p.encode("latin-1") if isinstance(p, str) else p[0].encode("latin-1") * p[1] for p in parts)


def body_end(data, head, start):
    """Where the body of one answer ends, or None while it is not all there."""
    fields = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    if fields.get(b"transfer-encoding") == b"chunked":
        end = data.find(b"0\r\n\r\n", start)
        return None if end < 0 else end + 5
    end = start + int(fields.get(b"content-length", b"0"))
    return end if end <= len(data) else None


def answers(data, no_body):
    """The statuses of the whole answers in data, and whether nothing is left over."""
    found, at = [], 0
    while at < len(data):
        end = data.find(b"\r\n\r\n", at)
        if end < 0 or not data.startswith(b"HTTP/1.1 ", at):
            return found, False
        status = int(data[at + 9:at + 12])
        stop = end + 4 if status < 200 or no_body else body_end(data, data[at:end], end + 4)
        if stop is None:
            return found, False
        found.append(status)
        at = stop
    return found, True


def connect(options):
    sock = socket.create_connection(options.address, timeout=HANG)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if options.tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = context.wrap_socket(sock)
    return sock


def exchange(options, pieces, case):
    """Everything the server says to these pieces, and whether it closed."""
    data = b""
    with connect(options) as sock:
        try:
            for piece in pieces:
                sock.sendall(piece)
            if case.get("fin"):
                sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it answered and closed before the last byte
        until = time.monotonic() + HANG
        while time.monotonic() < until:
            statuses, whole = answers(data, case.get("head"))
            enough = whole and statuses and statuses[-1] >= 200
            sock.settimeout(QUIET if enough else HANG)
            try:
                more = sock.recv(65536)
            except TimeoutError:
                return data, False
            except OSError:
                return data, True
            if not more:
                return data, True
            data += more
    return data, False


def matches(expect, status, accepted):
    if expect == "2xx":
        return 200 <= status < 300 or status in accepted
    if expect.endswith("+"):
        return int(expect[:-1]) <= status < 500
    return expect == str(status)


def problem(case, data, closed, accepted):
    statuses, whole = answers(data, case.get("head"))
    if case.get("interim"):
        statuses = [status for status in statuses if status != 100]
    if not whole:
        return f"a broken answer: {data[:200]!r}"
    if not statuses:
        return None if closed and "close" in case["expect"] else "no answer" if closed else "hangs"
    if len(statuses) > case.get("max_responses", 1):
        return f"{len(statuses)} answers: {statuses}"
    if not any(matches(expect, statuses[0], accepted) for expect in case["expect"]):
        return f"{statuses[0]}, expected {' or '.join(case['expect'])}"
    if statuses[0] in (400, 408, 413, 414, 417, 431, 501, 505) and not closed and 400 not in accepted:
        return f"{statuses[0]} without closing"
    return None


def ways(raw, wanted):
    if "whole" in wanted:
        yield "whole", [raw]
    if "bytes" in wanted and len(raw) <= 4096:
        yield "byte by byte", [raw[i:i + 1] for i in range(len(raw))]
    if "split" in wanted and len(raw) <= 1024:
        for i in range(1, len(raw)):
            yield f"split at {i}", [raw[:i], raw[i:]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--path", default="/echo")
    parser.add_argument("--early", default="/early")
    parser.add_argument("--accept", default="")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ways", default="whole,bytes")
    options = parser.parse_args()
    host, _, port = options.address.rpartition(":")
    options.address = (host, int(port))
    accepted = {int(status) for status in options.accept.split(",") if status}
    files = sorted((pathlib.Path(__file__).parent / "http").glob("*.jsonl"))
    cases = [json.loads(line) for file in files for line in file.read_text().splitlines() if line]
    failed = runs = 0
    for case in cases:
        if case.get("fin") and options.tls:
            continue  # TLS has no half of an end
        raw = raw_bytes(case).replace(b"/echo", options.path.encode()).replace(b"/early", options.early.encode())
        for way, pieces in ways(raw, options.ways.split(",")):
            runs += 1
            if trouble := problem(case, *exchange(options, pieces, case), accepted):
                failed += 1
                print(f"FAILED {case['id']} ({way}): {trouble}   [{case['why']}]")
    print(f"http cases: {len(cases)} cases, {runs - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
