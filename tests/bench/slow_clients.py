#!/usr/bin/env python3
"""2,000 clients that send one byte per second, and what a good client notices of them.

usage: slow_clients.py HOST:PORT [--path /healthz] [--slow 2000] [--seconds 20] [--body] [--key sk-…]

Measures a good client's latency (one keep-alive connection, back to back) alone and then beside the slow ones, which
open anew whenever they are cut. Prints both, the ratio of the p99s, and how long the slow ones lived. Ends with 1 when the
good client failed once or its p99 is over twice its idle value (and over 2 ms, below which the machine's own noise counts).
"""
import argparse
import resource
import select
import socket
import statistics
import sys
import threading
import time

HEAD = b"GET /slow HTTP/1.1\r\nHost: gateway\r\nX-Slow: " + b"a" * 4000
BODY = b"POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %s\r\nContent-Length: 4000\r\n\r\n"


class Slow:
    def __init__(self, address, first):
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.connect_ex(address)
        self.born = time.monotonic()
        self.next = self.born + 0.2
        self.first = first
        self.at = 0

    def step(self, now):
        """Sends what is due; False when the server has cut the connection."""
        try:
            piece = self.first if self.at == 0 and self.first else HEAD[self.at:self.at + 1]
            self.sock.send(piece)
            self.at += 1
            self.next = now + 1.0
            return True
        except BlockingIOError:
            self.next = now + 0.2
            return True
        except OSError:
            return False


def dribble(address, count, first, stop, lives):
    slow, poller = {}, select.epoll()

    def add():
        client = Slow(address, first)
        slow[client.sock.fileno()] = client
        poller.register(client.sock.fileno(), select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLHUP)

    def drop(fd):
        client = slow.pop(fd)
        lives.append(time.monotonic() - client.born)
        poller.unregister(fd)
        client.sock.close()

    while not stop.is_set():
        for _ in range(min(100, count - len(slow))):
            add()
        for fd, _ in poller.poll(0.02):
            drop(fd)
        now = time.monotonic()
        for fd in [fd for fd, client in slow.items() if client.next <= now and not client.step(now)]:
            drop(fd)
    for client in slow.values():
        client.sock.close()


def good_client(address, path, seconds):
    request = f"GET {path} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode()
    times, failures = [], 0
    until = time.monotonic() + seconds
    sock = socket.create_connection(address, timeout=5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while time.monotonic() < until:
        begun = time.perf_counter()
        try:
            sock.sendall(request)
            answer = sock.recv(65536)
        except OSError:
            answer = b""
        if not answer.startswith(b"HTTP/1.1 "):
            failures += 1
            sock.close()
            sock = socket.create_connection(address, timeout=5)
        times.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.002)
    return times, failures


def told(name, times):
    p99 = statistics.quantiles(times, n=100)[98]
    print(f"{name}: {len(times)} requests, p50 {statistics.median(times):.2f} ms, p99 {p99:.2f} ms, max {max(times):.2f} ms")
    return p99


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--path", default="/healthz")
    parser.add_argument("--slow", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--body", action="store_true", help="dribble bodies instead of heads")
    parser.add_argument("--key", default="none")
    options = parser.parse_args()
    host, _, port = options.address.rpartition(":")
    address = (host, int(port))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, options.slow + 1000), hard))

    idle, failed_idle = good_client(address, options.path, options.seconds / 2)
    stop, lives = threading.Event(), []
    first = BODY % options.key.encode() if options.body else b""
    dribbler = threading.Thread(target=dribble, args=(address, options.slow, first, stop, lives))
    dribbler.start()
    time.sleep(2)
    busy, failed = good_client(address, options.path, options.seconds)
    stop.set()
    dribbler.join()

    p99_idle, p99 = told("alone", idle), told(f"beside {options.slow} slow clients", busy)
    if lives:
        print(f"slow clients cut: {len(lives)}, after {min(lives):.1f} to {max(lives):.1f} s")
    failures = failed + failed_idle
    print(f"p99 ratio {p99 / p99_idle:.2f}, good requests that failed: {failures}")
    return 1 if failures or (p99 > 2 * p99_idle and p99 > 2.0) else 0


if __name__ == "__main__":
    sys.exit(main())
