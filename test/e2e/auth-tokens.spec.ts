/** Access tokens, accepted and refused: the cases F, G and H of the auth specification, over HTTP and a local issuer. */
import { createHmac, createPublicKey, generateKeyPairSync, KeyObject, sign, type JsonWebKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthService } from '../support/auth-service.js';
import { granted, refused, verdict, type Verdict } from '../support/auth-verdict.js';
import { call } from '../support/http-exchange.js';
import { CLIENT, LocalIssuer, TENANT, USER, type Claims, type IssuerKey } from '../support/local-issuer.js';

const OTHER = '00000000-1111-2222-3333-444444444444';
const invalid = refused(401, 'invalid_token');
const insufficient = refused(403, 'insufficient_permissions');

let issuer: LocalIssuer;
let service: AuthService;
let rogue: IssuerKey;
beforeAll(async () => {
  issuer = await LocalIssuer.start();
  rogue = await issuer.makeKey('rogue');
  service = await AuthService.start({ mode: 'E', issuer, environment: { ENTRA_AUDIENCES: `api://${CLIENT}` } });
});
afterAll(async () => {
  await service.stop();
  await issuer.stop();
});

const present = (token: string): Promise<Verdict> =>
  verdict(service, { headers: { authorization: `Bearer ${token}` } });
const seconds = (fromNow: number) => Math.floor(Date.now() / 1000) + fromNow;

interface ClaimsCase {
  id: string;
  /** Computed when the case runs: they name the issuer and the time. */
  claims: () => Claims;
  is: Verdict;
}

describe('F accepted', () => {
  const cases: ClaimsCase[] = [
    { id: 'F01 delegated', claims: () => issuer.claims(), is: granted },
    { id: 'F01 scope among others', claims: () => issuer.claims({ scp: 'a foundry_access b' }), is: granted },
    { id: 'F02 app with a role', claims: () => issuer.appClaims({ roles: ['Other', 'Inference.Use'] }), is: granted },
    {
      id: 'F02 idtyp',
      claims: () => issuer.appClaims({ roles: ['Inference.Use'], idtyp: 'app', azp: undefined }),
      is: granted,
    },
    { id: 'F03 configured audience', claims: () => issuer.claims({ aud: `api://${CLIENT}` }), is: granted },
    { id: 'F04 expired within the tolerance', claims: () => issuer.claims({ exp: seconds(-30) }), is: granted },
    { id: 'F05 early within the tolerance', claims: () => issuer.claims({ nbf: seconds(30) }), is: granted },
    { id: 'F06 audience list', claims: () => issuer.claims({ aud: ['other', CLIENT] }), is: granted },
    { id: 'F07 11 KB', claims: () => issuer.claims({ groups: Array.from({ length: 210 }, () => OTHER) }), is: granted },
  ];
  it.each(cases)('$id', async ({ claims, is }) => {
    expect(await present(await issuer.sign(claims()))).toEqual(is);
  });

  it('F01 tells who called', async () => {
    const answer = await call(service.port, { headers: { authorization: `Bearer ${await issuer.mint()}` } });
    const { caller } = answer.json as { caller: unknown };
    expect(caller).toEqual({
      method: 'entra',
      id: `entra:${TENANT}:${USER}`,
      tenantId: TENANT,
      objectId: USER,
      kind: 'delegated',
      tokenId: 'unique-token-id',
    });
    expect(service.log.lines.some((line) => line.startsWith(`debug Granted entra:${TENANT}:${USER}`))).toBe(true);
  });

  it('F03 another audience needs to be configured', async () => {
    const strict = await AuthService.start({ mode: 'E', issuer });
    const headers = { authorization: `Bearer ${await issuer.mint({ aud: `api://${CLIENT}` })}` };
    expect(await verdict(strict, { headers })).toEqual(invalid);
    await strict.stop();
  });

  it('F08 the issuer is whatever discovery says, at any sign-in host', async () => {
    const appliance = await LocalIssuer.start();
    appliance.issuer = `https://login.appliance.example/${TENANT}/v2.0`;
    const local = await AuthService.start({ mode: 'E', issuer: appliance });
    const token = async (changes: Claims = {}) => ({ authorization: `Bearer ${await appliance.mint(changes)}` });
    expect(await verdict(local, { headers: await token() })).toEqual(granted);
    expect(await verdict(local, { headers: await token({ iss: `${appliance.authority}/${TENANT}/v2.0` }) })).toEqual(
      invalid,
    );
    await local.stop();
    await appliance.stop();
  });

  it('F09 the scheme in lower case', async () => {
    expect(await verdict(service, { headers: { authorization: `bearer ${await issuer.mint()}` } })).toEqual(granted);
  });
});

describe('G refused for what it says', () => {
  const refusedFor = (id: string, changes: () => Claims, is = invalid): ClaimsCase => ({
    id,
    claims: () => issuer.claims(changes()),
    is,
  });
  const cases: ClaimsCase[] = [
    refusedFor('G01 expired', () => ({ exp: seconds(-600) })),
    refusedFor('G01 exp absent', () => ({ exp: undefined })),
    refusedFor('G01 exp as text', () => ({ exp: String(seconds(600)) })),
    refusedFor('G01 exp negative', () => ({ exp: -1 })),
    refusedFor('G02 not yet valid', () => ({ nbf: seconds(600) })),
    refusedFor('G02 nbf absent', () => ({ nbf: undefined })),
    refusedFor('G04 another audience', () => ({ aud: OTHER })),
    refusedFor('G04 audience in other case', () => ({ aud: CLIENT.toUpperCase() })),
    refusedFor('G04 audience absent', () => ({ aud: undefined })),
    refusedFor('G04 audiences of others', () => ({ aud: [OTHER, 7] })),
    refusedFor('G05 management audience', () => ({ aud: 'https://management.azure.com/' })),
    refusedFor('G06 v1', () => ({ iss: `https://sts.windows.net/${TENANT}/`, ver: '1.0' })),
    refusedFor('G06 ver as a number', () => ({ ver: 2 })),
    refusedFor('G07 another issuer', () => ({ iss: issuer.issuer.replace(TENANT, OTHER) })),
    refusedFor('G07 another tenant', () => ({ tid: OTHER })),
    refusedFor('G09 a slash', () => ({ iss: `${issuer.issuer}/` })),
    refusedFor('G09 upper case', () => ({ iss: issuer.issuer.toUpperCase() })),
    refusedFor('G09 issuer list', () => ({ iss: [issuer.issuer] })),
    refusedFor('G10 no object id', () => ({ oid: undefined })),
    refusedFor('G10 object id is no GUID', () => ({ oid: "' or assignedTo('x')" })),
    refusedFor('G11 other scope', () => ({ scp: 'foundry_accessible' }), insufficient),
    refusedFor('G11 empty scope', () => ({ scp: '' }), insufficient),
    refusedFor('G11 other scope beside a role', () => ({ scp: 'x', roles: ['Inference.Use'] }), insufficient),
    refusedFor('G11 scope list', () => ({ scp: ['foundry_access'] })),
    refusedFor('G12 id token', () => ({ scp: undefined, azp: undefined, nonce: 'n' })),
    refusedFor('G12 id token with roles', () => ({ scp: undefined, azp: undefined, roles: ['Inference.Use'] })),
    refusedFor('G12 no scope, no roles', () => ({ scp: undefined }), insufficient),
    refusedFor('G12 a user, no scope', () => ({ scp: undefined, idtyp: 'user', roles: ['Inference.Use'] })),
    refusedFor('G12 role of another app', () => ({ scp: undefined, roles: ['inference.use'] }), insufficient),
    refusedFor('G13 issued tomorrow', () => ({ iat: seconds(86_400) })),
    refusedFor('G13 iat absent', () => ({ iat: undefined })),
  ];
  it.each(cases)('$id', async ({ claims, is }) => {
    expect(await present(await issuer.sign(claims()))).toEqual(is);
  });

  it('G01 = G04 = G07: one message, and nothing of what was expected', async () => {
    const texts = await Promise.all(
      [{ exp: 1 }, { aud: OTHER }, { tid: OTHER }].map(async (changes) => {
        const headers = { authorization: `Bearer ${await issuer.mint(changes)}` };
        return (await call(service.port, { headers })).text;
      }),
    );
    expect(new Set(texts).size).toBe(1);
    for (const secret of [CLIENT, TENANT, USER, issuer.issuer]) expect(texts[0]).not.toContain(secret);
  });
});

/** A token put together by hand: any header, any bytes as payload, any signature. */
function forge(header: Claims, payload: unknown, signature: (input: string) => Buffer | string): string {
  const part = (value: unknown) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${Buffer.from(signature(input)).toString('base64url')}`;
}

const withKey = (key: IssuerKey) => (input: string) =>
  sign('sha256', Buffer.from(input), KeyObject.from(key.privateKey));

describe('H refused for its form', () => {
  const kid = () => issuer.published[0].id;
  const good = () => withKey(issuer.published[0]);
  const header = (changes: Claims = {}) => ({ alg: 'RS256', kid: kid(), ...changes });
  const publicPem = () => createPublicKey({ format: 'jwk', key: issuer.published[0].jwk as JsonWebKey });

  it('a token put together by hand passes when nothing is wrong with it', async () => {
    expect(await present(forge(header(), issuer.claims(), good()))).toEqual(granted);
  });

  it.each(['none', 'None', 'nOnE', 'NONE', ''])('H01 alg %j', async (alg) => {
    expect(await present(forge(header({ alg }), issuer.claims(), () => ''))).toEqual(invalid);
    expect(await present(forge(header({ alg }), issuer.claims(), good()))).toEqual(invalid);
  });

  it('H02 HS256 with the public key as secret', async () => {
    const secret = publicPem().export({ type: 'spki', format: 'pem' });
    const mac = (input: string) => createHmac('sha256', secret).update(input).digest();
    expect(await present(forge(header({ alg: 'HS256' }), issuer.claims(), mac))).toEqual(invalid);
    expect(await present(forge(header(), issuer.claims(), mac))).toEqual(invalid);
  });

  it('H03 PS256 by the right key', async () => {
    const pss = (input: string) =>
      sign('sha256', Buffer.from(input), {
        key: KeyObject.from(issuer.published[0].privateKey),
        padding: 6,
        saltLength: 32,
      });
    expect(await present(forge(header({ alg: 'PS256' }), issuer.claims(), pss))).toEqual(invalid);
    expect(await present(forge(header(), issuer.claims(), pss))).toEqual(invalid);
  });

  it('H03 ES256', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ecdsa = (input: string) => sign('sha256', Buffer.from(input), privateKey);
    expect(await present(forge(header({ alg: 'ES256' }), issuer.claims(), ecdsa))).toEqual(invalid);
  });

  it('H04 keys and addresses inside the token are not looked at', async () => {
    const sources = { jwk: rogue.jwk, jku: `${issuer.authority}/evil`, x5u: `${issuer.authority}/evil`, x5c: ['AAAA'] };
    expect(await present(forge(header(sources), issuer.claims(), withKey(rogue)))).toEqual(invalid);
    expect(await present(forge(header(sources), issuer.claims(), good()))).toEqual(granted);
    expect(issuer.requests.filter((path) => path.includes('evil'))).toEqual([]);
  });

  const keyIds = [
    '../../etc/passwd',
    'https://evil.example/k',
    "' OR 1=1 --",
    'a\0b',
    'k'.repeat(10_000),
    7,
    null,
    {},
    '',
  ];
  it.each(keyIds)('H05 kid %j', async (keyId) => {
    const before = issuer.count('keys');
    expect(await present(forge(header({ kid: keyId }), issuer.claims(), good()))).toEqual(invalid);
    expect(issuer.count('keys')).toBe(before);
  });

  it('H05 no kid', async () => {
    expect(await present(forge({ alg: 'RS256' }, issuer.claims(), good()))).toEqual(invalid);
  });

  it('H05 unknown kids cost one fetch together', async () => {
    const before = issuer.count('keys');
    for (const keyId of ['a', 'b', 'c', '__proto__', 'constructor']) {
      expect(await present(forge(header({ kid: keyId }), issuer.claims(), good()))).toEqual(invalid);
    }
    expect(issuer.count('keys') - before).toBeLessThanOrEqual(1);
  });

  it('H06 payload changed by one byte', async () => {
    const [head, body, signature] = forge(header(), issuer.claims(), good()).split('.');
    const changed = Buffer.from(body, 'base64url').toString().replace('unique', 'unIque');
    expect(await present([head, Buffer.from(changed).toString('base64url'), signature].join('.'))).toEqual(invalid);
  });

  it('H07 the signature of another key under our key id', async () => {
    expect(await present(forge(header(), issuer.claims(), withKey(rogue)))).toEqual(invalid);
  });

  it('H08 critical extensions', async () => {
    const claims = issuer.claims();
    expect(await present(forge(header({ crit: ['exp'], exp: 1 }), claims, good()))).toEqual(invalid);
    expect(await present(forge(header({ crit: [] }), claims, good()))).toEqual(invalid);
  });

  it('H09 segments', async () => {
    const token = forge(header(), issuer.claims(), good());
    const [head, body, signature] = token.split('.');
    const shapes = [
      `${head}.${body}`,
      `${token}.${signature}`,
      `${token}.${head}.${body}`,
      `${head}..${signature}`,
      `.${body}.${signature}`,
      `${head}.${body}.`,
      `${head}.${body}.${signature}==`,
      `${head}.${body}. ${signature}`,
      `${token} trailing`,
      `${token}, Bearer ${token}`,
      `${head}.${body}.${signature.slice(0, -1)}${notCanonical(signature.at(-1)!)}`,
      `${head}.${body}.${signature.replaceAll('-', '+').replaceAll('_', '/')}A`,
    ];
    for (const shape of shapes) expect([shape, await present(shape)]).toEqual([shape, invalid]);
  });

  it.each(['[]', '[{"exp":1}]', '7', '"text"', 'null', 'true', '{', '', '{"a":"\ud800"}'])(
    'H10 payload %j',
    async (payload) => {
      expect(await present(forge(header(), payload, good()))).toEqual(invalid);
    },
  );

  it('H10 of duplicate members the last counts; a number beyond range is none', async () => {
    const claims = JSON.stringify(issuer.claims());
    expect(await present(forge(header(), `{"exp":1,${claims.slice(1)}`, good()))).toEqual(granted);
    expect(await present(forge(header(), `${claims.slice(0, -1)},"exp":1}`, good()))).toEqual(invalid);
    expect(await present(forge(header(), `${claims.slice(0, -1)},"exp":1e400}`, good()))).toEqual(invalid);
  });

  it('H11 15 KB of junk', async () => {
    const { status } = await present(`eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(15_000)}.c2ln`);
    expect(status).toBe(401);
  });
});

/** Another last character that a lenient decoder would take for the same bytes. */
function notCanonical(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet[alphabet.indexOf(character) ^ 1];
}
