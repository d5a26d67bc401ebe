/**
 * A loaded model: what it takes and gives, and runs over a `Binding`.
 */
import type { Binding } from './binding.js';
import type { Environment } from './environment.js';
import { Handle } from './handle.js';
import type { Pointer } from './library.js';
import { NativeValue } from './native-value.js';
import type { RunOptions } from './run-options.js';
import type { SessionOptions } from './session-options.js';
import { readInputs, readOutputs, type ValueInfo } from './value-info.js';

export class Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  private readonly handle: Handle;

  private constructor(
    readonly environment: Environment,
    pointer: Pointer,
  ) {
    this.handle = new Handle('session', pointer, (session) => environment.api.release('ReleaseSession', session));
    this.inputs = readInputs(environment, pointer);
    this.outputs = readOutputs(environment, pointer);
  }

  /** Loads on a pool thread: the event loop stays free. `options` must stay undisposed until then. */
  static async fromFile(environment: Environment, file: string, options: SessionOptions): Promise<Session> {
    const { api, pointer } = environment;
    return new Session(environment, await api.getAsync('CreateSession', pointer, file, options.pointer));
  }

  /**
   * Loads a graph from memory; the runtime keeps its own copy.
   * @param folder where the graph's external data lies; without it the runtime refuses external data
   */
  static async fromBytes(
    environment: Environment,
    model: Uint8Array,
    folder: string,
    options: SessionOptions,
  ): Promise<Session> {
    options.set('session.model_external_initializers_file_folder_path', folder);
    const args = [environment.pointer, model, model.byteLength, options.pointer] as const;
    return new Session(environment, await environment.api.getAsync('CreateSessionFromArray', ...args));
  }

  get pointer(): Pointer {
    return this.handle.pointer;
  }

  /** An entry of the model's own key-value metadata, or null. */
  customMetadata(key: string): string | null {
    const { api, defaultAllocator } = this.environment;
    const metadata = api.get('SessionGetModelMetadata', this.pointer);
    try {
      const text = api.getOrNull('ModelMetadataLookupCustomMetadataMap', metadata, defaultAllocator, key);
      return text === null ? null : this.environment.takeString(text);
    } finally {
      api.release('ReleaseModelMetadata', metadata);
    }
  }

  /** Runs on a pool thread. Two runs of one session may overlap; two runs of one binding are refused. */
  async run(binding: Binding, options: RunOptions | null = null): Promise<void> {
    binding.beginRun();
    this.handle.lock();
    try {
      const { api } = this.environment;
      await api.callAsync('RunWithBinding', this.pointer, options?.pointer ?? null, binding.pointer);
    } finally {
      this.handle.unlock();
      binding.endRun();
    }
  }

  /**
   * One run over values of any kind, on a pool thread. Names must be the model's; nothing is kept of the inputs.
   * @returns the outputs in the order of `outputs`, the caller's to dispose
   * @throws {OrtError} then there is nothing to dispose
   */
  async runValues(
    inputs: readonly { name: string; value: NativeValue }[],
    outputs: readonly string[],
    options: RunOptions | null = null,
  ): Promise<NativeValue[]> {
    const given = BigUint64Array.from(inputs, ({ value }) => value.pointer);
    const results = new BigUint64Array(outputs.length);
    const names = inputs.map(({ name }) => name);
    this.handle.lock();
    try {
      const args = [options?.pointer ?? null, names, given, names.length, outputs, outputs.length, results] as const;
      await this.environment.api.callAsync('Run', this.pointer, ...args);
      return Array.from(results, (pointer) => new NativeValue(this.environment, pointer));
    } finally {
      this.handle.unlock();
    }
  }

  /** Blocks the event loop for the whole run: for benches and tests. */
  runSync(binding: Binding): void {
    binding.beginRun();
    try {
      this.environment.api.call('RunWithBinding', this.pointer, null, binding.pointer);
    } finally {
      binding.endRun();
    }
  }

  dispose(): void {
    this.handle.dispose();
  }
}
