// Calls a running platform with the official npm client, streaming and not; prints what it saw as one JSON object.
import OpenAI from 'openai';

const [baseURL, apiKey, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const messages = [{ role: 'user', content: '你好！' }];
const seen = {};

seen.models = (await client.models.list()).data.map((m) => m.id);
const answer = await client.chat.completions.create({ model, messages, temperature: 0, max_tokens: 24 });
seen.id = answer.id;
seen.text = answer.choices[0].message.content;
seen.finish = answer.choices[0].finish_reason;
seen.usage = answer.usage;

const stream = await client.chat.completions.create({
  model, messages, temperature: 0, max_tokens: 24, stream: true, stream_options: { include_usage: true },
});
let text = '';
let usages = 0;
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta?.content ?? '';
  if (chunk.usage) { usages++; seen.streamUsage = chunk.usage; }
}
seen.streamText = text;
seen.usages = usages;

const completion = await client.completions.create({ model, prompt: 'Cloud', max_tokens: 4, temperature: 0 });
seen.completion = completion.choices[0].text;

try {
  await client.chat.completions.create({ model: 'no-such-model', messages });
} catch (e) {
  seen.unknownModel = { status: e.status, code: e.code, type: e.type };
}
try {
  await new OpenAI({ baseURL, apiKey: 'sk-weir-wrong', maxRetries: 0 }).models.list();
} catch (e) {
  seen.wrongKey = { status: e.status, code: e.code };
}
console.log(JSON.stringify(seen));
