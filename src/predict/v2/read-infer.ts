/**
 * A body → an inference request with its tensors: the JSON, the bytes behind it, or nothing but bytes.
 *
 * Whether the tensors fit the model is `check-inputs.ts`'s question. It does not know HTTP.
 */
import { AppError } from '../../common/errors/app-error.js';
import { faultsOf, validationError } from '../../common/http/validation-faults.js';
import type { NamedValue, TensorValue, ValueSignature } from '../../inference/prediction-model.js';
import { readJson } from '../json-reader.js';
import type { Pace } from '../pace.js';
import { tensorFromJson } from '../tensor-json.js';
import { bytesFromInput, type InferBody } from './infer-body.js';
import { tensorFromBytes } from './binary-tensor.js';
import { dtypeOf } from './datatypes.js';
import { InferRequest, SEQUENCE_PARAMETERS, type InferInput } from './infer-request.js';
import { rawInput } from './raw-input.js';

export interface OutputWanted {
  name: string;
  binary: boolean;
  /** How many classes; null: the tensor itself. */
  classes: number | null;
}

export interface InferCall {
  id: string | null;
  inputs: NamedValue[];
  /** Null: all. */
  outputs: OutputWanted[] | null;
  /** For outputs that are not named. */
  binaryByDefault: boolean;
  timeoutMs: number | null;
}

/** @throws AppError that names the field at fault */
export async function readInfer(body: InferBody, signature: readonly ValueSignature[], pace: Pace): Promise<InferCall> {
  if (body.jsonLength === 0) {
    const inputs = [await rawInput(body.bytes, signature, pace)];
    return { id: null, inputs, outputs: null, binaryByDefault: true, timeoutMs: null };
  }
  const { request, binary } = await readEnvelope(body, pace);
  const binaryByDefault = request.parameters?.binary_data_output ?? false;
  return {
    id: request.id ?? null,
    inputs: await readInputs(request.inputs, binary, signature, pace),
    outputs: outputsWanted(request, binaryByDefault),
    binaryByDefault,
    timeoutMs: request.parameters?.timeout ? request.parameters.timeout / 1000 : null,
  };
}

async function readEnvelope({ bytes, jsonLength }: InferBody, pace: Pace) {
  const end = jsonLength ?? bytes.length;
  if (end > bytes.length) {
    throw new AppError(
      'invalid_value',
      `Inference-Header-Content-Length is ${end}, but the body has only ${bytes.length} bytes.`,
    );
  }
  if (end === 0) throw new AppError('missing_required_parameter', 'A body is required.');
  const json = await readJson(bytes.subarray(0, end), { name: 'The body', param: null }, pace);
  const result = InferRequest.safeParse(json);
  if (!result.success) throw validationError(faultsOf(result.error.issues, json));
  refuseSequences(result.data);
  return { request: result.data, binary: bytes.subarray(end) };
}

function refuseSequences({ parameters }: InferRequest): void {
  const used = SEQUENCE_PARAMETERS.find((key) => parameters?.[key] !== undefined && parameters[key] !== false);
  if (used === undefined || parameters?.[used] === 0) return;
  throw new AppError('unsupported_parameter', `parameters.${used}: nothing is remembered between requests here.`, {
    param: `parameters.${used}`,
  });
}

async function readInputs(
  inputs: InferInput[],
  binary: Uint8Array,
  signature: readonly ValueSignature[],
  pace: Pace,
): Promise<NamedValue[]> {
  const values: NamedValue[] = [];
  let at = 0;
  for (const input of inputs) {
    const part = bytesFromInput(input, binary, at);
    at += part?.length ?? 0;
    values.push({ name: input.name, value: await tensorOf(input, part, signature, pace) });
  }
  if (at === binary.length) return values;
  throw new AppError(
    'invalid_value',
    `The body has ${binary.length} bytes behind the JSON, but the inputs' binary_data_size say ${at}.`,
  );
}

function tensorOf(
  input: InferInput,
  part: Uint8Array | null,
  signature: readonly ValueSignature[],
  pace: Pace,
): Promise<TensorValue> {
  const { name, datatype, shape, data } = input;
  const dtype = dtypeOf(datatype);
  const param = `inputs.${name}`;
  if (part !== null) return tensorFromBytes(part, dtype, shape, param, pace);
  if (data === undefined) {
    throw new AppError('missing_required_parameter', `${param}: neither data nor a binary_data_size was sent.`, {
      param,
    });
  }
  const declared = signature.find((value) => value.name === name)?.shape ?? null;
  return tensorFromJson(data, { dtype, declared, shape, param }, pace);
}

function outputsWanted({ outputs }: InferRequest, binaryByDefault: boolean): OutputWanted[] | null {
  if (!outputs || outputs.length === 0) return null;
  return outputs.map(({ name, parameters }) => ({
    name,
    binary: parameters?.binary_data ?? binaryByDefault,
    classes: parameters?.classification ?? null,
  }));
}
