import type { Request } from 'express';
import passportPackage, { type Strategy, type StrategyCreated } from 'passport';
import { describe, expect, it } from 'vitest';
import { AppPassport, CREDENTIAL_HEADER } from './app-passport.js';
import { Refusal } from './refusal.js';

type Act = (strategy: StrategyCreated<Strategy>, credential: string) => void;

/** A strategy that does what it is told with the credential it finds. */
class ScriptedStrategy extends passportPackage.Strategy {
  seen: unknown[] = [];

  constructor(private readonly act: Act) {
    super();
  }

  override authenticate(request: Request): void {
    this.seen.push({ ...request.headers });
    this.act(this, String(request.headers[CREDENTIAL_HEADER]));
  }
}

const principal = { method: 'api_key', id: 'key:primary:1' };
const succeed: Act = (strategy) => strategy.success(principal);

describe('AppPassport', () => {
  it('runs the one strategy that is named, on the credential and nothing else', async () => {
    const apiKey = new ScriptedStrategy(succeed);
    const entra = new ScriptedStrategy(succeed);
    const passport = new AppPassport({ api_key: apiKey, entra });
    expect(await passport.verify('api_key', 'secret')).toBe(principal);
    expect([apiKey.seen, entra.seen]).toEqual([[{ [CREDENTIAL_HEADER]: 'secret' }], []]);
  });

  it('keeps a refusal that a strategy reports as an error', async () => {
    const refusal = new Refusal('key_store_unavailable', 'x', 5);
    const passport = new AppPassport({ api_key: new ScriptedStrategy((strategy) => strategy.error(refusal)) });
    await expect(passport.verify('api_key', 'x')).rejects.toBe(refusal);
  });

  it('keeps a refusal that a strategy reports as a failed login: an outage stays an outage', async () => {
    const refusal = new Refusal('token_validation_unavailable', 'x', 5);
    const passport = new AppPassport({ entra: new ScriptedStrategy((strategy) => strategy.fail(refusal, 401)) });
    await expect(passport.verify('entra', 'x')).rejects.toBe(refusal);
  });

  it.each([
    ['api_key', 'invalid_api_key'],
    ['entra', 'invalid_token'],
  ] as const)('takes any other failure of %s for %s', async (method, code) => {
    const fail: Act = (strategy) => strategy.fail(new Error('invalid signature'), 401);
    const passport = new AppPassport({ api_key: new ScriptedStrategy(fail), entra: new ScriptedStrategy(fail) });
    await expect(passport.verify(method, 'x')).rejects.toMatchObject({ code });
  });

  it('passes on a fault that is no verdict', async () => {
    const fault = new Error('bug');
    const passport = new AppPassport({ api_key: new ScriptedStrategy((strategy) => strategy.error(fault)) });
    await expect(passport.verify('api_key', 'x')).rejects.toBe(fault);
  });

  it('knows no strategy of another service, and none that is off', async () => {
    const passport = new AppPassport({ api_key: new ScriptedStrategy(succeed), entra: null });
    expect(await passport.verify('api_key', 'x')).toBe(principal);
    await expect(passport.verify('entra', 'x')).rejects.toThrow('Unknown authentication strategy');
    await expect(new AppPassport({}).verify('api_key', 'x')).rejects.toThrow('Unknown authentication strategy');
  });
});
