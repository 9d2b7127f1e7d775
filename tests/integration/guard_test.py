"""A middleware in the chain of the real gateway: word_guard on every route."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from gateway import Gateway, events  # noqa: E402

GUARD_YAML = """\
library: word_guard.so
instances:
  guard:
    class: gateway.word_guard
    config: {{words: [plum, hello], action: {action}}}
"""


class Guard(unittest.TestCase):
    def gateway(self, action):
        return self.enterContext(Gateway(plugins={"50-guard.yaml": GUARD_YAML.format(action=action)}))

    def text(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        chunks = [json.loads(data) for _, data in events(answer.body) if data != "[DONE]"]
        return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk.get("choices"))

    def test_mask(self):
        gateway = self.gateway("mask")
        self.assertEqual(self.text(gateway.chat("up/ok", stream=True)), "*** ✓")  # "Hel" and "lo " are one word
        answer = gateway.chat("up/ok")
        self.assertEqual(answer.json["choices"][0]["message"]["content"], "*** ✓")
        self.assertEqual(answer.json["usage"]["total_tokens"], 12)
        made = gateway.request("POST", "/api/v1/sessions", {"model": "up/ok"}).json
        answer = gateway.request("POST", "/api/v1/chat", {"session_id": made["id"], "message": "Hi"})
        self.assertEqual(answer.json["message"]["content"], "*** ✓")
        stored = gateway.request("GET", f"/api/v1/sessions/{made['id']}/messages").json["data"]
        self.assertEqual(stored[-1]["content"], "*** ✓")

    def test_a_question_is_refused_before_a_provider_is_asked(self):
        gateway = self.gateway("mask")
        for stream in (False, True):
            answer = gateway.chat("up/ok", stream=stream, content="a ripe PLUM?")
            self.assertEqual(answer.status, 403, answer.body)
            self.assertNotIn(b"PLUM", answer.body)
        self.assertEqual(gateway.upstream.requests("ok"), [])
        self.assertEqual(gateway.chat("up/ok", content="a plumber").status, 200)

    def test_refuse(self):
        gateway = self.gateway("refuse")
        answer = gateway.chat("up/ok")
        self.assertEqual(answer.status, 400, answer.body)
        self.assertEqual(answer.json["error"]["code"], "content_filter")
        self.assertNotIn(b"Hel", answer.body)
        answer = gateway.chat("up/ok", stream=True)
        self.assertNotIn(b"Hel", answer.body)
        self.assertNotIn(b"[DONE]", answer.body)
        self.assertIn("content_filter", answer.body.decode())

    def test_other_answers_go_on_as_they_are(self):
        gateway = self.gateway("mask")
        answer = gateway.chat("up/tools", stream=True)
        self.assertIn(b"weather", answer.body)
        self.assertTrue(answer.body.endswith(b"data: [DONE]\n\n"))
        vector = gateway.request("POST", "/v1/embeddings", {"model": "up/embed", "input": "a"}).json["data"][0]["embedding"]
        self.assertEqual(vector, [0.5, -0.25, 0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
