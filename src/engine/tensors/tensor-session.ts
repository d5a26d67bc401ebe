/**
 * A one-shot model: named values in, named values out, one run at a time.
 *
 * It knows the runtime and this model's names; it does not know requests, batches or the seam's messages.
 */
import { AppError } from '../../common/errors/app-error.js';
import { toNative, type NativeValue } from '../ort/native-value.js';
import { ByteBudget, readValue, ValueTooLarge } from '../ort/read-value.js';
import { RunOptions } from '../ort/run-options.js';
import type { Session } from '../ort/session.js';
import { readSignature, type SessionSignature } from '../ort/signature.js';
import type { GraphValue, NamedValue } from '../protocol.js';
import { isMemoryError, runError } from './run-error.js';

/** What a loop of runs needs of a model; `TensorSession` is the real one. */
export interface TensorRunner {
  /** @throws {AppError} `invalid_value`: the request's own fault */
  run(inputs: readonly NamedValue[], outputs: readonly string[] | null): Promise<NamedValue[]>;
}

interface NamedNative {
  name: string;
  value: NativeValue;
}

export class TensorSession implements TensorRunner {
  readonly signature: SessionSignature;
  private readonly options: RunOptions;
  /** A run with these computes nothing, and gives back what the arena keeps of the runs before it. */
  private readonly emptying: RunOptions;

  constructor(
    private readonly session: Session,
    private readonly maxOutputBytes: number,
  ) {
    this.signature = readSignature(session);
    this.options = new RunOptions(session.environment);
    this.emptying = new RunOptions(session.environment);
    this.emptying.shrinkArena();
    this.emptying.terminate();
  }

  /** @param outputs names wanted, in this order; null: all */
  async run(inputs: readonly NamedValue[], outputs: readonly string[] | null): Promise<NamedValue[]> {
    const names = outputs ?? this.signature.outputs.map((output) => output.name);
    this.refuseNames(inputs, names);
    const given: NamedNative[] = [];
    try {
      for (const { name, value } of inputs) given.push({ name, value: this.toNative(name, value) });
      return await this.runNative(given, names);
    } catch (error) {
      if (isMemoryError(error)) await this.emptyArena(given, names);
      throw runError(error);
    } finally {
      for (const { value } of given) value.dispose();
    }
  }

  /** Ends a run under way at its next node, and every later one at once. */
  terminate(): void {
    this.options.terminate();
  }

  /** Not under a run. */
  dispose(): void {
    this.session.dispose();
    this.options.dispose();
    this.emptying.dispose();
  }

  private async runNative(given: readonly NamedNative[], names: readonly string[]): Promise<NamedValue[]> {
    const results = await this.session.runValues(given, names, this.options);
    try {
      return this.read(results, names);
    } finally {
      for (const value of results) value.dispose();
    }
  }

  /** The runtime gives memory back only at the end of a run, and not what its outputs still use: so, by a run of none. */
  private async emptyArena(given: readonly NamedNative[], names: readonly string[]): Promise<void> {
    await this.session.runValues(given, names, this.emptying).catch(() => undefined);
  }

  private toNative(name: string, value: GraphValue): NativeValue {
    try {
      return toNative(this.session.environment, value);
    } catch (error) {
      const words = error instanceof RangeError ? `${error.message}.` : (runError(error) as Error).message;
      throw new AppError('invalid_value', `Input "${name}": ${words}`, { param: `inputs.${name}`, cause: error });
    }
  }

  private read(results: readonly NativeValue[], names: readonly string[]): NamedValue[] {
    const budget = new ByteBudget(this.maxOutputBytes);
    return results.map(({ pointer }, index) => {
      try {
        return { name: names[index], value: readValue(this.session.environment, pointer, budget) };
      } catch (error) {
        throw outputError(names[index], error);
      }
    });
  }

  /** The runtime would ignore an unknown feed, and says less about a missing one. */
  private refuseNames(inputs: readonly NamedValue[], outputs: readonly string[]): void {
    const { signature } = this;
    const refuse = (param: string, message: string) => new AppError('invalid_value', message, { param });
    const seen = new Set<string>();
    for (const { name } of inputs) {
      if (!signature.inputs.some((input) => input.name === name)) {
        throw refuse(`inputs.${name}`, `The model has no input "${name}"; it has ${list(signature.inputs)}.`);
      }
      if (seen.has(name)) throw refuse(`inputs.${name}`, `Input "${name}" is given twice.`);
      seen.add(name);
    }
    const missing = signature.inputs.find((input) => !input.optional && !seen.has(input.name));
    if (missing !== undefined) throw refuse(`inputs.${missing.name}`, `Input "${missing.name}" is missing.`);
    const unknown = outputs.find((name) => !signature.outputs.some((output) => output.name === name));
    if (unknown !== undefined) {
      throw refuse('outputs', `The model has no output "${unknown}"; it has ${list(signature.outputs)}.`);
    }
  }
}

function outputError(name: string, error: unknown): unknown {
  if (error instanceof ValueTooLarge) {
    const message = `Output "${name}" makes the answer ${error.bytes} bytes or more; the limit is ${error.limit}.`;
    return new AppError('invalid_value', message, { cause: error });
  }
  if (!(error instanceof RangeError)) return error;
  return new AppError('invalid_value', `Output "${name}" cannot be given: ${error.message}.`, { cause: error });
}

function list(values: readonly { name: string }[]): string {
  return values.length === 0 ? 'none' : values.map(({ name }) => `"${name}"`).join(', ');
}
