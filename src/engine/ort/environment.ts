/**
 * The runtime as this process has it: library, function table, `OrtEnv`, the CPU's memory description and allocator.
 *
 * One a process, because `OrtEnv` is. It lives until the process ends.
 */
import koffi from 'koffi';
import { OrtApi } from './api.js';
import { openLibrary, requireTelemetryOff, type OrtLibrary, type Pointer } from './library.js';

/** `OrtLoggingLevel`: errors come back as statuses anyway; warnings would only fill stderr. */
const LOG_ERROR = 3;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

export class Environment {
  readonly library: OrtLibrary;
  readonly api: OrtApi;
  readonly pointer: Pointer;
  /** Says "host memory" when a tensor is laid over bytes of ours. */
  readonly cpuMemory: Pointer;
  /** Static inside the runtime: never released. */
  readonly defaultAllocator: Pointer;

  constructor() {
    this.library = openLibrary();
    this.api = new OrtApi(this.library);
    this.pointer = this.api.get('CreateEnv', LOG_ERROR, 'ingot');
    this.cpuMemory = this.api.get('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
    this.defaultAllocator = this.api.get('GetAllocatorWithDefaultOptions');
  }

  /** A string that the runtime allocated for us: copied, then given back. */
  takeString(text: Pointer): string {
    const copy = koffi.decode.string(text);
    this.free(text);
    return copy;
  }

  free(memory: Pointer): void {
    this.api.call('AllocatorFree', this.defaultAllocator, memory);
  }
}

let environment: Environment | null = null;

/**
 * @param telemetryVariable the value of `ORT_DISABLE_TELEMETRY` in this process's environment
 * @throws {AppError} `model_failed`: telemetry is on, the library is missing, or it is another version
 */
export function openEnvironment(telemetryVariable: string | undefined): Environment {
  requireTelemetryOff(telemetryVariable);
  environment ??= new Environment();
  return environment;
}
