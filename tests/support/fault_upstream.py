#!/usr/bin/env python3
"""An upstream that misbehaves as its path asks: /ok, /sse, /fin-between-chunks, ... (the functions named mode_*).

Listens on loopback ports of the kernel's choice, plain, with TLS certificates good and bad, as a CONNECT proxy, and
starts nginx for HTTP/2. Prints one line "name=value ..." with the ports and the CA file, and ends with standard input.
"""
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

STATS = {"connections": 0, "requests": 0, "tls_bytes": 0, "proxied": 0, "sent": 0}
CLOSED = {}  # probe id -> CLOCK_MONOTONIC nanoseconds at which its peer closed
CHANGED = threading.Condition()


def head(length=None, extra="", status="200 OK", version="1.1"):
    framing = "" if length is None else f"Content-Length: {length}\r\n"
    return f"HTTP/{version} {status}\r\nContent-Type: text/plain\r\n{framing}{extra}\r\n".encode()


def chunked(extra=""):
    return head(extra="Transfer-Encoding: chunked\r\n" + extra)


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def reset(conn):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def mode_ok(conn, request):
    conn.sendall(head(5) + b"hello")
    return True


def mode_echo(conn, request):
    text = json.dumps({"method": request["method"], "target": request["target"], "headers": request["headers"],
                       "body": request["body"].decode("latin-1")}).encode()
    conn.sendall(head(len(text)) + text)
    return True


def mode_status(conn, request):
    conn.sendall(head(2, status=request["query"].replace("_", " ")) + b"no")
    return True


def mode_sse(conn, request):
    conn.sendall(chunked())
    for i in range(5):
        conn.sendall(chunk(f"data: {i}\n\n".encode()))
        time.sleep(0.01)
    conn.sendall(b"0\r\n\r\n")
    return True


def mode_until_close(conn, request):
    conn.sendall(head(version="1.0") + b"all of it")


def mode_fin_between_chunks(conn, request):
    conn.sendall(chunked() + chunk(b"part"))


def mode_fin_inside_chunk(conn, request):
    conn.sendall(chunked() + b"100\r\npart")


def mode_short_length(conn, request):
    conn.sendall(head(100) + b"part")


def mode_bad_chunk_size(conn, request):
    conn.sendall(chunked() + chunk(b"part") + b"zz\r\npart\r\n0\r\n\r\n")


def mode_rst(conn, request):
    conn.sendall(chunked() + chunk(b"part"))
    time.sleep(0.05)
    reset(conn)


def mode_fin_before_head(conn, request):
    pass


def mode_half_head(conn, request):
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


def mode_stall_before_head(conn, request):
    probe(conn, request)


def mode_stall_mid_body(conn, request):
    conn.sendall(chunked() + chunk(b"part"))
    probe(conn, request)


def mode_dribble(conn, request):
    conn.sendall(chunked())
    while True:
        conn.sendall(chunk(b"."))
        time.sleep(0.02)


def mode_interim(conn, request):
    conn.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    return mode_ok(conn, request)


def mode_endless_interim(conn, request):
    while True:
        conn.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def mode_switch(conn, request):
    conn.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
    probe(conn, request)


def mode_redirect(conn, request):
    conn.sendall(head(0, "Location: http://169.254.169.254/latest/meta-data/\r\n", "302 Found"))
    return True


def mode_huge_header(conn, request):
    conn.sendall(head(5, "X-Big: " + "a" * 80_000 + "\r\n") + b"hello")


def mode_many_headers(conn, request):
    conn.sendall(head(5, "".join(f"X-{i}: {'a' * 1000}\r\n" for i in range(100))) + b"hello")


def mode_endless(conn, request):
    conn.sendall(chunked())
    piece = chunk(b"data: x\n\n" * 1000)
    while True:
        conn.sendall(piece)


def mode_long_line(conn, request):
    conn.sendall(head(100_000_000))
    for _ in range(100):
        conn.sendall(b"a" * 1_000_000)
    return True


def mode_flood(conn, request):
    """50 MB as fast as they are taken; what was sent is counted."""
    conn.sendall(head(50_000_000))
    conn.settimeout(20)
    rest = memoryview(b"f" * 50_000_000)
    while rest:
        sent = conn.send(rest[:65536])
        STATS["sent"] += sent
        rest = rest[sent:]
    return True


def mode_gzip(conn, request):
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(b"hello") + packer.flush()
    conn.sendall(head(len(body), "Content-Encoding: gzip\r\n") + body)
    return True


def mode_transfer_gzip(conn, request):
    conn.sendall(head(extra="Transfer-Encoding: gzip, chunked\r\n") + chunk(b"hello") + b"0\r\n\r\n")


def mode_not_http(conn, request):
    conn.sendall(b"SSH-2.0-OpenSSH_9.2\r\nmore of that\r\n")


def mode_fold(conn, request):
    conn.sendall(head(5, "X-A: one\r\n two\r\n") + b"hello")


def mode_two_lengths(conn, request):
    conn.sendall(head(5, "Content-Length: 6\r\n") + b"hello!")


def mode_close_when_idle(conn, request):
    """Answers, then closes without saying so: the next request on this connection meets a FIN."""
    conn.sendall(head(5) + b"hello")


def mode_drop_second(conn, request):
    """Keeps the first connection; swallows its second request and closes. Any other connection answers."""
    if request["nth"] == 1:
        return mode_ok(conn, request)
    return False


def mode_slow_reader(conn, request):
    return mode_ok(conn, request)


def mode_stats(conn, request):
    text = json.dumps(STATS).encode()
    conn.sendall(head(len(text)) + text)
    return True


def mode_closed(conn, request):
    """Waits until the probe's peer has closed; answers with the time."""
    with CHANGED:
        CHANGED.wait_for(lambda: request["query"] in CLOSED, timeout=10)
        text = str(CLOSED.get(request["query"], 0)).encode()
    conn.sendall(head(len(text)) + text)
    return True


def probe(conn, request):
    try:
        conn.settimeout(30)
        while conn.recv(4096):
            pass
    except OSError:
        pass
    with CHANGED:
        CLOSED[request["query"]] = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        CHANGED.notify_all()


def read_request(conn, buffered):
    while b"\r\n\r\n" not in buffered:
        data = conn.recv(65536)
        if not data:
            return None, b""
        buffered += data
    raw, _, rest = buffered.partition(b"\r\n\r\n")
    lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
    length = int(headers.get("content-length", "0"))
    path, _, query = target.partition("?")
    if path == "/slow_reader":
        time.sleep(1.0)
    rest = bytearray(rest)
    while len(rest) < length:
        data = conn.recv(65536)
        if not data:
            return None, b""
        rest += data
        if path == "/slow_reader":
            time.sleep(0.005)
    rest = bytes(rest)
    return {"method": method, "target": target, "path": path, "query": query, "headers": headers,
            "body": rest[:length]}, rest[length:]


def serve(conn):
    STATS["connections"] += 1
    buffered, nth = b"", 0
    try:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            request, buffered = read_request(conn, buffered)
            if request is None:
                break
            nth += 1
            request["nth"] = nth
            if request["path"] not in ("/stats", "/closed"):
                STATS["requests"] += 1
            mode = globals().get("mode_" + request["path"].strip("/").replace("-", "_"), mode_ok)
            if not mode(conn, request):
                break
    except (OSError, ValueError):
        pass
    finally:
        conn.close()


def listener():
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(512)
    return sock


def accept_loop(sock, handler):
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=handler, args=(conn,), daemon=True).start()


def listen(handler):
    sock = listener()
    threading.Thread(target=accept_loop, args=(sock, handler), daemon=True).start()
    return sock.getsockname()[1]


def tls_handler(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def handle(conn):
        try:
            tls = context.wrap_socket(conn, server_side=True)
        except (OSError, ssl.SSLError):
            conn.close()
            return
        STATS["tls_bytes"] += 1
        serve(tls)
    return handle


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def proxy(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        more = conn.recv(4096)
        if not more:
            return
        data += more
    verb, target, _ = data.split(b" ", 2)
    if verb != b"CONNECT":  # a plain request goes on to its target as it came
        host, port = target.split(b"/")[2].decode().rsplit(":", 1)
    else:
        host, port = target.decode().rsplit(":", 1)
    STATS["proxied"] += 1
    if host == "refused.test":
        conn.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        conn.close()
        return
    there = socket.create_connection((host, int(port)))
    if verb == b"CONNECT":
        conn.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        there.sendall(data.replace(target, b"/" + target.split(b"/", 3)[3], 1))
    threading.Thread(target=pump, args=(there, conn), daemon=True).start()
    pump(conn, there)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def expired_days():
    """A validity that is over: OpenSSL 3.4 and newer refuse -days -1 and have options of their own for it, older ones lack them."""
    version = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True).stdout.split()[1]
    if tuple(int(part) for part in version.split(".")[:2]) >= (3, 4):
        return ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]
    return ["-days", "-1"]


def make_certificates(folder):
    def path(name):
        return os.path.join(folder, name)
    key = path("key.pem")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=Test CA", "-days", "2", "-out", path("ca.pem"),
            "-addext", "keyUsage=critical,keyCertSign")
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path("leaf.pem"))
    two_days = ["-days", "2"]
    for name, san, days in (("good", "IP:127.0.0.1,DNS:localhost", two_days), ("wrong", "DNS:elsewhere.test", two_days),
                            ("expired", "IP:127.0.0.1", expired_days())):
        with open(path("ext"), "w", encoding="ascii") as file:
            file.write(f"subjectAltName={san}\n")
        openssl("req", "-new", "-key", path("leaf.pem"), "-subj", "/CN=127.0.0.1", "-out", path("csr"))
        openssl("x509", "-req", "-in", path("csr"), "-CA", path("ca.pem"), "-CAkey", key, "-CAcreateserial",
                *days, "-extfile", path("ext"), "-out", path(name + ".pem"))
    openssl("req", "-x509", "-new", "-key", path("leaf.pem"), "-subj", "/CN=127.0.0.1", "-days", "2",
            "-addext", "subjectAltName=IP:127.0.0.1", "-out", path("selfsigned.pem"))
    return path


NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {folder}/good.pem; ssl_certificate_key {folder}/leaf.pem;
location / {{ return 200 "$server_protocol $connection"; }}
location /through/ {{ proxy_pass http://127.0.0.1:{plain}/; proxy_buffering off; proxy_http_version 1.1; }} }} }}
"""


def start_nginx(folder, plain):
    binary = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if binary is None:
        return None, 0
    for _ in range(5):  # nginx cannot tell which port the kernel chose
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(NGINX.format(folder=folder, port=port, plain=plain))
        process = subprocess.Popen([binary, "-p", folder, "-c", config], stderr=subprocess.DEVNULL)
        for _ in range(100):
            if process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return process, port
            except OSError:
                time.sleep(0.05)
    return None, 0


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nginx = None
    folder = tempfile.mkdtemp(prefix="fault_upstream.")
    try:
        path = make_certificates(folder)
        ports = {"http": listen(serve), "proxy": listen(proxy)}
        for name in ("good", "wrong", "expired", "selfsigned"):
            ports[name] = listen(tls_handler(path(name + ".pem"), path("leaf.pem")))
        full = socket.socket()  # bound but not listening: refuses
        full.bind(("127.0.0.1", 0))
        ports["refused"] = full.getsockname()[1]
        ports["silent"] = listen(lambda conn: time.sleep(60))
        nginx, ports["h2"] = start_nginx(folder, ports["http"])
        print(" ".join(f"{name}={port}" for name, port in ports.items()), f"ca={path('ca.pem')}", flush=True)
        sys.stdin.read()
    finally:
        if nginx is not None:
            nginx.kill()
            nginx.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
