/**
 * Every way this room says no: the code and message a caller sees, the challenge that goes with it, and the reason that
 * only the log sees.
 *
 * Messages are fixed: they tell nothing about which key, claim, tenant or audience was wrong.
 */
import { AppError, type ErrorCode } from '../common/errors/app-error.js';

const MESSAGES = {
  missing_credentials:
    'No credentials were sent. Send an API key as "Authorization: Bearer", "api-key" or "X-API-KEY", ' +
    'or an access token as "Authorization: Bearer".',
  ambiguous_auth: 'More than one credential was sent. Send exactly one, in one header line.',
  invalid_api_key: 'The API key is not valid.',
  invalid_token: 'The access token is not valid.',
  insufficient_permissions: 'The access token is valid, but it grants no access to this service.',
  token_validation_unavailable: 'Access tokens cannot be checked at the moment.',
  key_store_unavailable: 'API keys cannot be checked at the moment.',
  auth_rate_limited: 'Too many failed attempts came from this address.',
} as const satisfies Partial<Record<ErrorCode, string>>;

export type RefusalCode = keyof typeof MESSAGES;

/** RFC 6750 3.1: which error attribute belongs to the code. None is sent when credentials are merely missing. */
const CHALLENGE_ERRORS: Partial<Record<RefusalCode, string>> = {
  ambiguous_auth: 'invalid_request',
  invalid_api_key: 'invalid_token',
  invalid_token: 'invalid_token',
  insufficient_permissions: 'insufficient_scope',
};

const REALM = 'Bearer realm="foundry-local"';

export class Refusal extends AppError {
  declare readonly code: RefusalCode;

  /** @param reason for the log: a few fixed words, never anything that the caller sent */
  constructor(
    code: RefusalCode,
    readonly reason: string,
    retryAfterSeconds?: number,
  ) {
    super(code, MESSAGES[code], {
      headers: challenge(code),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
    this.name = 'Refusal';
  }
}

function challenge(code: RefusalCode): Record<string, string> {
  const error = CHALLENGE_ERRORS[code];
  if (error !== undefined) {
    return { 'www-authenticate': `${REALM}, error="${error}", error_description="${challengeText(MESSAGES[code])}"` };
  }
  return code === 'missing_credentials' ? { 'www-authenticate': REALM } : {};
}

/** Inside a quoted string no quote may stand. */
function challengeText(message: string): string {
  return message.replaceAll('"', '');
}
