/**
 * Fields that are accepted and do not change the answer; whenever one is sent, the reply header
 * `x-ignored-parameters` names it.
 */
import { z } from 'zod';
import { noOp } from './field-support.js';

export const noOpFields = {
  user: noOp(z.string(), 'Who the caller acts for.'),
  safety_identifier: noOp(z.string(), 'Who the caller acts for.'),
  verbosity: noOp(z.enum(['low', 'medium', 'high']), 'How long the answer should be.'),
  parallel_tool_calls: noOp(z.boolean(), 'Whether several tools may be called at once: there are none.'),
  prompt_cache_retention: noOp(z.string(), 'How long to keep the prompt’s cached rows: they stay while there is room.'),
  moderation: noOp(z.unknown(), 'Checks on the text by another service.'),
  priority: noOp(z.int(), 'Place in the queue: it is served in order of arrival.'),
  request_id: noOp(z.string(), 'The request’s name: send the header `x-request-id` instead.'),
  session_id: noOp(z.string(), 'The conversation’s name.'),
} as const;
