import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environment } from '../../../test/support/onnx/runtime.js';
import { chooseProvider, missingCudaLibrary } from './provider.js';

const hasCuda = missingCudaLibrary(dirname(environment.library.path), process.platform) === null;

describe('the execution provider', () => {
  it('is the CPU without a look at anything else when asked for', () => {
    expect(chooseProvider(environment, 'cpu')).toEqual({ provider: 'cpu', reason: 'EXECUTION_PROVIDER is cpu' });
  });

  it('is the CPU by itself, with the reason why not CUDA', () => {
    const { provider, reason } = chooseProvider(environment, 'auto');
    expect(provider).toBe('cpu');
    expect(reason).toContain('CUDA');
  });

  it.skipIf(hasCuda)('fails when CUDA is asked for and its library is not there', () => {
    expect(() => chooseProvider(environment, 'cuda')).toThrow(/EXECUTION_PROVIDER is cuda, but .* not beside lib/);
  });

  it('names only the files that are missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'provider-'));
    writeFileSync(join(folder, 'libonnxruntime_providers_shared.so'), '');
    expect(missingCudaLibrary(folder, 'linux')).toContain('installed: libonnxruntime_providers_cuda.so is not beside');
    expect(missingCudaLibrary(folder, 'win32')).toContain('onnxruntime_providers_cuda.dll');
    writeFileSync(join(folder, 'libonnxruntime_providers_cuda.so'), '');
    expect(missingCudaLibrary(folder, 'linux')).toBeNull();
    expect(missingCudaLibrary(folder, 'darwin')).toContain('no CUDA on macOS');
    rmSync(folder, { recursive: true });
  });
});
