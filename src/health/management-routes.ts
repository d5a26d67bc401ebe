/**
 * What the management listener answers, as values: method and target in, status, headers and body out. No sockets.
 *
 * Only what is listed, only GET and HEAD. There are no credentials here, so there is nothing else to reach.
 */
import { AppError } from '../common/errors/app-error.js';
import { errorBody, errorHeaders, errorStatus } from '../common/errors/error-body.js';

export interface ManagementAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export type ManagementRoutes = ReadonlyMap<string, () => Promise<ManagementAnswer>>;

export const JSON_TYPE = 'application/json; charset=utf-8';

/** @param target as the request line gives it; a query is ignored, anything else must match exactly */
export async function answerManagement(
  routes: ManagementRoutes,
  method: string,
  target: string,
): Promise<ManagementAnswer> {
  const path = target.split('?', 1)[0];
  const route = routes.get(path);
  if (!route) return refusal(new AppError('not_found', `There is no such path here; there are ${list(routes)}.`));
  if (method !== 'GET' && method !== 'HEAD') {
    const error = new AppError('method_not_allowed', `${path} answers GET and HEAD.`, {
      headers: { allow: 'GET, HEAD' },
    });
    return refusal(error);
  }
  try {
    return await route();
  } catch (error) {
    return refusal(new AppError('internal_error', 'Something went wrong here.', { cause: error }));
  }
}

function refusal(error: AppError): ManagementAnswer {
  return {
    status: errorStatus(error),
    headers: { ...errorHeaders(error), 'content-type': JSON_TYPE },
    body: JSON.stringify(errorBody(error)),
  };
}

function list(routes: ManagementRoutes): string {
  return [...routes.keys()].join(', ');
}
