/**
 * Which tensors a run reads and writes. Bound once, run often; an input can be bound anew between runs.
 *
 * Names are checked before the runtime sees them, because a failed bind leaves its binding corrupt
 * (../spec/engine.md 2.4, 4): after any bind error this object refuses everything but `dispose`.
 */
import koffi from 'koffi';
import type { Environment } from './environment.js';
import { Handle } from './handle.js';
import type { Pointer } from './library.js';
import type { Session } from './session.js';
import type { Tensor, TensorMemory } from './tensor.js';
import { readDimensions } from './value-info.js';

export class Binding {
  private readonly environment: Environment;
  private readonly handle: Handle;
  private readonly inputNames: ReadonlySet<string>;
  private readonly outputNames: ReadonlySet<string>;
  /** The runtime shares bound values but not their memory: that is kept alive here. */
  private readonly memory = new Map<string, TensorMemory>();
  private broken = false;

  constructor(session: Session) {
    this.environment = session.environment;
    const { api } = this.environment;
    const pointer = api.get('CreateIoBinding', session.pointer);
    this.handle = new Handle('binding', pointer, (binding) => api.release('ReleaseIoBinding', binding));
    this.inputNames = new Set(session.inputs.map((input) => input.name));
    this.outputNames = new Set(session.outputs.map((output) => output.name));
  }

  get pointer(): Pointer {
    if (this.broken) throw new Error('this binding failed to bind something and cannot be used');
    return this.handle.pointer;
  }

  /** The tensor itself may be disposed after this; its memory must not be freed. */
  bindInput(name: string, tensor: Tensor): void {
    this.refuseUnknown('input', name, this.inputNames);
    this.bind('BindInput', name, tensor.pointer);
    this.memory.set(`input ${name}`, tensor.memory);
  }

  bindOutput(name: string, tensor: Tensor): void {
    this.refuseUnknown('output', name, this.outputNames);
    this.bind('BindOutput', name, tensor.pointer);
    this.memory.set(`output ${name}`, tensor.memory);
  }

  /** The runtime allocates the output in host memory, in the shape it turns out to have. */
  bindOutputToHost(name: string): void {
    this.refuseUnknown('output', name, this.outputNames);
    this.bind('BindOutputToDevice', name, this.environment.cpuMemory);
    this.memory.delete(`output ${name}`);
  }

  /** Shapes of the outputs after a run, in the order they were first bound. */
  outputShapes(): number[][] {
    const { api, defaultAllocator } = this.environment;
    const { pointer, count } = api.getArray('GetBoundOutputValues', this.pointer, defaultAllocator);
    if (pointer === null) return [];
    const values = koffi.decode(pointer, koffi.array('void *', count)) as Pointer[];
    try {
      return values.map((value) => this.shapeOf(value));
    } finally {
      for (const value of values) api.release('ReleaseValue', value);
      this.environment.free(pointer);
    }
  }

  /** Called by `Session`: one run at a time, and nothing is bound or disposed under it. */
  beginRun(): void {
    if (this.handle.inUse) throw new Error('this binding is already in a run');
    this.handle.lock();
  }

  endRun(): void {
    this.handle.unlock();
  }

  dispose(): void {
    this.handle.dispose();
    this.memory.clear();
  }

  private bind(call: 'BindInput' | 'BindOutput' | 'BindOutputToDevice', name: string, target: Pointer): void {
    const { pointer } = this;
    if (this.handle.inUse) throw new Error(`"${name}" cannot be bound while the binding is in a run`);
    try {
      this.environment.api.call(call, pointer, name, target);
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }

  private refuseUnknown(kind: string, name: string, known: ReadonlySet<string>): void {
    if (known.has(name)) return;
    throw new Error(`the model has no ${kind} "${name}"; it has ${[...known].join(', ')}`);
  }

  private shapeOf(value: Pointer): number[] {
    const { api } = this.environment;
    const info = api.get('GetTensorTypeAndShape', value);
    try {
      return readDimensions(this.environment, info);
    } finally {
      api.release('ReleaseTensorTypeAndShapeInfo', info);
    }
  }
}
