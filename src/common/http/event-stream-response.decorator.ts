/**
 * Documents that a route may also answer with server-sent events, each holding one value of a schema.
 *
 * Nest's own decorators give every media type of a response one schema; the documents room reads this mark and puts the
 * schema where it belongs.
 */
import { ApiExtension } from '@nestjs/swagger';
import { z } from 'zod';

export const EVENT_STREAM_MARK = 'x-event-stream';

export function EventStreamResponse(schema: z.ZodType): MethodDecorator {
  return ApiExtension(
    EVENT_STREAM_MARK,
    z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'output' }),
  ) as MethodDecorator;
}
