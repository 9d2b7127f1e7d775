"""The REST interface: keys, sessions, chat turns, and the errors of docs/api.md."""

import json
import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from gateway import Gateway, events, read_until, wait_until  # noqa: E402


class Rest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.enterClassContext(Gateway())

    def ask(self, method, path, body=None, status=200, **more):
        answer = self.gateway.request(method, path, body, **more)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json if answer.body else None

    def fails(self, status, code, method, path, body=None, **more):
        """An error of this status and code, in the shape of the native interface."""
        answer = self.gateway.request(method, path, body, **more)
        self.assertEqual(answer.status, status, answer.body)
        error = answer.json["error"]
        self.assertEqual(error["code"], code)
        self.assertEqual(error["request_id"], answer.headers["x-request-id"])
        self.assertTrue(error["message"])
        return answer

    def session(self, model="echo/echo", **more):
        return self.ask("POST", "/api/v1/sessions", {"model": model, **more}, 201)["id"]

    def messages(self, session):
        return self.ask("GET", f"/api/v1/sessions/{session}/messages")["data"]

    def stream(self, body, **more):
        answer = self.gateway.request("POST", "/api/v1/chat/stream", body, **more)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.headers["content-type"].startswith("text/event-stream"))
        return [(name, json.loads(data)) for name, data in events(answer.body)]


class Keys(Rest):
    def test_a_key_is_shown_once_and_ends_when_revoked(self):
        made = self.ask("POST", "/api/v1/keys", {"name": "laptop", "scopes": ["chat", "models"]}, 201)
        self.assertTrue(made["key"].startswith("sk-"))
        self.assertTrue(made["id"].startswith("key_"))
        listed = self.ask("GET", "/api/v1/keys?limit=100")["data"]
        self.assertNotIn(made["key"], json.dumps(listed))
        self.assertIn(made["id"], [key["id"] for key in listed])
        self.assertNotIn("key", self.ask("GET", f"/api/v1/keys/{made['id']}"))
        self.assertEqual(self.gateway.request("GET", "/v1/models", key=made["key"]).status, 200)
        self.fails(403, "forbidden", "GET", "/api/v1/sessions", key=made["key"])
        self.ask("DELETE", f"/api/v1/keys/{made['id']}", status=204)
        self.assertEqual(self.gateway.request("GET", "/v1/models", key=made["key"]).status, 401)

    def test_a_key_may_be_kept_to_some_models(self):
        made = self.ask("POST", "/api/v1/keys", {"name": "echo only", "models": ["echo/echo"]}, 201)
        body = {"model": "echo/echo", "messages": [{"role": "user", "content": "Hi"}]}
        self.assertEqual(self.gateway.request("POST", "/v1/chat/completions", body, key=made["key"]).status, 200)
        body["model"] = "up/ok"
        self.assertEqual(self.gateway.request("POST", "/v1/chat/completions", body, key=made["key"]).status, 403)

    def test_no_wrong_or_revoked_credential(self):
        for key in (None, "sk-nobody", ""):
            answer = self.fails(401, "invalid_api_key", "GET", "/api/v1/sessions", key=key)
            self.assertTrue(answer.headers["www-authenticate"].startswith("Bearer"))

    def test_the_key_also_comes_in_other_headers(self):
        for name in ("x-api-key", "api-key"):
            answer = self.gateway.request("GET", "/v1/models", key=None, headers={name: self.gateway.admin_key})
            self.assertEqual(answer.status, 200, name)


class Sessions(Rest):
    def test_create_read_change_delete(self):
        made = self.ask("POST", "/api/v1/sessions", {"title": "First", "model": "echo/echo", "config": {"temperature": 0.5},
                                                     "system_prompt": "Be brief", "metadata": {"a": 1}}, 201)
        self.assertTrue(made["id"].startswith("sess_"))
        self.assertEqual((made["title"], made["config"], made["metadata"], made["message_count"], made["archived"]),
                         ("First", {"temperature": 0.5}, {"a": 1}, 0, False))
        path = f"/api/v1/sessions/{made['id']}"
        self.assertEqual(self.ask("GET", path), made)
        changed = self.ask("PATCH", path, {"title": "Second", "archived": True})
        self.assertEqual((changed["title"], changed["archived"], changed["system_prompt"]), ("Second", True, "Be brief"))
        self.ask("DELETE", path, status=204)
        self.fails(404, "session_not_found", "GET", path)
        self.fails(404, "session_not_found", "DELETE", path)

    def test_pages_hold_each_session_once_newest_first(self):
        marker = f"page-{time.monotonic_ns()}"
        made = []
        for index in range(5):
            made.append(self.session(title=f"{marker}-{index}"))
            time.sleep(0.002)  # times and ids count milliseconds; within one there is no newer
        found, cursor = [], ""
        for _ in range(10):
            page = self.ask("GET", f"/api/v1/sessions?q={marker}&limit=2{cursor}")
            found += [session["id"] for session in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        self.assertEqual(found, made[::-1])
        self.fails(400, "invalid_request", "GET", "/api/v1/sessions?limit=0")
        self.fails(400, "invalid_request", "GET", "/api/v1/sessions?limit=101")
        self.fails(400, "invalid_request", "GET", "/api/v1/sessions?cursor=nonsense!")


class Chat(Rest):
    def test_a_turn_is_stored_before_it_is_answered(self):
        answer = self.ask("POST", "/api/v1/chat", {"session_id": (session := self.session()), "message": "How are you?"})
        self.assertEqual(answer["session_id"], session)
        self.assertEqual(answer["message"]["content"], "How are you?")
        self.assertEqual(answer["message"]["role"], "assistant")
        self.assertGreater(answer["usage"]["output_tokens" if "output_tokens" in answer["usage"] else "completion_tokens"], 0)
        stored = self.messages(session)
        self.assertEqual([(m["role"], m["content"], m["status"]) for m in stored],
                         [("user", "How are you?", "complete"), ("assistant", "How are you?", "complete")])
        self.assertEqual(stored[1]["id"], answer["message"]["id"])

    def test_without_a_session_one_is_made(self):
        made = self.ask("POST", "/api/v1/sessions", {"model": "echo/echo"}, 201)
        answer = self.ask("POST", "/api/v1/chat", {"session_id": made["id"], "message": [{"type": "text", "text": "parts"}]})
        self.assertEqual(answer["message"]["content"], "parts")

    def test_history_goes_along(self):
        session = self.session("up/ok", system_prompt="Be brief")
        self.ask("POST", "/api/v1/chat", {"session_id": session, "message": "one"})
        self.ask("POST", "/api/v1/chat", {"session_id": session, "message": "two"})
        sent = json.loads(self.gateway.upstream.requests("ok")[-1]["body"])["messages"]
        self.assertEqual([(m["role"], m["content"]) for m in sent],
                         [("system", "Be brief"), ("user", "one"), ("assistant", "Hello ✓"), ("user", "two")])

    def test_the_events_of_a_stream(self):
        session = self.session()
        got = self.stream({"session_id": session, "message": "one two three"})
        names = [name for name, _ in got]
        self.assertEqual(names, ["start", "delta", "delta", "delta", "end"])
        self.assertEqual(got[0][1]["session_id"], session)
        self.assertEqual(got[0][1]["provider"], "echo")
        self.assertEqual("".join(data["content"] for name, data in got if name == "delta"), "one two three")
        self.assertEqual(got[-1][1]["finish_reason"], "stop")
        self.assertEqual(got[-1][1]["message_id"], got[0][1]["message_id"])
        self.assertEqual(self.messages(session)[-1]["content"], "one two three")

    def test_reasoning_and_tools_have_events_of_their_own(self):
        got = self.stream({"session_id": self.session("up/reasoning"), "message": "x"})
        self.assertEqual([data["reasoning"] for name, data in got if name == "delta" and "reasoning" in data], ["Hm."])
        got = self.stream({"session_id": self.session("up/tools"), "message": "x"})
        self.assertTrue(any("tool_call" in data for name, data in got if name == "delta"))
        self.assertEqual(got[-1][1]["finish_reason"], "tool_calls")

    def test_a_failure_in_mid_stream_ends_it_with_an_error(self):
        session = self.session("up/err-mid")
        got = self.stream({"session_id": session, "message": "x"})
        self.assertEqual([name for name, _ in got], ["start", "delta", "error"])
        self.assertIn("code", got[-1][1]["error"])
        self.assertIn(self.messages(session)[-1]["status"], ("partial", "failed"))

    def test_one_turn_at_a_time(self):
        session = self.session("up/slow-40-20")
        results = []
        first = threading.Thread(target=lambda: results.append(self.stream({"session_id": session, "message": "x"})))
        first.start()
        wait_until(lambda: self.gateway.upstream.requests("slow-40-20"), what="the first turn")
        self.fails(409, "turn_in_progress", "POST", "/api/v1/chat", {"session_id": session, "message": "y"})
        first.join()
        self.assertEqual(results[0][-1][0], "end")
        self.assertEqual(len(self.messages(session)), 2)

    def test_who_leaves_keeps_what_had_come(self):
        session = self.session("up/slow-300-19")
        response, connection = self.gateway.open("POST", "/api/v1/chat/stream", {"session_id": session, "message": "x"})
        read_until(response, b"w1 ")
        left = time.monotonic()
        response.close()
        connection.close()
        record = self.gateway.upstream.requests("slow-300-19")[0]
        wait_until(lambda: record["left_after"] is not None, 1, "the end upstream")
        self.assertLess(time.monotonic() - left, 1)
        stored = wait_until(lambda: [m for m in self.messages(session) if m["role"] == "assistant"], what="the message")
        self.assertEqual(stored[0]["status"], "partial")
        self.assertTrue(stored[0]["content"].startswith("w0 w1 "))
        answer = self.gateway.request("GET", "/api/v1/sessions/" + session)
        self.assertEqual(answer.json["message_count"], 2)

    def test_an_idempotency_key_gives_the_same_answer_again(self):
        session, key = self.session(), f"once-{time.monotonic_ns()}"
        body = {"session_id": session, "message": "only once"}
        first = self.ask("POST", "/api/v1/chat", body, headers={"idempotency-key": key})
        again = self.ask("POST", "/api/v1/chat", body, headers={"idempotency-key": key})
        self.assertEqual(first, again)
        self.assertEqual(len(self.messages(session)), 2)
        self.fails(409, "idempotency_conflict", "POST", "/api/v1/chat", {**body, "message": "another"},
                   headers={"idempotency-key": key})


class Errors(Rest):
    def test_unknown_and_mistyped_fields_are_named(self):
        answer = self.fails(400, "unknown_field", "POST", "/api/v1/sessions", {"titel": "x"})
        self.assertIn("titel", answer.body.decode())
        answer = self.fails(400, "invalid_request", "POST", "/api/v1/sessions", {"title": 7})
        self.assertIn("title", answer.body.decode())
        answer = self.fails(400, "unknown_field", "POST", "/api/v1/chat", {"message": "x", "extra": 1})
        self.assertIn("extra", answer.body.decode())
        self.fails(400, "invalid_request", "POST", "/api/v1/keys", {"name": ["x"]})
        self.fails(400, "invalid_request", "POST", "/api/v1/chat", {"session_id": self.session(), "message": 7})

    def test_bodies_that_are_no_json(self):
        for body in (b"{", b"[]", b"\xff{}", b'{"title":"x"} x'):
            self.fails(400, "invalid_request", "POST", "/api/v1/sessions", body,
                       headers={"content-type": "application/json"})
        answer = self.gateway.request("POST", "/v1/chat/completions", b"{", headers={"content-type": "application/json"})
        self.assertEqual(answer.status, 400)
        self.assertEqual(sorted(answer.json["error"]), ["code", "message", "param", "type"])

    def test_another_content_type(self):
        self.fails(415, "unsupported_media_type", "POST", "/api/v1/chat", b"message=x",
                   headers={"content-type": "application/x-www-form-urlencoded"})

    def test_no_such_route_thing_or_method(self):
        self.fails(404, "not_found", "GET", "/api/v1/nowhere")
        self.fails(404, "session_not_found", "GET", "/api/v1/sessions/sess_nobody")
        self.fails(404, "session_not_found", "POST", "/api/v1/chat", {"session_id": "sess_nobody", "message": "x"})
        answer = self.fails(405, "method_not_allowed", "PUT", "/api/v1/sessions")
        self.assertEqual(sorted(name.strip() for name in answer.headers["allow"].split(",") if name.strip() in ("GET", "POST")),
                         ["GET", "POST"])

    def test_too_large(self):
        response, connection = self.gateway.open("POST", "/api/v1/chat", None, headers={
            "content-type": "application/json", "content-length": str(33 << 20)})
        self.assertEqual(response.status, 413)
        connection.close()

    def test_a_request_id_of_the_client_comes_back(self):
        answer = self.gateway.request("GET", "/healthz", key=None, headers={"x-request-id": "mine-1"})
        self.assertEqual(answer.headers["x-request-id"], "mine-1")
        answer = self.gateway.request("GET", "/healthz", key=None, headers={"x-request-id": "x" * 129})
        self.assertTrue(answer.headers["x-request-id"].startswith("req_"))


class Doors(Rest):
    def test_bytes_of_an_upstream_pass_untouched(self):
        response = self.gateway.chat("up/ok")
        self.assertEqual(response.json["system_fingerprint"], "fp_1")
        body = '{"model" : "up/ok",\n "messages":[ {"role":"user","content":"Hi"} ], "x_other":1e2 }'
        self.gateway.request("POST", "/v1/chat/completions", body, headers={"content-type": "application/json"})
        self.assertEqual(self.gateway.upstream.requests("ok")[-1]["body"],
                         '{"model" : "ok",\n "messages":[ {"role":"user","content":"Hi"} ], "x_other":1e2 }')

    def test_a_stream_has_one_end(self):
        answer = self.gateway.chat("up/ok", stream=True)
        self.assertEqual(answer.body.count(b"[DONE]"), 1)
        self.assertTrue(answer.body.endswith(b"data: [DONE]\n\n"))
        answer = self.gateway.chat("up/err-mid", stream=True)
        self.assertNotIn(b"[DONE]", answer.body)
        self.assertEqual(json.loads(events(answer.body)[-1][1])["error"]["message"], "boom")

    def test_operators_see_providers_models_plugins_metrics(self):
        self.assertIn("up", json.dumps(self.ask("GET", "/api/v1/providers")))
        self.assertIn("echo", json.dumps(self.ask("GET", "/api/v1/models")))
        plugins = json.dumps(self.ask("GET", "/api/v1/admin/plugins"))
        self.assertIn("gateway.openai", plugins)
        self.assertNotIn("up-secret-key", plugins)
        metrics = self.gateway.request("GET", "/metrics")
        self.assertEqual(metrics.status, 200)
        self.assertIn(b"gateway_", metrics.body)
        self.assertEqual(self.gateway.request("GET", "/metrics", key=None).status, 401)

    def test_no_content_in_the_log(self):
        self.gateway.chat("echo/echo", content="a-private-word-for-the-log")
        self.gateway.request("GET", "/healthz", key=None)
        log = wait_until(lambda: "/v1/chat/completions" in (text := self.gateway.log()) and text, what="the access log")
        self.assertNotIn("a-private-word-for-the-log", log)
        self.assertNotIn(self.gateway.admin_key, log)
        self.assertNotIn("up-secret-key", log)


del Rest

if __name__ == "__main__":
    unittest.main(verbosity=2)
