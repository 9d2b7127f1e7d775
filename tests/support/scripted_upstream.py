"""An OpenAI-compatible provider whose model names are scenarios ("ok", "tools", "http-429-rate", "cut", ...).

Listens on loopback, port 0. It keeps what it received and when clients left: in `seen` for this process, at
GET /_seen?model=NAME for others. `python3 scripted_upstream.py` runs it alone and prints its base URL.
"""

import asyncio
import base64
import json
import ssl
import struct
import threading
import time

CHUNK = {"id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1764000000}
USAGE = {
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
MODELS = ["ok", "tools", "json", "reasoning", "embed", "vendor/with-slash"]
# name: status, body, headers
ERRORS = {
    "http-400": (400, {"message": "Unsupported parameter: 'x'", "type": "invalid_request_error", "param": "x",
                       "code": "unsupported_parameter"}, {}),
    "http-400-context": (400, {"message": "maximum context length is 8192 tokens", "type": "invalid_request_error",
                               "param": "messages", "code": "context_length_exceeded"}, {}),
    "http-400-filter": (400, {"message": "The prompt was filtered.", "type": None, "code": "content_filter"}, {}),
    "http-401": (401, {"message": "Incorrect API key provided: sk-secret", "type": "invalid_request_error",
                       "param": None, "code": "invalid_api_key"}, {}),
    "http-404": (404, {"message": "The model does not exist", "type": "invalid_request_error",
                       "code": "model_not_found"}, {}),
    "http-422": (422, {"message": "cannot", "type": "invalid_request_error", "code": None}, {}),
    "http-429-rate": (429, {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"},
                      {"retry-after-ms": "10"}),
    "http-429-quota": (429, {"message": "You exceeded your current quota", "type": "insufficient_quota",
                             "code": "insufficient_quota"}, {}),
    "http-500": (500, {"message": "The server had an error", "type": "server_error", "code": None}, {}),
    "http-503": (503, {"message": "Overloaded", "type": "server_error", "code": None}, {"retry-after": "1"}),
}


def event(value):
    return b"data: " + (value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()) + b"\n\n"


def chunk(model, delta, finish=None, **more):
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event({**CHUNK, "model": model, "choices": [choice], **more})


def call(index, name=None, arguments=""):
    function = {"arguments": arguments}
    fragment = {"index": index, "function": function}
    if name:
        fragment.update(id=f"call_{index}", type="function")
        function["name"] = name
    return fragment


class Exchange:
    """One request and the connection it came on."""

    def __init__(self, method, path, headers, body, writer):
        self.method, self.path, self.headers, self.body, self.writer = method, path, headers, body, writer
        self.began = time.monotonic()
        try:
            self.json = json.loads(body) if body else {}
        except ValueError:
            self.json = {}
        self.model = self.json.get("model", "")
        self.record = {"method": method, "path": path, "headers": headers, "body": body.decode("utf-8", "replace"),
                       "model": self.model, "left_after": None, "done": False}

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, status, value, headers=None, content_type="application/json"):
        body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        fields = {"content-type": content_type, "content-length": str(len(body)), "x-request-id": "up_1",
                  **(headers or {})}
        await self.send(self.head(status, fields) + body)

    @staticmethod
    def head(status, fields):
        lines = [f"HTTP/1.1 {status} X"] + [f"{name}: {value}" for name, value in fields.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    async def begin_stream(self):
        await self.send(self.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))

    async def piece(self, data):
        await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def end_stream(self):
        await self.send(b"0\r\n\r\n")


class ScriptedUpstream:
    """Runs in a thread of its own between start() and stop()."""

    def __init__(self, tls_files=None):
        self.seen, self.port, self.tls_files = [], 0, tls_files
        self._loop, self._server, self._tasks = asyncio.new_event_loop(), None, set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        ready = threading.Event()
        self._loop.call_soon(lambda: self._spawn(self._listen(ready)))
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("the upstream does not listen")
        return self

    def stop(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def base_url(self):
        return f"{'https' if self.tls_files else 'http'}://127.0.0.1:{self.port}/v1"

    def requests(self, model):
        return [record for record in list(self.seen) if record["model"] == model]

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.close()

    def _spawn(self, coroutine):
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _listen(self, ready):
        tls = None
        if self.tls_files:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(*self.tls_files)
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=tls, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        ready.set()

    async def _connection(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            while await self._request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.close()

    async def _request(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = dict((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:-2]))
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        exchange = Exchange(method, path, headers, body, writer)
        if path.startswith("/_seen"):
            await exchange.reply(200, self.requests(path.partition("model=")[2]))
            return True
        self.seen.append(exchange.record)
        answer = asyncio.ensure_future(self._answer(exchange))
        leaving = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({answer, leaving}, return_when=asyncio.FIRST_COMPLETED)
        left = leaving.done() and not answer.done()
        (answer if left else leaving).cancel()
        done = await asyncio.gather(answer, leaving, return_exceptions=True)
        if left or isinstance(done[0], ConnectionError):
            exchange.record["left_after"] = time.monotonic() - exchange.began
            return False
        exchange.record["done"] = True
        return answer.result()

    async def _answer(self, exchange):
        """Answers; True: the connection may serve another request."""
        if exchange.path == "/v1/models":
            await exchange.reply(200, {"object": "list", "data": [
                {"id": name, "object": "model", "created": 1764000000, "owned_by": "scripted"} for name in MODELS]})
        elif exchange.path == "/v1/embeddings":
            await self._embed(exchange)
        elif exchange.path != "/v1/chat/completions":
            await exchange.reply(404, {"error": {"message": f"Invalid URL ({exchange.path})", "code": None}})
        else:
            return await self._chat(exchange)
        return True

    async def _embed(self, exchange):
        texts = exchange.json.get("input")
        texts = texts if isinstance(texts, list) and texts and not isinstance(texts[0], int) else [texts]
        vectors = [[0.5, -0.25, float(index)] for index in range(len(texts))]
        if exchange.json.get("encoding_format") == "base64" and exchange.model != "embed-floats":
            vectors = [base64.b64encode(struct.pack("<3f", *vector)).decode() for vector in vectors]
        data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
        await exchange.reply(200, {"object": "list", "data": data, "model": exchange.model,
                                   "usage": {"prompt_tokens": 5, "total_tokens": 5}})

    async def _chat(self, exchange):
        name = exchange.model
        if name in ERRORS:
            status, error, headers = ERRORS[name]
            await exchange.reply(status, {"error": error}, headers)
            return True
        if name == "flaky" and len(self.requests(name)) % 3 != 0:  # the third time it works
            await exchange.reply(500, {"error": {"message": "not yet", "type": "server_error"}})
            return True
        fault = getattr(self, "_fault_" + name.replace("-", "_"), None)
        if fault:
            return bool(await fault(exchange))
        if exchange.json.get("stream"):
            await self._stream(exchange)
        else:
            await self._whole(exchange)
        return True

    # -- good answers ------------------------------------------------------------------------------------------------

    async def _whole(self, exchange):
        message = {"role": "assistant", "content": "Hello ✓", "refusal": None}
        finish = "stop"
        if exchange.model == "tools":
            calls = [call(0, "weather", '{"city":"Paris"}'), call(1, "time", "{}")]
            for each in calls:
                del each["index"]
            message.update(content=None, tool_calls=calls)
            finish = "tool_calls"
        if exchange.model == "json":
            message["content"] = '{"caption":"a cat"}'
        if exchange.model == "reasoning":
            message["reasoning_content"] = "Hm."
        if exchange.model.startswith("slow"):
            await asyncio.sleep(int(exchange.model.split("-")[2]) / 1000)
        await exchange.reply(200, {
            "id": "chatcmpl-up", "object": "chat.completion", "created": 1764000000, "model": exchange.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}], "usage": USAGE,
            "system_fingerprint": "fp_1"})

    async def _stream(self, exchange):
        model = exchange.model
        asked = (exchange.json.get("stream_options") or {}).get("include_usage")
        await exchange.begin_stream()
        await exchange.piece(chunk(model, {"role": "assistant", "content": "", "refusal": None}))
        finish = "stop"
        if model == "tools":
            for delta in ([call(0, "weather")], [call(0, None, '{"city":')], [call(1, "time", "{}")],
                          [call(0, None, '"Paris"}')]):
                await exchange.piece(chunk(model, {"tool_calls": delta}))
            finish = "tool_calls"
        elif model == "tools-odd":  # numbered from 1, no type, arguments as an object
            fragment = {"index": 1, "id": "call_x", "function": {"name": "weather", "arguments": {"city": "Paris"}}}
            await exchange.piece(chunk(model, {"tool_calls": [fragment]}))
        elif model == "json":
            for text in ('{"caption":', '"a cat"}'):
                await exchange.piece(chunk(model, {"content": text}))
        elif model.startswith("slow"):  # slow-COUNT-MILLISECONDS
            _, count, pause = model.split("-")
            for index in range(int(count)):
                await exchange.piece(chunk(model, {"content": f"w{index} "}))
                await asyncio.sleep(int(pause) / 1000)
        else:
            if model == "reasoning":
                await exchange.piece(chunk(model, {"content": None, "reasoning_content": "Hm."}))
            if model == "comments":
                await exchange.piece(b": keep-alive\r\n\r\nevent: ping\n\n")
            for text in ("Hel", "lo ", "✓"):
                await exchange.piece(chunk(model, {"content": text}))
        await exchange.piece(chunk(model, {}, finish))
        if asked and model != "usage-none":
            await exchange.piece(event({**CHUNK, "model": model, "choices": [], "usage": USAGE}))
        await exchange.piece(event(b"[DONE]"))
        await exchange.end_stream()

    # -- faults ------------------------------------------------------------------------------------------------------

    async def _begin(self, exchange):
        await exchange.begin_stream()
        await exchange.piece(chunk(exchange.model, {"role": "assistant", "content": "Hel"}))

    async def _fault_err_mid(self, exchange):
        await self._begin(exchange)
        await exchange.piece(event({"error": {"message": "boom", "type": "server_error", "code": "broken"}}))
        await exchange.end_stream()

    async def _fault_err_merged(self, exchange):
        await self._begin(exchange)
        await exchange.piece(event({**CHUNK, "error": {"code": 429, "message": "Rate limit exceeded"}, "choices": [
            {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}))
        await exchange.end_stream()

    async def _fault_no_finish(self, exchange):
        await self._begin(exchange)
        await exchange.end_stream()

    async def _fault_cut(self, exchange):
        await self._begin(exchange)
        await exchange.send(b"400\r\ndata: {\"id\":\"x\",\"choi")
        exchange.writer.transport.abort()

    async def _fault_cut_head(self, exchange):
        await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
        exchange.writer.transport.abort()

    async def _fault_garbage(self, exchange):
        await self._begin(exchange)
        await exchange.piece(event(b'{"id":"c","choi'))
        await exchange.end_stream()

    async def _fault_garbage_http(self, exchange):
        await exchange.send(b"\x00\x01\x02 this is not HTTP\r\n\r\n")

    async def _fault_html(self, exchange):
        await exchange.reply(502, b"<html>Bad Gateway</html>", content_type="text/html")

    async def _fault_error_200(self, exchange):
        await exchange.reply(200, {"error": {"message": "no luck", "type": "server_error", "code": 500}})
        return True

    async def _fault_huge_line(self, exchange):
        await self._begin(exchange)
        await exchange.piece(b'data: {"id":"')
        for _ in range(100):
            await exchange.piece(b"x" * (1 << 20))
        await exchange.end_stream()

    async def _fault_never_ending(self, exchange):
        await exchange.begin_stream()
        while True:
            await exchange.piece(chunk(exchange.model, {"role": "assistant", "content": "and on "}) * 200)

    async def _fault_stall(self, exchange):
        await asyncio.sleep(120)

    async def _fault_stall_mid(self, exchange):
        await self._begin(exchange)
        await asyncio.sleep(120)

    async def _fault_comments_only(self, exchange):
        await exchange.begin_stream()
        while True:
            await exchange.piece(b": keep-alive\n\n")
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    upstream = ScriptedUpstream().start()
    print(upstream.base_url, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        upstream.stop()
