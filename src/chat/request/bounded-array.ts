/**
 * An array whose length is judged before its elements are: a caller who sends a million of them gets one fault, not a
 * million.
 */
import { z } from 'zod';

export function boundedArray<Element extends z.ZodType>(element: Element, bounds: { min?: number; max: number }) {
  const { min = 0, max } = bounds;
  return z.preprocess((value, context) => {
    if (Array.isArray(value) && value.length > max) {
      context.addIssue({ code: 'too_big', origin: 'array', maximum: max, inclusive: true, input: value });
      return z.NEVER;
    }
    return value;
  }, z.array(element).min(min).max(max));
}
