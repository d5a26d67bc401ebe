/**
 * The functions of ONNX Runtime's C API that we call: slot in the `OrtApi` table and prototype. Built once a process.
 *
 * It knows signatures, not lifetimes: who releases what is the business of the classes beside it. A slot never
 * changes between versions (the table is append-only); the list with all slots is in ../spec/engine.md 2.2.
 */
import koffi from 'koffi';
import type { OrtLibrary, Pointer } from './library.js';
import { checkStatus, type StatusFunctions } from './status.js';

const OUT_POINTER = koffi.out(koffi.pointer('void *'));
const OUT_INT = koffi.out(koffi.pointer('int'));
const OUT_SIZE = koffi.out(koffi.pointer('size_t'));
/** Copied for the call: the runtime keeps none of them. */
const NAMES = koffi.pointer('str');
/** `ORTCHAR_T`: UTF-16 on Windows, UTF-8 elsewhere. */
const PATH = process.platform === 'win32' ? 'str16' : 'str';

type Argument = Parameters<typeof koffi.out>[0];
type Signature = readonly [slot: number, args: Argument[]];

/** All of these return an `OrtStatus`. */
const CALLS = {
  CreateEnv: [3, ['int', 'str', OUT_POINTER]],
  CreateSession: [7, ['void *', PATH, 'void *', OUT_POINTER]],
  CreateSessionFromArray: [8, ['void *', 'void *', 'size_t', 'void *', OUT_POINTER]],
  Run: [9, ['void *', 'void *', NAMES, 'void *', 'size_t', NAMES, 'size_t', 'void *']],
  CreateSessionOptions: [10, [OUT_POINTER]],
  SetSessionLogSeverityLevel: [22, ['void *', 'int']],
  SetIntraOpNumThreads: [24, ['void *', 'int']],
  SetInterOpNumThreads: [25, ['void *', 'int']],
  SessionGetInputCount: [30, ['void *', OUT_SIZE]],
  SessionGetOutputCount: [31, ['void *', OUT_SIZE]],
  SessionGetOverridableInitializerCount: [32, ['void *', OUT_SIZE]],
  SessionGetInputTypeInfo: [33, ['void *', 'size_t', OUT_POINTER]],
  SessionGetOutputTypeInfo: [34, ['void *', 'size_t', OUT_POINTER]],
  SessionGetOverridableInitializerTypeInfo: [35, ['void *', 'size_t', OUT_POINTER]],
  SessionGetInputName: [36, ['void *', 'size_t', 'void *', OUT_POINTER]],
  SessionGetOutputName: [37, ['void *', 'size_t', 'void *', OUT_POINTER]],
  SessionGetOverridableInitializerName: [38, ['void *', 'size_t', 'void *', OUT_POINTER]],
  CreateRunOptions: [39, [OUT_POINTER]],
  RunOptionsSetTerminate: [46, ['void *']],
  RunOptionsUnsetTerminate: [47, ['void *']],
  CreateTensorAsOrtValue: [48, ['void *', 'void *', 'size_t', 'int', OUT_POINTER]],
  CreateTensorWithDataAsOrtValue: [49, ['void *', 'void *', 'size_t', 'void *', 'size_t', 'int', OUT_POINTER]],
  GetTensorMutableData: [51, ['void *', OUT_POINTER]],
  GetStringTensorDataLength: [53, ['void *', OUT_SIZE]],
  GetStringTensorContent: [54, ['void *', 'void *', 'size_t', 'void *', 'size_t']],
  CastTypeInfoToTensorInfo: [55, ['void *', OUT_POINTER]],
  GetOnnxTypeFromTypeInfo: [56, ['void *', OUT_INT]],
  GetTensorElementType: [60, ['void *', OUT_INT]],
  GetDimensionsCount: [61, ['void *', OUT_SIZE]],
  GetDimensions: [62, ['void *', 'void *', 'size_t']],
  GetSymbolicDimensions: [63, ['void *', 'void *', 'size_t']],
  GetTensorTypeAndShape: [65, ['void *', OUT_POINTER]],
  GetValueType: [67, ['void *', OUT_INT]],
  CreateCpuMemoryInfo: [69, ['int', 'int', OUT_POINTER]],
  AllocatorFree: [76, ['void *', 'void *']],
  GetAllocatorWithDefaultOptions: [78, [OUT_POINTER]],
  GetValue: [80, ['void *', 'int', 'void *', OUT_POINTER]],
  GetValueCount: [81, ['void *', OUT_SIZE]],
  CreateValue: [82, ['void *', 'size_t', 'int', OUT_POINTER]],
  CastTypeInfoToMapTypeInfo: [103, ['void *', OUT_POINTER]],
  CastTypeInfoToSequenceTypeInfo: [104, ['void *', OUT_POINTER]],
  GetMapKeyType: [105, ['void *', OUT_INT]],
  GetMapValueType: [106, ['void *', OUT_POINTER]],
  GetSequenceElementType: [107, ['void *', OUT_POINTER]],
  SessionGetModelMetadata: [111, ['void *', OUT_POINTER]],
  ModelMetadataLookupCustomMetadataMap: [116, ['void *', 'void *', 'str', OUT_POINTER]],
  AddSessionConfigEntry: [130, ['void *', 'str', 'str']],
  RunWithBinding: [133, ['void *', 'void *', 'void *']],
  CreateIoBinding: [134, ['void *', OUT_POINTER]],
  BindInput: [136, ['void *', 'str', 'void *']],
  BindOutput: [137, ['void *', 'str', 'void *']],
  BindOutputToDevice: [138, ['void *', 'str', 'void *']],
  GetBoundOutputValues: [140, ['void *', 'void *', OUT_POINTER, OUT_SIZE]],
  CreateAndRegisterAllocator: [144, ['void *', 'void *', 'void *']],
  CreateArenaCfgV2: [164, [NAMES, 'void *', 'size_t', OUT_POINTER]],
  AddRunConfigEntry: [165, ['void *', 'str', 'str']],
  HasValue: [192, ['void *', OUT_INT]],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, ['void *', 'void *']],
  CreateCUDAProviderOptions: [205, [OUT_POINTER]],
  CastTypeInfoToOptionalTypeInfo: [250, ['void *', OUT_POINTER]],
  GetOptionalContainedTypeInfo: [251, ['void *', OUT_POINTER]],
  GetResizedStringTensorElementBuffer: [252, ['void *', 'size_t', 'size_t', OUT_POINTER]],
} satisfies Record<string, Signature>;

/** These return nothing and cannot fail. */
const RELEASES = {
  ReleaseEnv: 92,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseRunOptions: 97,
  ReleaseTypeInfo: 98,
  ReleaseTensorTypeAndShapeInfo: 99,
  ReleaseSessionOptions: 100,
  ReleaseModelMetadata: 118,
  ReleaseIoBinding: 135,
  ReleaseArenaCfg: 157,
  ReleaseCUDAProviderOptions: 208,
} as const;

/** This one answers for itself, without a status. */
const HAS_SHAPE = 390;

export type Call = keyof typeof CALLS;
export type Release = keyof typeof RELEASES;
export type NativeArgument = Pointer | number | string | readonly string[] | ArrayBufferView | null;

type Answer = [Pointer | number | null];
type StatusFunction = ((...args: (NativeArgument | Answer)[]) => Pointer | null) & {
  async: (...args: [...(NativeArgument | Answer)[], (error: Error | null, status: Pointer | null) => void]) => void;
};

export class OrtApi {
  private readonly calls: Readonly<Record<Call, StatusFunction>>;
  private readonly releases: Readonly<Record<Release, (pointer: Pointer) => void>>;
  private readonly status: StatusFunctions;
  /** Whether an `OrtTensorTypeAndShapeInfo` has a rank at all. */
  readonly hasShape: (info: Pointer) => boolean;

  constructor(library: OrtLibrary) {
    const slots = 1 + Math.max(HAS_SHAPE, ...Object.values(CALLS).map(([slot]) => slot), ...Object.values(RELEASES));
    const table = koffi.decode(library.api, koffi.array('void *', slots)) as Pointer[];
    const at = (slot: number, result: string, args: Argument[]) =>
      koffi.decode(table[slot], koffi.proto(result, args)) as never;
    this.calls = mapValues(CALLS, ([slot, args]) => at(slot, 'void *', args));
    this.releases = mapValues(RELEASES, (slot) => at(slot, 'void', ['void *']));
    this.hasShape = at(HAS_SHAPE, 'bool', ['void *']);
    this.status = {
      GetErrorCode: at(1, 'int', ['void *']),
      GetErrorMessage: at(2, 'str', ['void *']),
      ReleaseStatus: at(93, 'void', ['void *']),
    };
  }

  /** @throws {OrtError} */
  call(name: Call, ...args: NativeArgument[]): void {
    checkStatus(this.status, this.calls[name](...args));
  }

  /** For a function whose last argument is an out pointer. @returns null where the function gives NULL */
  getOrNull(name: Call, ...args: NativeArgument[]): Pointer | null {
    return this.answer(name, args) as Pointer | null;
  }

  get(name: Call, ...args: NativeArgument[]): Pointer {
    const pointer = this.getOrNull(name, ...args);
    if (pointer === null) throw new Error(`${name} gave NULL`);
    return pointer;
  }

  /** For a function whose last argument is an out count or enum. */
  getNumber(name: Call, ...args: NativeArgument[]): number {
    return Number(this.answer(name, args));
  }

  /** Runs on a thread of libuv's pool; every pointer and buffer in `args` must outlive the promise. */
  callAsync(name: Call, ...args: NativeArgument[]): Promise<void> {
    return this.settle(name, args);
  }

  async getAsync(name: Call, ...args: NativeArgument[]): Promise<Pointer> {
    const answer: Answer = [null];
    await this.settle(name, [...args, answer]);
    return answer[0] as Pointer;
  }

  /** Two out values: a pointer and a count. */
  getArray(name: 'GetBoundOutputValues', ...args: NativeArgument[]): { pointer: Pointer | null; count: number } {
    const pointer: Answer = [null];
    const count: Answer = [null];
    checkStatus(this.status, this.calls[name](...args, pointer, count));
    return { pointer: pointer[0] as Pointer | null, count: Number(count[0]) };
  }

  release(name: Release, pointer: Pointer): void {
    this.releases[name](pointer);
  }

  private answer(name: Call, args: NativeArgument[]): Pointer | number | null {
    const answer: Answer = [null];
    checkStatus(this.status, this.calls[name](...args, answer));
    return answer[0];
  }

  private settle(name: Call, args: (NativeArgument | Answer)[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls[name].async(...args, (error, status) => {
        try {
          if (error !== null) throw error;
          checkStatus(this.status, status);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }
}

function mapValues<K extends string, V, W>(record: Readonly<Record<K, V>>, map: (value: V) => W): Record<K, W> {
  const entries = (Object.entries(record) as [K, V][]).map(([key, value]) => [key, map(value)]);
  return Object.fromEntries(entries) as Record<K, W>;
}
