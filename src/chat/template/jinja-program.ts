/**
 * A Jinja source, compiled once, rendered with variables: the library with the surroundings that Transformers gives a
 * chat template (trim and lstrip of blocks, loop controls, `generation` tags, `raise_exception`, `strftime_now`).
 *
 * It does not know messages. A template is code that ships with the model and is trusted like it: it runs in this
 * process without a time limit. Its time is linear in the messages for every template whose loops are.
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { strftime } from './strftime.js';

/** The template itself refuses the messages: its own words. */
export class TemplateRefusal extends Error {}

export class JinjaProgram {
  private readonly program: ReturnType<typeof parse>;

  /** @throws Error in the library's words when the source is no template it knows */
  constructor(
    source: string,
    private readonly now: () => Date,
  ) {
    // Jinja reads any line end as "\n"; the library does not.
    const lines = source.replaceAll(/\r\n?/g, '\n');
    this.program = parse(tokenize(lines, { lstrip_blocks: true, trim_blocks: true }));
  }

  /** @throws TemplateRefusal, or the library's error when the template does not fit the variables */
  render(variables: Record<string, unknown>): string {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...this.globals(), ...variables })) environment.set(name, value);
    return (new Interpreter(environment).run(this.program) as { value: string }).value;
  }

  private globals(): Record<string, unknown> {
    return {
      true: true,
      True: true,
      false: false,
      False: false,
      none: null,
      None: null,
      range,
      raise_exception: (message: unknown) => {
        throw new TemplateRefusal(String(message));
      },
      strftime_now: (format: unknown) => strftime(this.now(), String(format)),
    };
  }
}

/** Python's. */
function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new Error('range() step must not be zero');
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step);
}
