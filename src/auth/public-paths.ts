/**
 * Which requests need no credentials: GET and HEAD of an exact path, compared as it was sent, before any decoding.
 *
 * A variant that the router would take for the same path (other case, a trailing or double slash, an escape, dots) is
 * not public: it differs from the text.
 */
/** A file beside the Swagger page: one plain segment, no dot at its start. */
const DOCS_ASSET = /^\/docs\/[\w-][\w.-]*$/;
const DOCS_PATHS = ['/docs', '/openapi.json'];

export class PublicPaths {
  private readonly exact: ReadonlySet<string>;

  constructor(
    configured: readonly string[],
    private readonly docs: boolean,
  ) {
    this.exact = new Set(docs ? [...configured, ...DOCS_PATHS] : configured);
  }

  /** @param target the request target as it stands in the request line */
  has(method: string | undefined, target: string): boolean {
    if (method !== 'GET' && method !== 'HEAD') return false;
    const path = target.split('?', 1)[0];
    return this.exact.has(path) || (this.docs && DOCS_ASSET.test(path));
  }
}
