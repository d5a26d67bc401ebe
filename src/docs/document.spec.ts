import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { withEventStreams, withExamples } from './document.js';
import { convertSchema } from './json-schema.js';

const Inner = z.object({ a: z.string() }).meta({ id: 'Inner' });
const Outer = z.object({ inner: Inner, list: z.array(Inner) }).meta({ id: 'Outer' });

function sample() {
  return {
    openapi: '3.1.0',
    paths: {
      '/x': {
        post: {
          'x-event-stream': z.toJSONSchema(Outer),
          requestBody: { content: { 'application/json': { schema: {} } } },
          responses: { '200': { content: { 'application/json': { schema: {} } } } },
        },
        get: { responses: { '200': {} } },
      },
    },
    components: { schemas: { Old: {} } },
  };
}

describe('convertSchema', () => {
  it('names parts once, under components, and refers to them there', () => {
    const { schema, components } = convertSchema(Outer, 'output')!;
    expect(schema).toEqual({ $ref: '#/components/schemas/Outer' });
    expect(Object.keys(components).sort()).toEqual(['Inner', 'Outer']);
    expect(components.Outer.properties).toEqual({
      inner: { $ref: '#/components/schemas/Inner' },
      list: { type: 'array', items: { $ref: '#/components/schemas/Inner' } },
    });
    expect(JSON.stringify(components)).not.toMatch(/\$defs|"id"|"\$id"/);
  });

  it('leaves to others what is no zod schema', () => {
    expect(convertSchema({ '~standard': {} }, 'input')).toBeUndefined();
  });
});

describe('withEventStreams', () => {
  it('puts a marked schema beside the JSON answer and removes the mark', () => {
    const before = sample();
    const after = withEventStreams(before);
    const { post } = after.paths['/x'];
    expect(post).not.toHaveProperty('x-event-stream');
    expect(post.responses['200'].content).toEqual({
      'application/json': { schema: {} },
      'text/event-stream': { schema: { $ref: '#/components/schemas/Outer' } },
    });
    expect(Object.keys(after.components.schemas).sort()).toEqual(['Inner', 'Old', 'Outer']);
    expect(before).toEqual(sample());
  });
});

describe('withExamples', () => {
  const examples = { one: { summary: 'One', value: { model: 'm' } } };

  it('puts examples where the route has a body, and leaves the rest alone', () => {
    const before = sample();
    const after = withExamples(before, [
      { method: 'post', path: '/x', examples },
      { method: 'post', path: '/absent', examples },
    ]);
    expect(after.paths['/x'].post.requestBody.content['application/json']).toEqual({ schema: {}, examples });
    expect(before).toEqual(sample());
  });
});
