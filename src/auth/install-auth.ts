/** Puts the first lock into an application: to be called before anything that reads a body or answers a path. */
import type { Server } from 'node:http';
import { AuthMiddleware } from './auth.middleware.js';

/** The part of a Nest application that is needed here. */
export interface AuthHost {
  get(token: typeof AuthMiddleware): AuthMiddleware;
  use(middleware: AuthMiddleware['handle']): unknown;
  getHttpServer(): Server;
}

export function installAuth(app: AuthHost): void {
  const middleware = app.get(AuthMiddleware);
  app.use(middleware.handle);
  middleware.holdContinue(app.getHttpServer());
}
