import { describe, expect, it } from 'vitest';
import { withoutSecrets } from './redaction.js';

const KEY = 'fndry-pk-0f1e2d3c-1111-4222-8333-444455556666';
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl-_x';

describe('withoutSecrets', () => {
  it.each([
    [`bad header api-key: canary123, host: x`, 'bad header api-key: [REDACTED], host: x'],
    [`{"x-api-key":"canary123","host":"x"}`, '{"x-api-key":"[REDACTED]","host":"x"}'],
    [`{"message":"api-key: \\"canary123\\""}`, '{"message":"api-key: \\"canary123\\""}'],
    [`Authorization: Bearer canary-canary=`, 'Authorization: Bearer [REDACTED]'],
    [`got "bearer canarycanary"`, 'got "bearer [REDACTED]"'],
    [`proxy-authorization: Basic Y2FuYXJ5OmNhbmFyeQ==`, 'proxy-authorization: Basic [REDACTED]'],
    [`the key ${KEY} is old`, 'the key [REDACTED] is old'],
    [`token ${JWT}.`, 'token [REDACTED].'],
    [`token ${JWT.slice(0, JWT.lastIndexOf('.') + 1)} of alg none`, 'token [REDACTED] of alg none'],
    [`cookie: a=canary; b=canary2\nnext`, 'cookie: [REDACTED]\nnext'],
    [`POST /token?client_secret=canary&x=1`, 'POST /token?client_secret=[REDACTED]&x=1'],
    [`{"access_token":"canary.canary"}`, '{"access_token":"[REDACTED]"}'],
  ])('%j', (text, expected) => {
    expect(withoutSecrets(text)).toBe(expected);
  });

  it.each([
    'Listening on http://127.0.0.1:8080; reading models from /models',
    'Refused invalid_api_key (no stored key): GET /v1/models from 10.0.0.1, request 1',
    'The token budget is 100 tokens: fine',
    'bearer of news',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'a.b.c eyJ.x',
  ])('leaves %j alone', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  it('leaves the key in the line that is meant to be pasted, in text and in JSON', () => {
    const line = `curl http://127.0.0.1:8080/v1/chat/completions -H "Authorization: Bearer ${KEY}" -d '{}'`;
    expect(withoutSecrets(line)).toBe(line);
    expect(withoutSecrets(JSON.stringify({ line }))).toBe(JSON.stringify({ line }));
  });
});
