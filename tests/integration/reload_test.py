"""A new configuration and the end of the process, under load: no request fails."""

import json
import pathlib
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from gateway import ADMIN_KEY, Gateway, events, wait_until  # noqa: E402

MORE_YAML = """\
library: echo.so
instances:
  late-echo: {class: gateway.echo}
"""


class Load:
    """Clients that ask without a pause until told to stop; every answer is checked."""

    def __init__(self, gateway, clients=6):
        self.gateway, self.stop, self.failures, self.answers = gateway, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self.run, args=(index,)) for index in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        wait_until(lambda: self.answers > 20, what="load")
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(20)

    def run(self, index):
        while not self.stop.is_set():
            try:
                stream = index % 2 == 0
                answer = self.gateway.chat("up/slow-5-4" if stream else "echo/echo", stream=stream)
                good = b"data: [DONE]" in answer.body if stream else answer.json["choices"]
                if answer.status != 200 or not good:
                    self.failures.append((answer.status, answer.body[-300:]))
            except Exception as error:  # every way to fail counts
                self.failures.append(repr(error))
            self.answers += 1


class Reload(unittest.TestCase):
    def answers(self, gateway, model):
        return gateway.chat(model).status == 200

    def test_sighup_and_the_admin_route_apply_a_new_configuration_without_a_failed_request(self):
        with Gateway() as gateway, Load(gateway) as load:
            self.assertEqual(gateway.chat("late-echo/echo").status, 404)
            gateway.write_plugin("40-late.yaml", MORE_YAML)
            gateway.process.send_signal(signal.SIGHUP)
            wait_until(lambda: self.answers(gateway, "late-echo/echo"), 10, "the new instance")
            (gateway.directory / "plugins.d/40-late.yaml").unlink()
            answer = gateway.request("POST", "/api/v1/admin/reload")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(gateway.chat("late-echo/echo").status, 404)
            for _ in range(5):
                self.assertEqual(gateway.request("POST", "/api/v1/admin/reload").status, 200)
            before = load.answers
            wait_until(lambda: load.answers > before + 20, what="load after the reloads")
            load.__exit__()
            self.assertEqual(load.failures, [])

    def test_a_broken_configuration_keeps_the_old_one(self):
        with Gateway() as gateway, Load(gateway, 2) as load:
            good = (gateway.directory / "plugins.d/29-echo.yaml").read_text()
            for bad in ("library: echo.so\ninstances: {echo: {class: gateway.echo, config: {delay_ms: never}}}\n",
                        "library: [\n",
                        "library: echo.so\ninstances: {echo: {class: gateway.echo, config: {delai_ms: 1}}}\n"):
                gateway.write_plugin("29-echo.yaml", bad)
                answer = gateway.request("POST", "/api/v1/admin/reload")
                self.assertGreaterEqual(answer.status, 400, answer.body)
                self.assertIn("29-echo.yaml", answer.body.decode())
                gateway.process.send_signal(signal.SIGHUP)
                self.assertTrue(self.answers(gateway, "echo/echo"))
                self.assertTrue(self.answers(gateway, "slow-echo/echo"))
            gateway.write_plugin("29-echo.yaml", good)
            self.assertEqual(gateway.request("POST", "/api/v1/admin/reload").status, 200)
            load.__exit__()
            self.assertEqual(load.failures, [])

    def test_reload_is_for_operators(self):
        with Gateway() as gateway:
            self.assertEqual(gateway.request("POST", "/api/v1/admin/reload", key=None).status, 401)
            made = gateway.request("POST", "/api/v1/keys", {"name": "chat", "scopes": ["chat"]}).json
            self.assertEqual(gateway.request("POST", "/api/v1/admin/reload", key=made["key"]).status, 403)


class End(unittest.TestCase):
    def test_sigterm_lets_streams_end(self):
        with Gateway() as gateway:
            body = {"model": "up/slow-40-25", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
            response, connection = gateway.open("POST", "/v1/chat/completions", body)
            text = response.read(200)
            gateway.process.send_signal(signal.SIGTERM)
            text += response.read()
            connection.close()
            self.assertTrue(text.endswith(b"data: [DONE]\n\n"))
            self.assertEqual(gateway.process.wait(10), 0)
            gateway.ended_well = True

    def test_sigterm_takes_no_new_connection(self):
        with Gateway() as gateway:
            body = {"model": "up/slow-40-26", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
            response, connection = gateway.open("POST", "/v1/chat/completions", body)
            response.read(200)
            gateway.process.send_signal(signal.SIGTERM)

            def refused():
                try:
                    return gateway.request("GET", "/readyz", key=None).status == 503
                except OSError:
                    return True

            wait_until(refused, 2, "the end of acceptance")
            response.read()
            connection.close()
            self.assertEqual(gateway.process.wait(10), 0)
            gateway.ended_well = True

    def test_a_stream_that_does_not_end_is_ended_after_the_drain_timeout(self):
        with Gateway(idle_timeout="60s") as gateway:
            body = {"model": "up/slow-4000-20", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
            response, connection = gateway.open("POST", "/v1/chat/completions", body)
            text = response.read(200)
            began = time.monotonic()
            gateway.process.send_signal(signal.SIGTERM)
            try:
                text += response.read()
                self.assertEqual(json.loads(events(text)[-1][1])["error"]["code"], "shutting_down")
            finally:
                connection.close()
            self.assertEqual(gateway.process.wait(10), 0)
            self.assertLess(time.monotonic() - began, 8)  # drain: 5s
            gateway.ended_well = True

    def test_keys_outlive_the_process(self):
        with Gateway() as gateway:
            made = gateway.request("POST", "/api/v1/keys", {"name": "kept"}).json
            self.assertEqual(gateway.stop(), 0)
            gateway.start()
            self.assertEqual(gateway.request("GET", "/v1/models", key=made["key"]).status, 200)
            self.assertEqual(gateway.request("GET", "/v1/models", key=ADMIN_KEY).status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
