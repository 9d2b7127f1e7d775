// The official OpenAI SDK for Node against the gateway: node client_test.mjs openai6|openai7
// From the environment: BASE_URL, API_KEY, UPSTREAM_URL.
import assert from 'node:assert/strict';
import test from 'node:test';

const { default: OpenAI } = await import(process.argv[2] ?? 'openai6');
const client = new OpenAI({ apiKey: process.env.API_KEY, baseURL: `${process.env.BASE_URL}/v1`, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Hi' }];
const seen = async (model) => (await fetch(`${process.env.UPSTREAM_URL}/_seen?model=${model}`)).json();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition, what) {
  for (let i = 0; i < 300; i++) {
    const value = await condition();
    if (value) return value;
    await pause(10);
  }
  throw new Error(`${what} did not come`);
}

test('a whole chat', async () => {
  const answer = await client.chat.completions.create({ model: 'up/ok', messages });
  assert.equal(answer.choices[0].message.content, 'Hello ✓');
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.total_tokens, 12);
  assert.match(answer._request_id, /./);
});

test('a stream', async () => {
  const stream = await client.chat.completions.create({ model: 'up/ok', messages, stream: true });
  let text = '', finish, usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? '';
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, 'Hello ✓');
  assert.equal(finish, 'stop');
  assert.equal(usage, undefined);
});

test('a stream with usage', async () => {
  const options = { model: 'up/ok', messages, stream: true, stream_options: { include_usage: true } };
  let last;
  for await (const chunk of await client.chat.completions.create(options)) last = chunk;
  assert.deepEqual(last.choices, []);
  assert.equal(last.usage.total_tokens, 12);
  assert.equal(last.usage.prompt_tokens_details.cached_tokens, 2);
});

test('the stream helper gathers a whole answer', async () => {
  for (const model of ['up/ok', 'up/comments', 'echo/echo']) {
    const completion = await client.chat.completions.stream({ model, messages }).finalChatCompletion();
    assert.equal(completion.choices[0].message.content, model === 'echo/echo' ? 'Hi' : 'Hello ✓', model);
    assert.equal(completion.choices[0].message.role, 'assistant');
  }
});

test('tools, whole and in a stream', async () => {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
  const whole = await client.chat.completions.create({ model: 'up/tools', messages, tools });
  assert.equal(whole.choices[0].message.tool_calls[1].function.name, 'time');
  const completion = await client.chat.completions.stream({ model: 'up/tools', messages, tools }).finalChatCompletion();
  const calls = completion.choices[0].message.tool_calls;
  assert.deepEqual(calls.map((call) => [call.id, call.function.name, call.function.arguments]),
    [['call_0', 'weather', '{"city":"Paris"}'], ['call_1', 'time', '{}']]);
  assert.equal(completion.choices[0].finish_reason, 'tool_calls');
});

test('tools that the upstream numbers from 1 and tells as objects', async () => {
  const completion = await client.chat.completions.stream({ model: 'up/tools-odd', messages }).finalChatCompletion();
  const [call] = completion.choices[0].message.tool_calls;
  assert.equal(call.type, 'function');
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Paris' });
});

test('structured output reaches the upstream untouched', async () => {
  const response_format = { type: 'json_schema', json_schema: { name: 'scene', strict: true, schema: { type: 'object', properties: { caption: { type: 'string' } } } } };
  const answer = await client.chat.completions.parse({ model: 'up/json', messages, response_format });
  assert.deepEqual(answer.choices[0].message.parsed ?? JSON.parse(answer.choices[0].message.content), { caption: 'a cat' });
  const [request] = (await seen('json')).slice(-1);
  assert.deepEqual(JSON.parse(request.body).response_format, response_format);
  assert.equal(request.headers.authorization, 'Bearer up-secret-key');
});

test('embeddings as floats, and in base64 as the SDK asks by itself', async () => {
  const floats = await client.embeddings.create({ model: 'up/embed', input: ['a', 'b'], encoding_format: 'float' });
  assert.deepEqual(floats.data.map((entry) => entry.embedding), [[0.5, -0.25, 0], [0.5, -0.25, 1]]);
  const packed = await client.embeddings.create({ model: 'up/embed', input: 'a' });
  assert.deepEqual(packed.data[0].embedding, [0.5, -0.25, 0]);
  const converted = await client.embeddings.create({ model: 'up/embed-floats', input: 'a' });
  assert.deepEqual(converted.data[0].embedding, [0.5, -0.25, 0]);
  assert.equal(packed.usage.prompt_tokens, 5);
});

test('models, listed and by name', async () => {
  const names = await until(async () => {
    const list = [];
    for await (const model of client.models.list()) list.push(model.id);
    return list.includes('up/ok') && list;
  }, 'the upstream\'s models');
  assert.ok(names.includes('echo/echo'));
  assert.equal((await client.models.retrieve('echo/echo')).object, 'model');
  await assert.rejects(client.models.retrieve('up/none-such'), OpenAI.NotFoundError);
});

const classes = [
  ['http-400', OpenAI.BadRequestError, 400],
  ['http-400-context', OpenAI.BadRequestError, 400],
  ['http-400-filter', OpenAI.BadRequestError, 400],
  ['http-401', OpenAI.InternalServerError, 502],
  ['http-404', OpenAI.NotFoundError, 404],
  ['http-422', OpenAI.UnprocessableEntityError, 422],
  ['http-429-rate', OpenAI.RateLimitError, 429],
  ['http-429-quota', OpenAI.RateLimitError, 429],
  ['http-500', OpenAI.InternalServerError, 502],
  ['http-503', OpenAI.InternalServerError, 503],
  ['html', OpenAI.InternalServerError, 502],
  ['error-200', OpenAI.InternalServerError, 502],
];
for (const [model, kind, status] of classes)
  for (const stream of [false, true])
    test(`error class of ${model}${stream ? ' when a stream was asked for' : ''}`, async () => {
      const error = await client.chat.completions.create({ model: `up/${model}`, messages, stream }).then(
        () => assert.fail('it answered'), (failure) => failure);
      assert.ok(error instanceof kind, `${error.constructor.name}: ${error.message}`);
      assert.equal(error.status, status);
      assert.equal(typeof error.error.message, 'string');
      assert.ok(error.code, 'code');
      assert.ok(error.requestID, 'request id');
      assert.doesNotMatch(JSON.stringify(error.error), /sk-secret|up-secret-key/);
    });

test('a wrong key, a missing model', async () => {
  const stranger = new OpenAI({ apiKey: 'sk-nobody', baseURL: `${process.env.BASE_URL}/v1`, maxRetries: 0 });
  await assert.rejects(stranger.chat.completions.create({ model: 'up/ok', messages }), OpenAI.AuthenticationError);
  await assert.rejects(client.chat.completions.create({ model: 'none/such', messages }), OpenAI.NotFoundError);
});

test('what may be retried is retried, what may not is not', async () => {
  const patient = client.withOptions({ maxRetries: 2 });
  const answer = await patient.chat.completions.create({ model: 'up/flaky', messages });
  assert.equal(answer.choices[0].message.content, 'Hello ✓');
  const before = (await seen('http-429-quota')).length;
  await assert.rejects(patient.chat.completions.create({ model: 'up/http-429-quota', messages }), OpenAI.RateLimitError);
  assert.equal((await seen('http-429-quota')).length, before + 1);
});

test('an error in mid-stream is an error of the stream', async () => {
  for (const model of ['err-mid', 'err-merged', 'no-finish', 'garbage', 'cut']) {
    const stream = await client.chat.completions.create({ model: `up/${model}`, messages, stream: true });
    let text = '';
    const error = await (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? '';
    })().then(() => assert.fail(`${model} ended well`), (failure) => failure);
    assert.ok(error instanceof OpenAI.APIError, `${model}: ${error.constructor.name} ${error.message}`);
    assert.equal(text, 'Hel', model);
  }
});

test('who leaves a stream ends it upstream', async () => {
  const model = `slow-200-${process.argv[2] === 'openai7' ? 21 : 20}`;
  const stream = await client.chat.completions.create({ model: `up/${model}`, messages, stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta?.content) break;
  const left = Date.now();
  await until(async () => (await seen(model))[0].left_after !== null, 'the end upstream');
  assert.ok(Date.now() - left < 250, `it took ${Date.now() - left} ms`);
});

test('abort before the answer ends it upstream', async () => {
  const abort = new AbortController();
  const asked = client.chat.completions.create({ model: 'up/stall', messages }, { signal: abort.signal });
  const before = (await seen('stall')).length;
  await until(async () => (await seen('stall')).length > before || before > 0, 'the request upstream');
  abort.abort();
  await assert.rejects(asked, OpenAI.APIUserAbortError);
  const left = Date.now();
  await until(async () => (await seen('stall')).every((record) => record.left_after !== null), 'the end upstream');
  assert.ok(Date.now() - left < 250, `it took ${Date.now() - left} ms`);
});
