/**
 * Shared by the runs of one owner, so that all of them can be told to end: for shutdown only.
 */
import type { Environment } from './environment.js';
import { Handle } from './handle.js';
import type { Pointer } from './library.js';

export class RunOptions {
  private readonly handle: Handle;

  constructor(private readonly environment: Environment) {
    const { api } = environment;
    const pointer = api.get('CreateRunOptions');
    this.handle = new Handle('run options', pointer, (options) => api.release('ReleaseRunOptions', options));
  }

  get pointer(): Pointer {
    return this.handle.pointer;
  }

  /** Runs with these options give back, at their end, what the runtime's arena keeps for later runs. */
  shrinkArena(): void {
    this.environment.api.call('AddRunConfigEntry', this.pointer, 'memory.enable_memory_arena_shrinkage', 'cpu:0');
  }

  /** Ends runs under way at their next node (5 to 20 ms) with an error, and every later run at once. */
  terminate(): void {
    this.environment.api.call('RunOptionsSetTerminate', this.pointer);
  }

  dispose(): void {
    this.handle.dispose();
  }
}
