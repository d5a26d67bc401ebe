/**
 * A sign-in service on this machine: publishes discovery and keys over plain http, mints tokens like Entra's, and
 * misbehaves on request. Its keys outlive their publication, so that a test can sign with one that was dropped.
 */
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const TENANT = '11111111-2222-3333-4444-555555555555';
export const CLIENT = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
export const USER = '99999999-8888-7777-6666-555555555555';
export const SCOPE = 'foundry_access';

/** How the two documents are served. `foreign`: the keys are said to lie elsewhere. */
export type Manner = 'well' | 'hang' | 'error' | 'html' | 'empty' | 'redirect' | 'foreign' | 'huge';

export type Claims = Record<string, unknown>;

export interface IssuerKey {
  id: string;
  privateKey: CryptoKey;
  /** The public half as published. */
  jwk: JWK;
}

const now = () => Math.floor(Date.now() / 1000);

export class LocalIssuer {
  manner: Manner = 'well';
  /** In the order of publication. */
  published: IssuerKey[] = [];
  /** What the service signs with as `iss`; need not lie at its own address. */
  issuer: string;
  /** Where `foreign` and `redirect` point to. */
  elsewhere = 'http://127.0.0.1:9';
  /** Paths that were asked for. */
  requests: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly authority: string,
  ) {
    this.issuer = `${authority}/${TENANT}/v2.0`;
  }

  static async start(): Promise<LocalIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new LocalIssuer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => issuer.answer(request, response));
    issuer.published = [await issuer.makeKey('first')];
    return issuer;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async makeKey(id: string, bits = 2048): Promise<IssuerKey> {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { modulusLength: bits, extractable: true });
    const { kty, n, e } = await exportJWK(publicKey);
    return { id, privateKey, jwk: { kty, n, e, kid: id, use: 'sig' } };
  }

  /** Claims of a good delegated token, some of them replaced; `undefined` leaves one out. */
  claims(changes: Claims = {}): Claims {
    const issued = now();
    return dropUndefined({
      aud: CLIENT,
      iss: this.issuer,
      iat: issued,
      nbf: issued,
      exp: issued + 3600,
      azp: '12345678-1234-1234-1234-123456789012',
      azpacr: '0',
      oid: USER,
      scp: SCOPE,
      sub: 'pairwise-subject',
      tid: TENANT,
      uti: 'unique-token-id',
      ver: '2.0',
      ...changes,
    });
  }

  /** Changes that make the token one of an app for itself. */
  appClaims(changes: Claims = {}): Claims {
    return this.claims({ scp: undefined, azpacr: '1', sub: USER, ...changes });
  }

  mint(changes: Claims = {}, key = this.published[0], header: Record<string, unknown> = {}): Promise<string> {
    return this.sign(this.claims(changes), key, header);
  }

  sign(claims: Claims, key = this.published[0], header: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.id, ...header })
      .sign(key.privateKey);
  }

  count(suffix: string): number {
    return this.requests.filter((path) => path.endsWith(suffix)).length;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.requests.push(path);
    if (this.manner === 'hang') return;
    if (this.manner === 'error') return void response.writeHead(500).end('no');
    if (this.manner === 'html') return void response.end('<html>sign in</html>');
    if (path === `/${TENANT}/v2.0/.well-known/openid-configuration`) return this.sendJson(response, this.discovery());
    if (path !== `/${TENANT}/discovery/v2.0/keys`) return void response.writeHead(404).end();
    if (this.manner === 'redirect') return void response.writeHead(302, { location: this.elsewhere }).end();
    const keys = this.manner === 'empty' ? [] : this.published.map((key) => key.jwk);
    const padding = this.manner === 'huge' ? { padding: 'x'.repeat(300_000) } : {};
    this.sendJson(response, { keys, ...padding });
  }

  private discovery(): Record<string, unknown> {
    const base = this.manner === 'foreign' ? this.elsewhere : this.authority;
    return { issuer: this.issuer, jwks_uri: `${base}/${TENANT}/discovery/v2.0/keys` };
  }

  private sendJson(response: ServerResponse, value: unknown): void {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  }
}

function dropUndefined(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
