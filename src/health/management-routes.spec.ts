import { describe, expect, it } from 'vitest';
import { answerManagement, type ManagementRoutes } from './management-routes.js';

const routes: ManagementRoutes = new Map([
  ['/health', () => Promise.resolve({ status: 200, headers: {}, body: 'alive' })],
  ['/broken', () => Promise.reject(new Error('secret inner words'))],
]);

const codeOf = (body: string) => (JSON.parse(body) as { error: { code: string } }).error.code;

describe('the management routes', () => {
  it.each(['GET', 'HEAD'])('answer %s', async (method) => {
    expect(await answerManagement(routes, method, '/health')).toMatchObject({ status: 200, body: 'alive' });
  });

  it('ignore a query', async () => {
    expect(await answerManagement(routes, 'GET', '/health?verbose=1')).toMatchObject({ status: 200 });
  });

  it.each([
    '/',
    '',
    '*',
    '//',
    '/health/',
    '/HEALTH',
    '//health',
    '/health/../health',
    '/%68ealth',
    '/v1/models',
    '/v1/chat/completions',
    '/docs',
    'http://elsewhere/health',
  ])('know no %j', async (target) => {
    const { status, headers, body } = await answerManagement(routes, 'GET', target);
    expect([status, codeOf(body), headers['content-type']]).toEqual([
      404,
      'not_found',
      'application/json; charset=utf-8',
    ]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('refuse %s', async (method) => {
    const { status, headers, body } = await answerManagement(routes, method, '/health');
    expect([status, codeOf(body), headers['allow']]).toEqual([405, 'method_not_allowed', 'GET, HEAD']);
  });

  it('keep what went wrong to themselves', async () => {
    const { status, body } = await answerManagement(routes, 'GET', '/broken');
    expect(status).toBe(500);
    expect(body).not.toContain('secret');
  });
});
