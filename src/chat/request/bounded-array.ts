/**
 * Arrays and records that a caller cannot make expensive: their length is judged before their elements are, and after
 * enough faulty elements the rest is not looked at. A body of a million faults costs as much as one of twenty.
 */
import { z } from 'zod';

/** Faulty elements told of one array; an error message tells no more either. */
const ENOUGH_FAULTS = 20;
/** Shorter ones cannot hold enough faults to matter. */
const PROBED_FROM = 16;

export function boundedArray<Element extends z.ZodType>(element: Element, bounds: { min?: number; max: number }) {
  const { min = 0, max } = bounds;
  return z.preprocess((value, context) => {
    if (!Array.isArray(value)) return value;
    if (value.length > max) {
      context.addIssue({ code: 'too_big', origin: 'array', maximum: max, inclusive: true, input: value });
      return z.NEVER;
    }
    return probed(value, value.entries(), (item: unknown) => element.safeParse(item), context);
  }, z.array(element).min(min).max(max));
}

export function boundedRecord<Key extends z.ZodType<string, string>, Value extends z.ZodType>(
  key: Key,
  value: Value,
  max: number,
) {
  const entry = z.record(key, value);
  return z.preprocess(
    (given, context) => {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
      const entries = Object.entries(given);
      if (entries.length > max) {
        context.addIssue({ code: 'custom', message: `expected at most ${max} entries; got ${entries.length}` });
        return z.NEVER;
      }
      return probed(given, entries, (item: unknown, name) => entry.safeParse({ [name]: item }), context);
    },
    z.record(key, value).meta({ maxProperties: max }),
  );
}

type Parse = (item: unknown, place: string | number) => z.ZodSafeParseResult<unknown>;

/** @returns the value as it is, to be parsed as a whole; `NEVER` when enough faults were found and told */
function probed<Place extends string | number>(
  value: unknown,
  items: Iterable<[Place, unknown]>,
  parse: Parse,
  context: z.RefinementCtx,
): unknown {
  const list = [...items];
  if (list.length < PROBED_FROM) return value;
  const faulty: { place: Place; issues: z.core.$ZodIssue[] }[] = [];
  for (const [place, item] of list) {
    const result = parse(item, place);
    if (result.success) continue;
    faulty.push({ place, issues: result.error.issues });
    if (faulty.length < ENOUGH_FAULTS) continue;
    for (const { place: at, issues } of faulty) tell(context, typeof at === 'number' ? [at] : [], issues);
    return z.NEVER;
  }
  return value;
}

function tell(context: z.RefinementCtx, base: PropertyKey[], issues: z.core.$ZodIssue[]): void {
  for (const issue of issues) context.addIssue({ ...issue, path: [...base, ...issue.path] });
}
