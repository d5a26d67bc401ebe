/**
 * Counts every exchange on the main port by route template, method and status. Installed before credentials are looked
 * at, so that refused requests count too.
 *
 * It does not know the rooms. Labels come from the service's own routes and from fixed lists, never from the caller.
 */
import type { Express, NextFunction, Request, Response } from 'express';
import type { Metrics } from './metrics.js';

/** The caller left before the answer was whole; nginx's number for it. */
const CLIENT_GONE = 499;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

interface Layer {
  route?: { path: string | string[]; methods: Record<string, boolean> };
  match(path: string): boolean;
}

type Middleware = (request: Request, response: Response, next: NextFunction) => void;

export function installHttpMetrics(app: { use(middleware: Middleware): unknown }, metrics: Metrics): void {
  app.use((request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      metrics.httpExchange({
        method: METHODS.has(request.method) ? request.method : 'other',
        route: routeTemplate(request),
        status: response.writableFinished ? response.statusCode : CLIENT_GONE,
        seconds: (performance.now() - startedAt) / 1000,
      });
    });
    next();
  });
}

/** A request refused before the router saw it still belongs to a route: the router is asked. */
function routeTemplate(request: Request): string {
  const matched = (request.route as Layer['route'] | undefined)?.path;
  return text(matched) ?? text(findRoute(request)) ?? 'unmatched';
}

function findRoute(request: Request): string | string[] | undefined {
  const layers = (request.app as Express).router.stack as unknown as Layer[];
  try {
    return layers.find((layer) => layer.route && layer.match(request.path))?.route?.path;
  } catch {
    // A path that cannot be decoded.
    return undefined;
  }
}

function text(path: string | string[] | undefined): string | undefined {
  return typeof path === 'string' ? path : path?.[0];
}
