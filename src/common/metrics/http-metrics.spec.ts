import { Controller, Get, Header, HttpException, Module, Param, Post, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installHttpMetrics } from './http-metrics.js';
import type { HttpExchange, Metrics } from './metrics.js';

@Controller()
class TwoRoutes {
  @Get('things/:id')
  thing(@Param('id') id: string): string {
    if (id === 'teapot') throw new HttpException('no', 418);
    return id;
  }

  @Post('stream')
  @Header('content-type', 'text/event-stream')
  stream(@Res() response: Response): void {
    response.write('data: 1\n\n');
  }
}

@Module({ controllers: [TwoRoutes] })
class TestModule {}

describe('HTTP metrics', () => {
  let app: NestExpressApplication;
  let url: string;
  const seen: HttpExchange[] = [];
  beforeAll(async () => {
    app = await NestFactory.create<NestExpressApplication>(TestModule, { logger: false });
    installHttpMetrics(app, { httpExchange: (exchange: HttpExchange) => seen.push(exchange) } as unknown as Metrics);
    app.use((request: Request, response: Response, next: NextFunction) => {
      if (request.headers['x-refuse']) response.status(401).end();
      else next();
    });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  /** What was counted for one exchange; the count comes after the answer. */
  async function counted(ask: () => Promise<unknown>): Promise<string> {
    const before = seen.length;
    await ask();
    await expect.poll(() => seen.length).toBe(before + 1);
    const { route, method, status } = seen.at(-1)!;
    return `${route} ${method} ${status}`;
  }

  it.each<[what: string, method: string, path: string, headers: Record<string, string>, expected: string]>([
    ['the template of a route', 'GET', '/things/a', {}, '/things/:id GET 200'],
    ['a query apart', 'GET', '/things/a?x=1', {}, '/things/:id GET 200'],
    ['HEAD', 'HEAD', '/things/a', {}, '/things/:id HEAD 200'],
    ['an error of a route', 'GET', '/things/teapot', {}, '/things/:id GET 418'],
    ['a refusal before the router', 'GET', '/things/a', { 'x-refuse': '1' }, '/things/:id GET 401'],
    ['an unknown path', 'GET', '/nothing/here', {}, 'unmatched GET 404'],
    ['a refusal at an unknown path', 'GET', '/nothing/here', { 'x-refuse': '1' }, 'unmatched GET 401'],
    ['a method a route lacks', 'DELETE', '/things/a', {}, '/things/:id DELETE 404'],
    ['an unusual method', 'PROPFIND', '/things/a', {}, '/things/:id other 404'],
  ])('count %s', async (_, method, path, headers, expected) => {
    expect(await counted(() => fetch(`${url}${path}`, { method, headers }))).toBe(expected);
  });

  it('survive a path that cannot be decoded', async () => {
    const headers = { 'x-refuse': '1' };
    expect(await counted(() => fetch(`${url}/things/%ff`, { headers }))).toBe('unmatched GET 401');
  });

  it('count a caller who leaves in the middle as 499', async () => {
    const gone = async () => {
      const socket = connect((app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
      socket.write('POST /stream HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
      await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
    };
    expect(await counted(gone)).toBe('/stream POST 499');
    expect(seen.at(-1)!.seconds).toBeGreaterThan(0);
  });
});
