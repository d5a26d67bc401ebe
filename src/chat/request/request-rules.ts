/**
 * Rules between fields. They run even when single fields are faulty, so that one answer tells every fault; what they
 * read may therefore be of any type.
 */
import type { z } from 'zod';

type Context = z.core.$RefinementCtx;
/** An error message tells no more. */
const ENOUGH_FAULTS = 20;

type Loose = Record<string, unknown>;

export function requestRules(body: unknown, context: Context): void {
  if (!isObject(body)) return;
  if (isObject(body.stream_options) && body.stream !== true) {
    context.addIssue({
      code: 'custom',
      path: ['stream_options'],
      message: 'only allowed when stream is true',
      params: { code: 'unsupported_parameter' },
    });
  }
  const limit = body.max_completion_tokens ?? body.max_tokens;
  if (typeof limit === 'number' && typeof body.min_tokens === 'number' && body.min_tokens > limit) {
    context.addIssue({
      code: 'custom',
      path: ['min_tokens'],
      message: `expected at most the token limit of ${limit}; got ${body.min_tokens}`,
    });
  }
  if (isObject(body.metadata)) metadataRules(body.metadata, context);
}

/** Upstream's clients send these two as metadata, in words. */
function metadataRules(metadata: Loose, context: Context): void {
  for (const [key, pattern] of [
    ['top_k', /^\d{1,9}$/],
    ['random_seed', /^-?\d{1,19}$/],
  ] as const) {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    if (typeof value !== 'string' || pattern.test(value)) continue;
    context.addIssue({
      code: 'custom',
      path: ['metadata', key],
      message: `expected digits; got ${JSON.stringify(value.slice(0, 40))}`,
    });
  }
}

/** A tool's answer belongs to a call that an earlier message made. */
export function conversationRules(body: unknown, context: Context): void {
  if (!isObject(body) || !Array.isArray(body.messages)) return;
  const called = new Set<unknown>();
  let faults = 0;
  for (const [index, message] of (body.messages as unknown[]).entries()) {
    if (!isObject(message)) continue;
    if (message.role === 'assistant' && Array.isArray(message.tool_calls)) {
      for (const call of message.tool_calls as unknown[]) if (isObject(call)) called.add(call.id);
    }
    if (message.role !== 'tool' || typeof message.tool_call_id !== 'string') continue;
    if (called.has(message.tool_call_id)) continue;
    faults += 1;
    if (faults > ENOUGH_FAULTS) return;
    context.addIssue({
      code: 'custom',
      path: ['messages', index, 'tool_call_id'],
      message: `no earlier message made a tool call of this id; got ${JSON.stringify(message.tool_call_id.slice(0, 40))}`,
    });
  }
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
