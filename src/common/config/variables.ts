/**
 * Every environment variable the service reads: name, default, meaning and check, in one table.
 *
 * The README's table is held equal to this one by a test. Nothing else in the service reads `process.env`
 * (the engine process gets its options as a message).
 */
import { cpus } from 'node:os';
import { z } from 'zod';

const choice = <const Values extends readonly string[]>(...values: Values) =>
  z.enum(values, `one of ${values.map((value) => `"${value}"`).join(', ')}`);

const flag = choice('true', 'false').transform((value) => value === 'true');

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `a whole number from ${min} to ${max}`);

const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

const text = z.string().trim().min(1, 'some text');

/** In lower case, as tokens spell it. */
const guid = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a GUID');

/** Compared as text with what callers send: an escape, a query or dots would never match. */
const paths = list.refine(
  (all) => all.every((path) => /^(\/[\w~-][\w.~-]*)+$/.test(path)),
  'paths such as /healthz, without escapes, dots or a slash at the end',
);

interface Variable<Schema extends z.ZodType, Default extends string | null> {
  schema: Schema;
  /** As text, the way the environment would give it; null: unset. */
  default: Default;
  /** What the README prints where the default is computed. */
  defaultLabel?: string;
  meaning: string;
}

/** Keeps each row's types, so that the parsed configuration is typed by the table itself. */
const variable = <Schema extends z.ZodType, Default extends string | null>(
  row: Variable<Schema, Default>,
): Variable<Schema, Default> => row;

export const VARIABLES = {
  HOST: variable({
    schema: text,
    default: '127.0.0.1',
    meaning: 'address of the main listener; the image sets `0.0.0.0`',
  }),
  PORT: variable({
    schema: integer(0, 65535),
    default: '8080',
    meaning: 'port of the main listener; 0 picks a free one',
  }),
  MANAGEMENT_PORT: variable({
    schema: integer(0, 65535),
    default: null,
    meaning: 'second listener without credentials, for `/health`, `/ready` and `/metrics` only; unset: none',
  }),
  MODEL_PATH: variable({ schema: text, default: null, meaning: 'one model folder, or a folder of model folders' }),
  AUTH_API_KEY_ENABLED: variable({ schema: flag, default: 'true', meaning: 'accept API keys' }),
  API_KEYS_DIR: variable({
    schema: text,
    default: null,
    meaning:
      'folder with `primary-key` and `secondary-key`, re-read every 5 s; unset on a loopback host: one key is made for this run and printed; unset elsewhere: refuse to start',
  }),
  AUTH_ENTRA_ENABLED: variable({ schema: flag, default: 'false', meaning: 'accept Microsoft Entra ID tokens' }),
  ENTRA_TENANT_ID: variable({ schema: guid, default: null, meaning: 'tenant whose tokens are accepted' }),
  ENTRA_CLIENT_ID: variable({
    schema: guid,
    default: null,
    meaning: 'client id of this API: the audience of its tokens',
  }),
  ENTRA_AUTHORITY: variable({
    schema: z.url('an address such as https://login.example.com'),
    default: 'https://login.microsoftonline.com',
    meaning: 'sign-in host; discovery is read from `<authority>/<tenant>/v2.0`',
  }),
  ENTRA_AUDIENCES: variable({
    schema: list,
    default: '',
    meaning: 'audiences accepted beside the client id, separated by commas',
  }),
  ENTRA_REQUIRED_SCOPE: variable({
    schema: text,
    default: 'foundry_access',
    meaning: 'scope that a delegated token must hold',
  }),
  ENTRA_APP_ROLES: variable({
    schema: list,
    default: '',
    meaning:
      'app roles of which an app-only token must hold one, separated by commas; empty: app-only tokens are refused',
  }),
  ENTRA_CLOCK_SKEW_SECONDS: variable({ schema: integer(0, 300), default: '60', meaning: 'tolerance for token times' }),
  ENTRA_KEYS_MAX_AGE_HOURS: variable({
    schema: integer(1, 168),
    default: '24',
    meaning: 'how long signing keys are trusted while the issuer cannot be reached',
  }),
  AUTH_PUBLIC_PATHS: variable({
    schema: paths,
    default: '',
    meaning: 'exact paths that need no credentials, GET and HEAD only, separated by commas',
  }),
  DOCS: variable({
    schema: choice('auto', 'on', 'off'),
    default: 'auto',
    meaning: 'Swagger UI at `/docs`, document at `/openapi.json`; `auto` is on for a loopback host',
  }),
  EXECUTION_PROVIDER: variable({
    schema: choice('auto', 'cpu', 'cuda'),
    default: 'auto',
    meaning:
      '`auto` and `cpu` compute on the CPU, and `auto` says why not on CUDA; `cuda` refuses to load a model, since CUDA cannot serve one yet',
  }),
  ENGINE_THREADS: variable({
    schema: integer(1, 256),
    default: String(cpus().length),
    defaultLabel: 'cores',
    meaning: 'threads that one engine computes with',
  }),
  MAX_SLOTS: variable({ schema: integer(1, 64), default: '8', meaning: 'sequences decoded together' }),
  MAX_QUEUE: variable({
    schema: integer(0, 10_000),
    default: '100',
    meaning: 'waiting requests per model; beyond: 429 with `Retry-After`',
  }),
  MAX_CONTEXT: variable({
    schema: integer(16, 1_048_576),
    default: null,
    defaultLabel: "the model's",
    meaning: 'tokens per sequence, prompt and answer together',
  }),
  PREFIX_CACHE: variable({
    schema: choice('off', 'prompt', 'all'),
    default: 'prompt',
    meaning:
      'what a later request of the same caller may reuse: nothing, prompt rows (bit-exact), or generated rows too (equal up to near ties)',
  }),
  EXACT_BATCHING: variable({
    schema: flag,
    default: 'true',
    meaning:
      'the same bits for a request in any company; on CPUs without VNNI this gives a lone request an idle companion, at about a fifth of its speed',
  }),
  MAX_BODY_BYTES: variable({
    schema: integer(1024, 1_073_741_824),
    default: '4194304',
    meaning: 'largest JSON body; beyond: 413',
  }),
  PREDICT_BATCHING: variable({
    schema: z.enum(['auto', 'off', 'on']),
    default: 'auto',
    meaning:
      'join prediction requests into one run: `auto` where that cannot change their answers, `on` also where it can, `off` never',
  }),
  PREDICT_MAX_BATCH: variable({
    schema: integer(1, 4096),
    default: '32',
    meaning: 'rows that one prediction run may join',
  }),
  PREDICT_MAX_DELAY_MS: variable({
    schema: integer(0, 10_000),
    default: '2',
    meaning: 'how long a prediction request may wait for company; alone it never waits',
  }),
  PREDICT_MAX_OUTPUT_BYTES: variable({
    schema: integer(1024, 4_294_967_296),
    default: '67108864',
    meaning: 'largest outputs of one prediction request; beyond: it fails',
  }),
  PREDICT_MAX_BODY_BYTES: variable({
    schema: integer(1024, 1_073_741_824),
    default: '33554432',
    meaning: 'largest body of a prediction request; beyond: 413',
  }),
  PREDICT_MAX_ITEMS: variable({
    schema: integer(1, 10_000),
    default: '64',
    meaning: 'items of one prediction request',
  }),
  PREDICT_MAX_PIXELS: variable({
    schema: integer(1, 1_000_000_000),
    default: '40000000',
    meaning: 'pixels of one image; beyond: refused before it is decoded',
  }),
  REQUEST_TIMEOUT_MS: variable({
    schema: integer(100, 86_400_000),
    default: '300000',
    meaning: 'longest time a request may take',
  }),
  STREAM_HEARTBEAT_MS: variable({
    schema: integer(100, 600_000),
    default: '15000',
    meaning: 'a stream that waits this long gets a comment line, so that proxies keep it open',
  }),
  DRAIN_TIMEOUT_MS: variable({
    schema: integer(0, 3_600_000),
    default: '30000',
    meaning: 'how long SIGTERM waits for running requests',
  }),
  ENGINE_STALL_MS: variable({
    schema: integer(1000, 3_600_000),
    default: '30000',
    meaning:
      'an engine that has work and finishes no step for this long is replaced, and `/health` fails; load alone never does that',
  }),
  METRICS_ALIASES: variable({
    schema: choice('none', 'vllm'),
    default: 'none',
    meaning: '`vllm` also exposes the gauges an inference gateway reads, under their vLLM names',
  }),
  LOG_LEVEL: variable({
    schema: choice('error', 'warn', 'info', 'debug'),
    default: 'info',
    meaning: 'least severe line that is written',
  }),
  LOG_FORMAT: variable({
    schema: choice('auto', 'json', 'text'),
    default: 'auto',
    meaning: '`auto` is text at a terminal and JSON elsewhere',
  }),
} as const;

export type VariableName = keyof typeof VARIABLES;
