/**
 * The memory that sessions share, with a limit: what does not fit fails as an error of its run, and not as the end of
 * the process or of its neighbours on the machine.
 *
 * It grows by what is asked for. Left to itself the runtime doubles what it takes, and after a request for 40 GB (which
 * fails) reserves 24 GB for the next one of 4 GB (measured).
 */
import type { Environment } from './environment.js';
import type { SessionOptions } from './session-options.js';

const SAME_AS_REQUESTED = 1n;

const shared = new WeakSet<Environment>();

/** Once an environment: a second call changes nothing. @param maxBytes weights included */
export function shareArena(environment: Environment, maxBytes: number): void {
  if (shared.has(environment)) return;
  const { api, pointer, cpuMemory } = environment;
  const keys = ['max_mem', 'arena_extend_strategy'];
  const values = BigUint64Array.of(BigInt(Math.floor(maxBytes)), SAME_AS_REQUESTED);
  const config = api.get('CreateArenaCfgV2', keys, values, keys.length);
  try {
    api.call('CreateAndRegisterAllocator', pointer, cpuMemory, config);
    shared.add(environment);
  } finally {
    api.release('ReleaseArenaCfg', config);
  }
}

/** The session takes its memory from the shared arena. */
export function useSharedArena(options: SessionOptions): void {
  options.set('session.use_env_allocators', '1');
}
