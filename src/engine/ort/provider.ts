/**
 * Which execution provider a session gets, and why, in words.
 *
 * A CUDA session needs its memory on the device, which nothing here has yet: `auto` says so and takes the CPU.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';
import type { ProviderChoice } from '../protocol.js';
import type { Environment } from './environment.js';
import { SessionOptions } from './session-options.js';

export interface ChosenProvider {
  provider: 'cpu' | 'cuda';
  reason: string;
}

/** @throws {AppError} `model_failed`: CUDA was asked for and cannot be had */
export function chooseProvider(environment: Environment, choice: ProviderChoice): ChosenProvider {
  if (choice === 'cpu') return { provider: 'cpu', reason: 'EXECUTION_PROVIDER is cpu' };
  const obstacle = cudaObstacle(environment);
  if (choice === 'auto') return { provider: 'cpu', reason: obstacle };
  throw new AppError(
    'model_failed',
    `EXECUTION_PROVIDER is cuda, but ${obstacle}. Set it to auto or cpu to run on the CPU.`,
  );
}

/** What stands between a session and CUDA. */
function cudaObstacle(environment: Environment): string {
  const missing = missingCudaLibrary(dirname(environment.library.path), process.platform);
  if (missing !== null) return missing;
  const refusal = tryCuda(environment);
  if (refusal !== null) return `the CUDA provider does not load: ${refusal}`;
  return 'the CUDA provider loads, but generation keeps its cache in host memory, which CUDA attention cannot use';
}

/** A first look: the runtime's own message for a missing file is long. */
export function missingCudaLibrary(folder: string, platform: string): string | null {
  if (platform === 'darwin') return 'there is no CUDA on macOS';
  const [prefix, suffix] = platform === 'win32' ? ['', '.dll'] : ['lib', '.so'];
  const files = ['providers_shared', 'providers_cuda'].map((name) => `${prefix}onnxruntime_${name}${suffix}`);
  const absent = files.filter((file) => !existsSync(join(folder, file)));
  if (absent.length === 0) return null;
  // No path: the reason is shown to callers too.
  return `no CUDA provider is installed: ${absent.join(' and ')} ${absent.length > 1 ? 'are' : 'is'} not beside libonnxruntime`;
}

/** Appending is the probe: making the options alone succeeds without the library. @returns null when it worked */
function tryCuda(environment: Environment): string | null {
  const { api } = environment;
  const options = new SessionOptions(environment, { intraOpThreads: 1 });
  const cuda = api.get('CreateCUDAProviderOptions');
  try {
    api.call('SessionOptionsAppendExecutionProvider_CUDA_V2', options.pointer, cuda);
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    api.release('ReleaseCUDAProviderOptions', cuda);
    options.dispose();
  }
}
