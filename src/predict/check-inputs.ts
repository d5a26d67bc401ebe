/**
 * Whether values fit what a graph declares, before the runtime sees them. The runtime itself ignores unknown names,
 * broadcasts where symbolic axes disagree, and takes [1] for a scalar: each a wrong answer without a word.
 */
import { AppError } from '../common/errors/app-error.js';
import type { GraphValue, NamedValue, TensorValue, ValueSignature } from '../inference/prediction-model.js';
import { shapeText } from './tensor-json.js';

/** Names in an error that lists them. */
const MAX_NAMES_TOLD = 20;

/**
 * @param paramPrefix what stands before `inputs.<name>` in the errors' param: `items.0.`, or nothing
 * @throws AppError `invalid_value` or `missing_required_parameter`: names the input, the axis, expected and got
 */
export function checkInputs(
  signature: readonly ValueSignature[],
  values: readonly NamedValue[],
  paramPrefix: string,
): void {
  const param = (name: string) => `${paramPrefix}inputs.${name}`;
  const declared = new Map(signature.map((input) => [input.name, input]));
  const given = new Set<string>();
  const axes = new SymbolicAxes();
  for (const { name, value } of values) {
    const input = declared.get(name);
    if (!input) throw fault(param(name), `there is no such input; this model takes ${inputNames(signature)}`);
    if (given.has(name)) throw fault(param(name), 'it is given twice');
    given.add(name);
    checkValue(input, value, param(name));
    if (value.kind === 'tensor') axes.agree(input, value, param(name));
  }
  const missing = signature.find((input) => !input.optional && !given.has(input.name));
  if (!missing) return;
  throw new AppError(
    'missing_required_parameter',
    `${param(missing.name)} is required: ${describeInput(missing)}; this model takes ${inputNames(signature)}.`,
    { param: param(missing.name) },
  );
}

/** `float32 [N, 4]`, or the ONNX type of what is no tensor. */
export function describeInput({ type, dtype, shape }: ValueSignature): string {
  if (dtype === null) return type;
  return shape === null ? `${dtype} of any rank` : `${dtype} ${shapeText(shape)}`;
}

export function inputNames(signature: readonly ValueSignature[]): string {
  if (signature.length === 0) return 'no inputs';
  const told = signature.slice(0, MAX_NAMES_TOLD).map(({ name }) => `"${name}"`);
  const untold = signature.length - told.length;
  return told.join(', ') + (untold > 0 ? ` and ${untold} more` : '');
}

function checkValue(input: ValueSignature, value: GraphValue, param: string): void {
  if (!input.type.startsWith('tensor')) {
    if (value.kind === 'tensor') throw fault(param, `expected ${input.type}; got a tensor`);
    return;
  }
  if (input.dtype === null) throw fault(param, `the element type of ${input.type} is not supported`);
  if (value.kind !== 'tensor') throw fault(param, `expected ${describeInput(input)}; got a ${value.kind}`);
  if (value.dtype !== input.dtype) throw fault(param, `expected ${input.dtype}; got ${value.dtype}`);
  const { shape } = input;
  if (shape === null) return;
  const got = `got ${shapeText(value.shape)}`;
  if (value.shape.length !== shape.length) {
    throw fault(
      param,
      `expected rank ${shape.length}, shape ${shapeText(shape)}; got rank ${value.shape.length}, shape ${shapeText(value.shape)}`,
    );
  }
  for (const [axis, length] of shape.entries()) {
    if (typeof length !== 'number' || length < 0 || length === value.shape[axis]) continue;
    throw fault(param, `expected ${length} at axis ${axis}, shape ${shapeText(shape)}; ${got}`);
  }
}

/** Axes of one name have one length, over all inputs of a request. */
class SymbolicAxes {
  private readonly lengths = new Map<string, { length: number; where: string }>();

  agree({ name, shape }: ValueSignature, value: TensorValue, param: string): void {
    for (const [axis, symbol] of (shape ?? []).entries()) {
      if (typeof symbol !== 'string' || !isName(symbol)) continue;
      const length = value.shape[axis];
      const known = this.lengths.get(symbol);
      if (known === undefined) this.lengths.set(symbol, { length, where: `axis ${axis} of "${name}"` });
      else if (known.length !== length) {
        const got = `got ${length}, shape ${shapeText(value.shape)}`;
        throw fault(param, `expected ${known.length} at axis ${axis} ("${symbol}"), as ${known.where} has; ${got}`);
      }
    }
  }
}

/** Some exporters write `?` for every axis they do not know: that names nothing. */
function isName(symbol: string): boolean {
  return /\p{L}/u.test(symbol);
}

function fault(param: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}: ${reason}.`, { param });
}
