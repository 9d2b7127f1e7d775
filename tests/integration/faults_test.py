"""An upstream that does wrong: the documented error, nothing hangs, memory stays bounded."""

import json
import pathlib
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from gateway import Gateway, events, free_port, read_until, wait_until  # noqa: E402
from scripted_upstream import ScriptedUpstream  # noqa: E402

IDLE_SECONDS = 1.0
PROVIDER = """\
library: openai.so
instances:
  {name}:
    class: gateway.openai
    config: {{base_url: "{base_url}"}}
"""


def certificate(directory):
    """A certificate that nobody has signed."""
    files = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-out", files[0], "-keyout", files[1]],
                   check=True, capture_output=True)
    return files


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway(idle_timeout=f"{int(IDLE_SECONDS * 1000)}ms")
        cls.tls = ScriptedUpstream(certificate(cls.gateway.directory)).start()
        cls.addClassCleanup(cls.tls.stop)
        cls.gateway._plugins = {
            "30-tls.yaml": PROVIDER.format(name="untrusted", base_url=cls.tls.base_url),
            "31-refused.yaml": PROVIDER.format(name="refused", base_url=f"http://127.0.0.1:{free_port()}/v1"),
        }
        cls.enterClassContext(cls.gateway)

    def fails(self, model, status, code, seconds=IDLE_SECONDS + 2):
        """Both doors, streamed or not: an HTTP status before the first content."""
        for stream in (False, True):
            began = time.monotonic()
            answer = self.gateway.chat(model, stream=stream)
            self.assertLess(time.monotonic() - began, seconds)
            self.assertEqual(answer.status, status, answer.body)
            if code:
                self.assertEqual(answer.json["error"]["code"], code)

    def breaks(self, model, code, seconds=IDLE_SECONDS + 2):
        """A stream that began and ends with an error event and no [DONE]."""
        began = time.monotonic()
        answer = self.gateway.chat(model, stream=True)
        self.assertLess(time.monotonic() - began, seconds)
        self.assertEqual(answer.status, 200)
        self.assertNotIn(b"[DONE]", answer.body)
        error = json.loads(events(answer.body)[-1][1])["error"]
        self.assertEqual(error["code"], code)
        self.assertEqual(sorted(error), ["code", "message", "param", "type"])

    def test_refused(self):
        self.fails("refused/ok", 503, "unavailable")

    def test_untrusted(self):
        self.fails("untrusted/ok", 502, "upstream_error")
        self.assertEqual(self.tls.seen, [])

    def test_cut_in_the_head(self):
        self.fails("up/cut-head", 502, None)

    def test_not_http(self):
        self.fails("up/garbage-http", 502, None)

    def test_cut_in_mid_event(self):
        self.breaks("up/cut", "upstream_truncated")

    def test_garbage_in_mid_stream(self):
        self.breaks("up/garbage", "upstream_invalid")

    def test_an_end_without_a_finish(self):
        self.breaks("up/no-finish", "upstream_truncated")

    def test_stall_before_the_head(self):
        self.fails("up/stall", 504, "upstream_timeout")

    def test_stall_in_mid_stream(self):
        self.breaks("up/stall-mid", "upstream_timeout")

    def test_a_line_of_100_mb(self):
        before = self.gateway.memory_kib()
        peak = [0]
        done = threading.Event()

        def watch():
            while not done.wait(0.01):
                peak[0] = max(peak[0], self.gateway.memory_kib())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.breaks("up/huge-line", "upstream_error", 10)
        finally:
            done.set()
            watcher.join()
        self.assertLess(peak[0] - before, 64 << 10)

    def test_a_stream_without_an_end_goes_at_the_client_s_pace(self):
        response, connection = self.gateway.open("POST", "/v1/chat/completions", {
            "model": "up/never-ending", "stream": True, "messages": [{"role": "user", "content": "Hi"}]})
        self.assertTrue(response.read(64 << 10))
        before = self.gateway.memory_kib()
        time.sleep(1)  # the upstream writes as fast as it is read; nobody reads
        self.assertLess(self.gateway.memory_kib() - before, 16 << 10)
        response.close()
        connection.close()
        record = self.gateway.upstream.requests("never-ending")[-1]
        wait_until(lambda: record["left_after"] is not None or record["done"], what="the end upstream")
        self.assertEqual(self.gateway.chat("up/ok").status, 200)

    def test_who_leaves_is_told_upstream_and_accounted(self):
        response, connection = self.gateway.open("POST", "/v1/chat/completions", {
            "model": "up/slow-200-23", "stream": True, "messages": [{"role": "user", "content": "Hi"}]})
        read_until(response, b"w2 ")
        left = time.monotonic()
        response.close()
        connection.close()
        record = self.gateway.upstream.requests("slow-200-23")[0]
        wait_until(lambda: record["left_after"] is not None, 2, "the end upstream")
        self.assertLess(time.monotonic() - left, 0.25)
        wait_until(lambda: "client_gone" in self.gateway.log(), what="the line of the access log")

    def test_after_all_that_good_requests_are_answered(self):
        for _ in range(20):
            self.assertEqual(self.gateway.chat("up/ok").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
