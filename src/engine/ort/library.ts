/**
 * Finds libonnxruntime inside the installed onnxruntime-node package and opens it, in the one version we know.
 *
 * It knows no function but the two of `OrtApiBase`; `api.ts` knows the rest. The package's own JavaScript is never
 * loaded: its `run()` blocks the event loop (../spec/engine.md 1.1).
 */
import koffi from 'koffi';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';
import { loadNativeLibrary } from './native-library.js';

/** A native address. koffi hands them out as BigInt and gives null for NULL. */
export type Pointer = bigint;

/** The function table is append-only, but the graph edits and kernel rules we rely on were measured on this version. */
export const RUNTIME_VERSION = '1.30.0';
/** The API version belongs to the minor number of the release. */
const API_VERSION = 30;

const LIBRARY_FILE: Readonly<Record<string, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
};

export interface OrtLibrary {
  path: string;
  version: string;
  /** The `OrtApi` table: an array of function pointers. */
  api: Pointer;
}

/**
 * Refuses unless the runtime's telemetry is switched off: on Linux it is on by default, and the variable is read by
 * the library itself when it is loaded.
 * @param variable the value of `ORT_DISABLE_TELEMETRY` in this process's environment
 */
export function requireTelemetryOff(variable: string | undefined): void {
  if (variable === '1') return;
  const found = variable === undefined ? 'is not set' : `is "${variable}"`;
  throw new AppError(
    'model_failed',
    `ONNX Runtime is not loaded: ORT_DISABLE_TELEMETRY ${found} in the engine's environment; set it to "1".`,
  );
}

/** Where the library of this platform must be; the file itself may be missing. */
export function libraryPath(platform: string = process.platform, arch: string = process.arch): string {
  const file = LIBRARY_FILE[platform];
  if (file === undefined) throw new AppError('model_failed', `ONNX Runtime is not packaged for ${platform}.`);
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return join(dirname(manifest), 'bin', 'napi-v6', platform, arch, file);
}

export function openLibrary(path: string = libraryPath()): OrtLibrary {
  if (!existsSync(path)) {
    throw new AppError(
      'model_failed',
      `ONNX Runtime is not packaged for ${process.platform} ${process.arch}: there is no ${path}.`,
    );
  }
  const getApiBase = loadNativeLibrary(path).func('OrtGetApiBase', 'void *', []);
  const [getApi, getVersion] = koffi.decode(getApiBase(), koffi.array('void *', 2)) as [Pointer, Pointer];
  const version = koffi.decode(getVersion, koffi.proto('str', []))() as string;
  requireVersion(version, path);
  const api = koffi.decode(getApi, koffi.proto('void *', ['uint32_t']))(API_VERSION) as Pointer | null;
  if (api === null) throw new AppError('model_failed', `${path} has no API version ${API_VERSION}.`);
  return { path, version, api };
}

export function requireVersion(found: string, path: string): void {
  if (found === RUNTIME_VERSION) return;
  throw new AppError(
    'model_failed',
    `ONNX Runtime ${RUNTIME_VERSION} is needed, but ${path} is ${found}: install onnxruntime-node ${RUNTIME_VERSION}.`,
  );
}
