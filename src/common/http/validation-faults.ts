/**
 * What zod found wrong with a body, in the words and codes of our errors: field, what was expected, what came.
 *
 * It does not know any schema. A schema says more through a custom issue: its `params` may hold an error code.
 */
import type { z } from 'zod';
import { AppError, type ErrorCode } from '../errors/app-error.js';
import { describeValue } from './validation-words.js';

export interface Fault {
  code: ErrorCode;
  /** Dotted path, e.g. `messages.0.content`; null for the body itself. */
  param: string | null;
  /** A whole sentence that starts with the field. */
  message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A caller chooses how many faults a body has; a person reads a few. */
const MAX_FAULTS_TOLD = 20;
const MAX_SEGMENT = 64;
const MAX_PARAM = 256;

/** One issue may hold several faults (a union's branch); they come in the order zod found them. */
export function faultsOf(issues: readonly Issue[], body: unknown): Fault[] {
  return issues.flatMap((issue) => faultsAt(issue, [], body));
}

/** All faults in one error: the first gives code and param, the message lists the rest. */
export function validationError(faults: readonly Fault[]): AppError {
  const [first, ...rest] = faults;
  if (!first) throw new Error('A validation error needs a fault.');
  const told = rest.slice(0, MAX_FAULTS_TOLD - 1).map((fault) => fault.message);
  const untold = rest.length - told.length;
  if (untold > 0) told.push(`And ${untold} more.`);
  return new AppError(
    first.code,
    [first.message, ...told].join(' '),
    first.param === null ? {} : { param: first.param },
  );
}

/** A field's name in an error: bounded, because record keys are the caller's own words. */
export function paramOf(path: Path): string | null {
  if (path.length === 0) return null;
  const segments = path.map((segment) => clip(String(segment), MAX_SEGMENT));
  return clip(segments.join('.'), MAX_PARAM);
}

function faultsAt(issue: Issue, base: Path, body: unknown): Fault[] {
  const path = [...base, ...issue.path];
  const param = paramOf(path);
  const subject = param ?? 'The body';
  const value = valueAt(body, path);
  const fault = (code: ErrorCode, expected: string): Fault[] => [
    { code, param, message: `${subject}: expected ${expected}; got ${describeValue(value)}.` },
  ];
  if (value === undefined && issue.code !== 'custom') {
    const message = param === null ? 'A JSON body is required.' : `${param} is required.`;
    return [{ code: 'missing_required_parameter', param, message }];
  }
  switch (issue.code) {
    case 'invalid_type':
      // 1e999 reads as infinity: a number, but none that can be used.
      return fault(
        value === Infinity || value === -Infinity ? 'invalid_value' : 'invalid_type',
        typeWord(issue.expected),
      );
    case 'too_small':
      return fault(
        'invalid_value',
        `${sizeWord(issue.origin)}${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitWord(issue.origin)}`,
      );
    case 'too_big':
      return fault(
        'invalid_value',
        `${sizeWord(issue.origin)}${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitWord(issue.origin)}`,
      );
    case 'invalid_value':
      return fault(sameType(value, issue.values) ? 'invalid_value' : 'invalid_type', choiceWord(issue.values));
    case 'invalid_union':
      return unionFaults(issue, path, body, fault);
    case 'invalid_key':
      return [
        { code: 'invalid_value', param, message: `${subject}: the key ${issue.issues[0]?.message ?? 'is not valid'}.` },
      ];
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const place = paramOf([...path, key]);
        return { code: 'unsupported_parameter', param: place, message: `${place} is not a known parameter.` };
      });
    case 'custom':
      return [{ code: customCode(issue), param, message: `${subject}: ${issue.message}.` }];
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
      return fault('invalid_value', issue.message);
    default:
      return issue satisfies never;
  }
}

/**
 * A union's faults are those of the branch that the caller meant: the one whose outer type fits. Where none fits, the
 * types that would are named.
 */
function unionFaults(
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
  body: unknown,
  fault: (code: ErrorCode, expected: string) => Fault[],
): Fault[] {
  const options = 'options' in issue && Array.isArray(issue.options) ? (issue.options as unknown[]) : null;
  if (options) {
    const value = valueAt(body, path);
    return fault(typeof value === 'string' ? 'invalid_value' : 'invalid_type', choiceWord(options));
  }
  const branches = issue.errors as Issue[][];
  const meant = branches.find((branch) => !branch.some(isOuterType));
  if (meant) return meant.flatMap((inner) => faultsAt(inner, path, body));
  const types = branches.map((branch) => branch.find(isOuterType)).filter((outer) => outer !== undefined);
  return fault('invalid_type', types.map((outer) => typeWord(outer.expected)).join(' or '));
}

function isOuterType(issue: Issue): issue is z.core.$ZodIssueInvalidType {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function valueAt(body: unknown, path: Path): unknown {
  let value = body;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

function customCode(issue: z.core.$ZodIssueCustom): ErrorCode {
  return (issue.params?.code as ErrorCode | undefined) ?? 'invalid_value';
}

function sameType(value: unknown, allowed: readonly unknown[]): boolean {
  return allowed.some((one) => typeof one === typeof value);
}

function typeWord(expected: string): string {
  const words: Record<string, string> = {
    int: 'an integer',
    number: 'a number',
    string: 'a string',
    boolean: 'true or false',
    array: 'an array',
    object: 'an object',
    record: 'an object',
  };
  return words[expected] ?? expected;
}

function choiceWord(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length === 1 ? words[0] : `one of ${words.join(', ')}`;
}

function sizeWord(origin: string): string {
  if (origin === 'array') return 'an array of ';
  if (origin === 'string') return 'a string of ';
  return '';
}

function unitWord(origin: string): string {
  if (origin === 'array') return ' elements';
  if (origin === 'string') return ' characters';
  return '';
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
