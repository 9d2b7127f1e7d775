"""The official OpenAI SDK for Python against the gateway. Runs itself again with the Python of prepare.sh."""

import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

from gateway import ROOT, Gateway, wait_until  # noqa: E402

PYTHON = ROOT / "build/clients/python/bin/python"
if pathlib.Path(sys.prefix) != PYTHON.parent.parent:
    if not PYTHON.exists():
        sys.exit("run tests/integration/prepare.sh first")
    os.execv(PYTHON, [str(PYTHON), *sys.argv])

import openai  # noqa: E402

MESSAGES = [{"role": "user", "content": "Hi"}]


class PythonSdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.enterClassContext(Gateway())
        cls.client = openai.OpenAI(api_key=cls.gateway.admin_key, base_url=cls.gateway.base_url + "/v1", max_retries=0)

    def ask(self, model, **more):
        return self.client.chat.completions.create(model=model, messages=MESSAGES, **more)

    def test_whole_chat(self):
        answer = self.ask("up/ok")
        self.assertEqual(answer.choices[0].message.content, "Hello ✓")
        self.assertEqual(answer.usage.total_tokens, 12)
        self.assertTrue(answer._request_id)

    def test_stream_with_usage(self):
        chunks = list(self.ask("up/ok", stream=True, stream_options={"include_usage": True}))
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertEqual(text, "Hello ✓")
        self.assertEqual(chunks[-1].usage.total_tokens, 12)
        self.assertEqual(chunks[-1].choices, [])

    def test_stream_without_usage(self):
        self.assertTrue(all(not chunk.usage for chunk in self.ask("up/ok", stream=True)))

    def test_stream_helper(self):
        for model, text in (("up/ok", "Hello ✓"), ("up/comments", "Hello ✓"), ("echo/echo", "Hi")):
            with self.client.chat.completions.stream(model=model, messages=MESSAGES) as stream:
                self.assertEqual(stream.get_final_completion().choices[0].message.content, text)

    def test_tools_in_stream(self):
        for model, expected in (("up/tools", [("weather", '{"city":"Paris"}'), ("time", "{}")]),
                                ("up/tools-odd", [("weather", '{"city": "Paris"}')])):
            with self.client.chat.completions.stream(model=model, messages=MESSAGES) as stream:
                calls = stream.get_final_completion().choices[0].message.tool_calls
            self.assertEqual([(c.function.name, c.function.arguments) for c in calls], expected)

    def test_structured_output(self):
        schema = {"type": "json_schema", "json_schema": {"name": "scene", "strict": True, "schema": {"type": "object"}}}
        self.assertEqual(self.ask("up/json", response_format=schema).choices[0].message.content, '{"caption":"a cat"}')

    def test_embeddings(self):
        floats = self.client.embeddings.create(model="up/embed", input=["a", "b"], encoding_format="float")
        self.assertEqual([each.embedding for each in floats.data], [[0.5, -0.25, 0], [0.5, -0.25, 1]])
        packed = self.client.embeddings.create(model="up/embed", input="a")  # asks for base64 by itself
        self.assertEqual(list(packed.data[0].embedding), [0.5, -0.25, 0])

    def test_models(self):
        names = wait_until(lambda: [n for n in [m.id for m in self.client.models.list()] if n == "up/ok"], what="models")
        self.assertEqual(names, ["up/ok"])
        self.assertEqual(self.client.models.retrieve("echo/echo").id, "echo/echo")
        self.assertEqual(self.client.models.retrieve("up/vendor/with-slash").id, "up/vendor/with-slash")

    def test_error_classes(self):
        for model, kind, status in (
            ("http-400", openai.BadRequestError, 400),
            ("http-400-context", openai.BadRequestError, 400),
            ("http-401", openai.InternalServerError, 502),
            ("http-404", openai.NotFoundError, 404),
            ("http-422", openai.UnprocessableEntityError, 422),
            ("http-429-rate", openai.RateLimitError, 429),
            ("http-429-quota", openai.RateLimitError, 429),
            ("http-500", openai.InternalServerError, 502),
            ("http-503", openai.InternalServerError, 503),
        ):
            for stream in (False, True):
                with self.subTest(model=model, stream=stream), self.assertRaises(kind) as caught:
                    self.ask(f"up/{model}", stream=stream)
                self.assertEqual(caught.exception.status_code, status)
                self.assertIn("message", caught.exception.body)
        with self.assertRaises(openai.AuthenticationError):
            self.client.with_options(api_key="sk-nobody").models.list()

    def test_retries(self):
        answer = self.client.with_options(max_retries=2).chat.completions.create(model="up/flaky", messages=MESSAGES)
        self.assertEqual(answer.choices[0].message.content, "Hello ✓")
        before = len(self.gateway.upstream.requests("http-429-quota"))
        with self.assertRaises(openai.RateLimitError):
            self.client.with_options(max_retries=2).chat.completions.create(model="up/http-429-quota", messages=MESSAGES)
        self.assertEqual(len(self.gateway.upstream.requests("http-429-quota")), before + 1)

    def test_error_in_mid_stream(self):
        for model in ("err-mid", "err-merged", "no-finish", "garbage", "cut"):
            text = ""
            with self.subTest(model=model), self.assertRaises(openai.APIError):
                for chunk in self.ask(f"up/{model}", stream=True):
                    text += chunk.choices[0].delta.content or "" if chunk.choices else ""
            self.assertEqual(text, "Hel")

    def test_leaving_a_stream_ends_it_upstream(self):
        with self.ask("up/slow-200-22", stream=True) as stream:
            next(iter(stream))
        left = time.monotonic()
        wait_until(lambda: self.gateway.upstream.requests("slow-200-22")[0]["left_after"] is not None, 2)
        self.assertLess(time.monotonic() - left, 0.25)


if __name__ == "__main__":
    unittest.main(verbosity=2)
