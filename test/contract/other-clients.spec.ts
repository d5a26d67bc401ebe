import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { generateText, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startScriptedApp, type ScriptedApp } from '../support/scripted-app.js';

const ANSWER = 'The capital of France is Paris.';
const QUESTION = 'What is the capital of France?';
const model = 'scripted-model:1';

let app: ScriptedApp;
beforeAll(async () => {
  app = await startScriptedApp({ environment: { STREAM_HEARTBEAT_MS: '100' } });
});
afterAll(() => app.close());

/** So that each client also meets comment lines. */
function slowly() {
  return ['The capital', { wait: new Promise((resolve) => setTimeout(resolve, 250)) }, ' of France', ' is Paris.'];
}

describe('the AI SDK', () => {
  const provider = () =>
    createOpenAICompatible({ name: 'ingot', apiKey: 'test', baseURL: `${app.baseUrl}/v1`, includeUsage: true });

  it('answers', async () => {
    const { text, finishReason, usage } = await generateText({ model: provider()(model), prompt: QUESTION });
    expect([text, finishReason, usage.outputTokens]).toEqual([ANSWER, 'stop', 3]);
  });

  it('streams', async () => {
    app.model.script = slowly;
    const result = streamText({ model: provider()(model), prompt: QUESTION });
    const pieces: string[] = [];
    for await (const piece of result.textStream) pieces.push(piece);
    expect(pieces.join('')).toBe(ANSWER);
    expect((await result.usage).outputTokens).toBe(3);
  });
});

describe('LangChain', () => {
  const chat = () => new ChatOpenAI({ model, apiKey: 'test', configuration: { baseURL: `${app.baseUrl}/v1` } });

  it('answers', async () => {
    const message = await chat().invoke(QUESTION);
    expect(message.text).toBe(ANSWER);
    expect(message.usage_metadata).toMatchObject({ output_tokens: 3 });
  });

  it('streams', async () => {
    app.model.script = slowly;
    let text = '';
    let outputTokens: number | undefined;
    for await (const chunk of await chat().stream(QUESTION)) {
      text += chunk.text;
      outputTokens = chunk.usage_metadata?.output_tokens ?? outputTokens;
    }
    expect(text).toBe(ANSWER);
    expect(outputTokens).toBe(3);
  });
});
