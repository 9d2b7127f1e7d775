#!/usr/bin/env python3
"""Fails on a file of more than 500 lines, a word that marks unfinished work, or a call that switches TLS checks off or
leaves a database to luck.

usage: house_rules.py ROOT
"""
import pathlib
import re
import sys

MAX_LINES = 500
CODE = {".h", ".hpp", ".c", ".cpp"}
TEXT = CODE | {".py", ".sh", ".mjs", ".cmake", ".yaml", ".txt", ".md"}
FOLDERS = ["gateway", "plugins", "plugin-api", "tests", "cmake", "etc", "migrations", "docs"]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# What stands in no code outside tests: it accepts any certificate, asks on stdin, or reconnects behind our back.
FORBIDDEN = {
    re.compile(r"\bVERIFY_(NONE|RELAXED)\b"): "accepts any certificate",
    re.compile(r"\b(AcceptCertificateHandler|ConsoleCertificateHandler)\b"): "accepts any certificate, or asks on stdin",
    re.compile(r"enableExtendedCertificateVerification\(\s*false"): "checks no host name",
    re.compile(r"CURLOPT_SSL_VERIFY(PEER|HOST)\s*,\s*0"): "accepts any certificate",
    re.compile(r"\b(LONGTEXT|LONGBLOB)\b"): "columns end at MEDIUMTEXT",
    re.compile(r"auto-reconnect\s*=\s*true"): "loses a transaction without a word",
    re.compile(r"\bData/SessionPool\.h|\bPoco::Data::SessionPool\b"): "the pool is ours",
    re.compile(r"\b(HTTPServer|TCPServer)\b"): "a thread per connection",
}
# A server that asks no client for a certificate says so with VERIFY_NONE too.
EXEMPT = {("gateway/http/tls_context.cpp", "VERIFY_NONE")}
SELF = "tests/checks/house_rules.py"


def problems_of(name, path):
    lines = path.read_text(errors="replace").splitlines()
    if path.suffix in CODE | {".py", ".sh", ".mjs"} and len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines; {MAX_LINES} is the limit"
    for number, line in enumerate(lines, 1):
        if match := UNFINISHED.search(line):
            yield f"{name}:{number}: {match[1]}: a debt is an issue, not a comment"
        if path.suffix not in CODE or name.startswith("tests/") or line.lstrip().startswith("//"):
            continue
        for pattern, reason in FORBIDDEN.items():
            if (match := pattern.search(line)) and (name, match[0]) not in EXEMPT:
                yield f"{name}:{number}: {match[0]}: {reason}"


def main():
    root = pathlib.Path(sys.argv[1])
    files = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*")
                   if path.is_file() and path.suffix in TEXT and "corpus" not in path.parts and "node_modules" not in path.parts)
    if not files:
        sys.exit(f"no sources under {root}")  # a check that looks at nothing must not pass
    found = [problem for path in files if (name := path.relative_to(root).as_posix()) != SELF
             for problem in problems_of(name, path)]
    print("\n".join(found) or f"house rules: {len(files)} files, ok")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
