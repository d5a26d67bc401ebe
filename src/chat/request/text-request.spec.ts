import { describe, expect, it } from 'vitest';
import type { SearchDefaults } from '../../inference/catalog/manifest.js';
import { ChatCompletionRequest } from './chat-request.js';
import { cacheScope, refuseUnknownTokens, textRequest } from './text-request.js';

const greedyFiles: SearchDefaults = { doSample: false, temperature: 0.6, topP: 0.9, topK: 40, repetitionPenalty: 1.1 };
const samplingFiles: SearchDefaults = { ...greedyFiles, doSample: true };
const messages = [{ role: 'user', content: 'Hello' }];

function parse(fields: Record<string, unknown>): ChatCompletionRequest {
  return ChatCompletionRequest.parse({ messages, ...fields });
}

function request(fields: Record<string, unknown>, search = samplingFiles) {
  return textRequest(parse(fields), Int32Array.of(1, 2), search, 'scope');
}

describe('what is absent', () => {
  it('comes from the model’s files', () => {
    expect(request({})).toEqual({
      promptIds: Int32Array.of(1, 2),
      sampling: {
        temperature: 0.6,
        topP: 0.9,
        topK: 40,
        minP: 0,
        presencePenalty: 0,
        frequencyPenalty: 0,
        repetitionPenalty: 1.1,
        logitBias: [],
        seed: null,
      },
      maxTokens: null,
      minTokens: 0,
      ignoreEos: false,
      stop: [],
      stopTokenIds: [],
      includeStop: false,
      cacheScope: 'scope',
    });
  });

  it('is the same as null', () => {
    const fields = Object.keys(ChatCompletionRequest.shape).filter((name) => name !== 'messages');
    const nulls = Object.fromEntries(fields.map((name) => [name, null]));
    expect(request(nulls)).toEqual(request({}));
  });

  it('is greedy where the files say not to sample, until a field asks for sampling', () => {
    expect(request({}, greedyFiles).sampling.temperature).toBe(0);
    expect(request({ seed: 7, repetition_penalty: 2 }, greedyFiles).sampling.temperature).toBe(0);
    for (const fields of [{ top_p: 0.5 }, { top_k: 5 }, { min_p: 0.1 }, { metadata: { top_k: '5' } }]) {
      expect(request(fields, greedyFiles).sampling.temperature).toBe(0.6);
    }
    expect(request({ temperature: 0.7 }, greedyFiles).sampling).toMatchObject({
      temperature: 0.7,
      topP: 0.9,
      topK: 40,
    });
  });
});

describe('what is given', () => {
  it('wins over the files', () => {
    const fields = {
      temperature: 1.5,
      top_p: 0.3,
      top_k: 7,
      min_p: 0.2,
      presence_penalty: -1,
      frequency_penalty: 2,
      repetition_penalty: 1.5,
      logit_bias: { 5: -100, 12: 1.5 },
      seed: 3,
      max_tokens: 9,
      min_tokens: 4,
      ignore_eos: true,
      stop: 'END',
      stop_token_ids: [4, 5],
      include_stop_str_in_output: true,
    };
    expect(request(fields)).toMatchObject({
      sampling: {
        temperature: 1.5,
        topP: 0.3,
        topK: 7,
        minP: 0.2,
        presencePenalty: -1,
        frequencyPenalty: 2,
        repetitionPenalty: 1.5,
        logitBias: [
          [5, -100],
          [12, 1.5],
        ],
        seed: 3n,
      },
      maxTokens: 9,
      minTokens: 4,
      ignoreEos: true,
      stop: ['END'],
      stopTokenIds: [4, 5],
      includeStop: true,
    });
  });

  it('takes zeros as zeros', () => {
    const { sampling } = request({ temperature: 0, top_p: 0, top_k: 0, seed: 0 });
    expect(sampling).toMatchObject({ temperature: 0, topP: 0, topK: 0, seed: 0n });
  });

  it('calls a temperature greedy that no division survives', () => {
    expect(request({ temperature: 1e-300 }).sampling.temperature).toBe(0);
    expect(request({ temperature: 0.001 }).sampling.temperature).toBe(0.001);
  });

  it('reads -1 as "all tokens"', () => {
    expect(request({ top_k: -1 }).sampling.topK).toBe(0);
  });

  it('prefers max_completion_tokens', () => {
    expect(request({ max_tokens: 5, max_completion_tokens: 6 }).maxTokens).toBe(6);
  });

  it('takes top_k and random_seed from metadata where the body has none', () => {
    const metadata = { top_k: '3', random_seed: '18446744073709551615'.slice(0, 19) };
    expect(request({ metadata }).sampling).toMatchObject({ topK: 3, seed: 1844674407370955161n });
    expect(request({ metadata, top_k: 9, seed: 1 }).sampling).toMatchObject({ topK: 9, seed: 1n });
  });

  it('makes a seed an unsigned number of 64 bits', () => {
    expect(request({ seed: -1 }).sampling.seed).toBe(2n ** 64n - 1n);
    expect(request({ seed: -(2 ** 63) }).sampling.seed).toBe(2n ** 63n);
    expect(request({ seed: 2 ** 53 }).sampling.seed).toBe(2n ** 53n);
  });

  it('takes several stop strings', () => {
    expect(request({ stop: ['a', 'b'] }).stop).toEqual(['a', 'b']);
  });
});

describe('token ids', () => {
  it('have to be in the vocabulary; every stranger is named', () => {
    const body = parse({ logit_bias: { 99: 1, 100: 1 }, stop_token_ids: [3, 200] });
    expect(() => refuseUnknownTokens(body, 100)).toThrow(
      expect.objectContaining({
        code: 'invalid_value',
        param: 'logit_bias.100',
        message:
          'logit_bias.100: expected a token id below 100; got 100. stop_token_ids.1: expected a token id below 100; got 200.',
      }),
    );
    expect(() => refuseUnknownTokens(body, 201)).not.toThrow();
  });
});

describe('the cache scope', () => {
  it('differs by caller, by salt and by key', () => {
    const bodies = [{}, { cache_salt: 'a' }, { prompt_cache_key: 'a' }, { cache_salt: 'a', prompt_cache_key: 'a' }];
    const scopes = ['me', 'you', 'me","a'].flatMap((caller) => bodies.map((body) => cacheScope(caller, parse(body))));
    expect(new Set(scopes).size).toBe(scopes.length);
    expect(cacheScope('me', parse({ cache_salt: 'a' }))).toBe(cacheScope('me', parse({ cache_salt: 'a', seed: 1 })));
  });
});
