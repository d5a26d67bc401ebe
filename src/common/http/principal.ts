/**
 * Who calls: made by the auth room, frozen, put on the request as `req.principal`, read by any room.
 */
export type Principal =
  | {
      method: 'api_key';
      /** Stable and safe to log: the slot and the key's short fingerprint, e.g. `key:primary:1a2b3c4d`. */
      id: string;
    }
  | {
      method: 'entra';
      /** `entra:<tenant>:<object id>`. */
      id: string;
      tenantId: string;
      objectId: string;
      kind: 'delegated' | 'app';
      tokenId: string | null;
    };

declare global {
  // Express types its request through this global namespace.
  // oxlint-disable-next-line typescript/no-namespace
  namespace Express {
    interface Request {
      principal?: Principal;
      /** Set on every request before anything else; echoed as `x-request-id`. */
      id?: string;
    }
  }
}
