import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openEnvironment } from './environment.js';
import { libraryPath, openLibrary, requireTelemetryOff, requireVersion, RUNTIME_VERSION } from './library.js';

describe('the runtime library', () => {
  it('is found inside the installed package and has the version we know', () => {
    const library = openLibrary();
    expect(existsSync(library.path)).toBe(true);
    expect(library.version).toBe(RUNTIME_VERSION);
  });

  it('has another name on every platform, under the package', () => {
    expect(libraryPath('linux', 'arm64')).toMatch(/onnxruntime-node.bin.napi-v6.linux.arm64.libonnxruntime\.so\.1$/);
    expect(libraryPath('darwin', 'arm64')).toMatch(/\.dylib$/);
    expect(libraryPath('win32', 'x64')).toMatch(/onnxruntime\.dll$/);
  });

  it('is refused on a platform the package does not serve, with the place that was looked at', () => {
    expect(() => libraryPath('aix', 'ppc64')).toThrow('not packaged for aix');
    expect(() => openLibrary(libraryPath('darwin', 'x64'))).toThrow(/there is no .*darwin.x64/);
  });

  it('is refused in another version, saying what was found and what is needed', () => {
    expect(() => requireVersion('1.24.4', '/lib/ort.so')).toThrow(
      'ONNX Runtime 1.30.0 is needed, but /lib/ort.so is 1.24.4',
    );
  });
});

describe('telemetry', () => {
  it.each([undefined, '', '0', 'true'])('is taken for on when ORT_DISABLE_TELEMETRY is %j', (value) => {
    expect(() => requireTelemetryOff(value)).toThrow('ORT_DISABLE_TELEMETRY');
    expect(() => openEnvironment(value)).toThrow('set it to "1"');
  });

  it('is off with "1"', () => {
    expect(() => requireTelemetryOff('1')).not.toThrow();
  });
});
