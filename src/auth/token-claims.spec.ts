import { describe, expect, it } from 'vitest';
import { checkClaims, principalOf, type TokenPolicy } from './token-claims.js';

const TENANT = 'aaaaaaaa-2222-3333-4444-555555555555';
const OBJECT = '99999999-8888-7777-6666-555555555555';
const policy: TokenPolicy = {
  tenantId: TENANT,
  audiences: ['client', 'api://client'],
  requiredScope: 'use',
  appRoles: ['App.Use', 'App.Admin'],
  clockSkewSeconds: 60,
};
const NOW = 1_000_000;
const good = {
  aud: 'client',
  iss: 'https://issuer',
  tid: TENANT,
  oid: OBJECT,
  ver: '2.0',
  exp: NOW + 10,
  nbf: NOW - 10,
  iat: NOW - 10,
  scp: 'use',
};

const check = (changes: Record<string, unknown>) => () => checkClaims({ ...good, ...changes }, policy, NOW);
const without = (name: string) => () => {
  const { [name]: _left, ...claims } = good as Record<string, unknown>;
  checkClaims(claims, policy, NOW);
};
const refusal = (code: string) => expect.objectContaining({ code });

describe('checkClaims', () => {
  it('passes a good token', () => {
    expect(check({})).not.toThrow();
  });

  it.each(['aud', 'iss', 'tid', 'oid', 'ver', 'exp', 'nbf', 'iat'])('wants %s', (name) => {
    expect(without(name)).toThrow(refusal('invalid_token'));
  });

  it.each(['exp', 'nbf', 'iat'])('wants a finite number as %s', (name) => {
    for (const value of ['1000010', null, true, [NOW], {}, Infinity, -Infinity, NaN]) {
      expect(check({ [name]: value })).toThrow(refusal('invalid_token'));
    }
  });

  it('draws the lines of time at the tolerance, to the second', () => {
    expect(check({ exp: NOW - 59 })).not.toThrow();
    expect(check({ exp: NOW - 60 })).toThrow(refusal('invalid_token'));
    expect(check({ nbf: NOW + 60 })).not.toThrow();
    expect(check({ nbf: NOW + 61 })).toThrow(refusal('invalid_token'));
    expect(check({ iat: NOW + 60 })).not.toThrow();
    expect(check({ iat: NOW + 61 })).toThrow(refusal('invalid_token'));
  });

  it.each([
    ['aud', ['client', 'api://client', ['x', 'client']], ['Client', 'client ', ['x'], [], { client: 1 }, null]],
    ['tid', [TENANT], [TENANT.toUpperCase(), OBJECT, [TENANT], 7]],
    ['ver', ['2.0'], ['1.0', '2', 2, '2.0.0']],
    ['oid', [OBJECT, OBJECT.toUpperCase()], ['', 'me', `${OBJECT}x`, `${OBJECT}' or 1`, 7, [OBJECT]]],
    ['scp', ['use', '', 'x'], [['use'], 7, null]],
  ] as [string, unknown[], unknown[]][])('judges %s', (name, passing, failing) => {
    for (const value of passing) expect(check({ [name]: value })).not.toThrow();
    for (const value of failing) expect(check({ [name]: value })).toThrow(refusal('invalid_token'));
  });
});

describe('principalOf', () => {
  const app = { ...good, sub: OBJECT } as Record<string, unknown>;
  delete app['scp'];
  const id = `entra:${TENANT}:${OBJECT}`;

  it('is frozen, names tenant and object, and no person', () => {
    const principal = principalOf({ ...good, name: 'Jane', uti: 'u' }, policy);
    expect(principal).toEqual({
      method: 'entra',
      id,
      tenantId: TENANT,
      objectId: OBJECT,
      kind: 'delegated',
      tokenId: 'u',
    });
    expect(Object.isFrozen(principal)).toBe(true);
  });

  it('is one and the same for any spelling of the object id', () => {
    expect(principalOf({ ...good, oid: OBJECT.toUpperCase() }, policy).id).toBe(id);
  });

  it.each(['use', 'a use', 'use b', 'a use b'])('finds the scope in %j', (scp) => {
    expect(principalOf({ ...good, scp }, policy)).toMatchObject({ kind: 'delegated' });
  });

  it.each(['', 'USE', 'user', 'a,use', 'use\t'])('finds no scope in %j', (scp) => {
    expect(() => principalOf({ ...good, scp, roles: ['App.Use'] }, policy)).toThrow(
      refusal('insufficient_permissions'),
    );
  });

  it.each([
    ['its subject', {}],
    ['a client', { sub: 'pairwise', azp: 'client' }],
    ['idtyp', { sub: 'pairwise', idtyp: 'app' }],
  ])('knows an app by %s, and wants a role of it', (_, mark) => {
    expect(principalOf({ ...app, ...mark, roles: ['x', 'App.Admin'] }, policy)).toMatchObject({ kind: 'app', id });
    for (const roles of [undefined, [], ['app.use'], 'App', [7]]) {
      expect(() => principalOf({ ...app, ...mark, roles }, policy)).toThrow(refusal('insufficient_permissions'));
    }
  });

  it.each([
    ['no mark of an app', { sub: 'pairwise' }],
    ['a nonce', { nonce: 'n' }],
    ['an access token hash', { at_hash: 'h' }],
    ['idtyp user', { idtyp: 'user', azp: 'client' }],
  ])('takes nothing without a scope for an access token that has %s', (_, changes) => {
    expect(() => principalOf({ ...app, roles: ['App.Use'], ...changes }, policy)).toThrow(refusal('invalid_token'));
  });

  it('refuses every app when no role is configured', () => {
    expect(() => principalOf({ ...app, roles: ['App.Use'] }, { ...policy, appRoles: [] })).toThrow(
      refusal('insufficient_permissions'),
    );
  });
});
