import { describe, expect, it } from 'vitest';
import { PublicPaths } from './public-paths.js';

describe('PublicPaths', () => {
  const paths = new PublicPaths(['/healthz', '/v1/models'], false);
  const withDocs = new PublicPaths([], true);

  it('has none by default', () => {
    for (const path of ['/', '/docs', '/openapi.json', '/healthz']) {
      expect(new PublicPaths([], false).has('GET', path)).toBe(false);
    }
  });

  it.each(['/healthz', '/v1/models', '/v1/models?x=1', '/healthz?'])('has %s for GET and HEAD only', (target) => {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get', undefined];
    expect(methods.filter((method) => paths.has(method, target))).toEqual(['GET', 'HEAD']);
  });

  it.each([
    '/healthz/',
    '//healthz',
    '/HEALTHZ',
    '/healthz#',
    '/healthz;a',
    '/%68ealthz',
    '/./healthz',
    '/x/../healthz',
    '/v1//models',
    '/v1%2fmodels',
    '/v1/models/x',
    '/v1/modelsx',
    'healthz',
    'http://host/healthz',
    '*',
    '',
  ])('does not have %s', (target) => {
    expect(paths.has('GET', target)).toBe(false);
  });

  it.each(['/docs', '/openapi.json', '/docs/swagger-ui.css', '/docs/swagger-ui-init.js?v=1'])(
    'has %s with docs',
    (target) => {
      expect(withDocs.has('GET', target)).toBe(true);
      expect(paths.has('GET', target)).toBe(false);
    },
  );

  it.each([
    '/docs/',
    '/docs/..',
    '/docs/.',
    '/docs/../health',
    '/docs/a/b',
    '/docs/%2e%2e',
    '/docs/a/../../health',
    '/docs-json',
  ])('does not have %s, with docs either', (target) => {
    expect(withDocs.has('GET', target)).toBe(false);
  });
});
