"""The real gateway with a configuration of its own in a temporary directory, next to a scripted upstream.

with Gateway() as gateway: gateway.base_url, gateway.admin_key, gateway.upstream, gateway.request("GET", "/readyz")
GATEWAY_BINARY names the binary; default: the release build.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from scripted_upstream import ScriptedUpstream  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("GATEWAY_BINARY", ROOT / "build/release/bin/ai-gateway"))
ADMIN_KEY = "sk-admin-key-of-the-client-tests-0123456789"
START_TIMEOUT = 20.0

GATEWAY_YAML = """\
server:
  address: 127.0.0.1
  port: {port}
  loops: 2
  timeouts: {{drain: 5s}}
auth: {{bootstrap_key: {key}}}
storage: {{instance: main}}
log: {{level: info, format: json}}
metrics: {{port: 0}}
"""
STORAGE_YAML = """\
library: storage_sqlite.so
required: true
instances:
  main:
    class: gateway.storage_sqlite
    config: {{path: {directory}/gateway.db}}
"""
ECHO_YAML = """\
library: echo.so
instances:
  echo: {class: gateway.echo}
  slow-echo:
    class: gateway.echo
    config: {delay_ms: 20}
"""
OPENAI_YAML = """\
library: openai.so
instances:
  up:
    class: gateway.openai
    config:
      base_url: {base_url}
      api_key: up-secret-key
      idle_timeout: {idle_timeout}
      first_byte_timeout: {idle_timeout}
"""


def free_port():
    """A port that was free a moment ago; only the tests' own servers compete for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """A whole HTTP response."""

    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Gateway:
    def __init__(self, plugins=None, idle_timeout="5s", upstream=None, gateway_yaml=""):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gateway-test-"))
        self.upstream = upstream or ScriptedUpstream()
        self.port, self.admin_key, self.process = free_port(), ADMIN_KEY, None
        self._plugins, self._idle_timeout, self._more = plugins or {}, idle_timeout, gateway_yaml
        self.log_path = self.directory / "gateway.log"

    # -- life --------------------------------------------------------------------------------------------------------

    def __enter__(self):
        try:
            self.upstream.start()
            self.write_config()
            self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            if self.process and self.process.poll() is None:
                code = self.stop()
                if kind is None and code != 0:
                    raise AssertionError(f"the gateway ended with {code}:\n{self.log_tail()}")
            elif kind is None and self.process and not self.ended_well:
                raise AssertionError(f"the gateway was gone with {self.process.returncode}:\n{self.log_tail()}")
            if kind is not None:
                print(self.log_tail(), file=sys.stderr)
        finally:
            if self.upstream.port:
                self.upstream.stop()
            shutil.rmtree(self.directory, ignore_errors=True)

    ended_well = False  # set by tests that end it themselves

    def write_config(self):
        plugins = self.directory / "plugins.d"
        plugins.mkdir(exist_ok=True)
        (self.directory / "gateway.yaml").write_text(GATEWAY_YAML.format(port=self.port, key=ADMIN_KEY) + self._more)
        files = {
            "10-storage.yaml": STORAGE_YAML.format(directory=self.directory),
            "20-openai.yaml": OPENAI_YAML.format(base_url=self.upstream.base_url, idle_timeout=self._idle_timeout),
            "29-echo.yaml": ECHO_YAML,
            **self._plugins,
        }
        for name, text in files.items():
            self.write_plugin(name, text)

    def write_plugin(self, name, text):
        (self.directory / "plugins.d" / name).write_text(text)

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([str(BINARY), "--config", str(self.directory)], stdout=log, stderr=log,
                                            cwd=self.directory, env=environment)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the gateway did not start ({self.process.returncode}):\n{self.log_tail()}")
            with contextlib.suppress(OSError):
                if self.request("GET", "/readyz", key=None).status == 200:
                    return
            time.sleep(0.02)
        raise AssertionError(f"the gateway is not ready:\n{self.log_tail()}")

    def stop(self, timeout=10):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the gateway did not end:\n{self.log_tail()}") from None

    # -- use ---------------------------------------------------------------------------------------------------------

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self):
        return "\n".join(self.log().splitlines()[-25:])

    def memory_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def connect(self, timeout=15):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def open(self, method, path, body=None, key=ADMIN_KEY, headers=None, timeout=15):
        """A response whose body has not been read, and its connection."""
        connection = self.connect(timeout)
        fields = dict(headers or {})
        if key:
            fields["authorization"] = f"Bearer {key}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            fields.setdefault("content-type", "application/json")
        connection.request(method, path, body, fields)
        return connection.getresponse(), connection

    def request(self, method, path, body=None, key=ADMIN_KEY, headers=None, timeout=15):
        response, connection = self.open(method, path, body, key, headers, timeout)
        try:
            return Answer(response)
        finally:
            connection.close()

    def chat(self, model, stream=False, content="Hi", **more):
        body = {"model": model, "messages": [{"role": "user", "content": content}], **more}
        if stream:
            body["stream"] = True
        return self.request("POST", "/v1/chat/completions", body)


def events(body):
    """The server-sent events of a body: (name, data) each."""
    found = []
    for block in body.decode().split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        name = next((line[6:].strip() for line in lines if line.startswith("event:")), "")
        data = "\n".join(line[5:].strip() for line in lines if line.startswith("data:"))
        if data or name:
            found.append((name, data))
    return found


def read_until(response, marker):
    """What has come of a body once `marker` is in it."""
    seen = b""
    while marker not in seen:
        piece = response.read1(4096)
        if not piece:
            raise AssertionError(f"the body ended without {marker}: {seen[-500:]}")
        seen += piece
    return seen


def wait_until(condition, seconds=5.0, what="the condition"):
    """Polls for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come within {seconds} s")
