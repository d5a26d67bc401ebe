/** `top_k` put to work: the best classes of every output that holds scores, as JSON beside the output itself. */
import { AppError } from '../common/errors/app-error.js';
import type { GraphValue, PredictLoadReport, TensorValue } from '../inference/prediction-model.js';
import { floatText, type JsonStyle } from './elements.js';
import { topClasses, type ClassScore } from './labels/top-classes.js';
import type { Derive } from './predict-answer.js';
import type { PredictParameters } from './predict-request.js';

/** After `<output name>_<output index>`. */
const SUFFIX = '_top_k';

/**
 * @returns what to add to an output; nothing where none was asked for
 * @throws AppError `invalid_value` when no output of the model can hold scores, or softmax has nothing to act on
 */
export function bestClasses(
  parameters: Partial<PredictParameters>,
  labels: readonly string[] | null,
  report: PredictLoadReport,
): Derive {
  const { top_k: k, softmax, outputs } = parameters;
  if (!k) {
    if (softmax) throw fault('parameters.softmax', 'it acts on top_k only; give top_k too');
    return () => null;
  }
  const wanted = report.outputs.filter(({ name }) => !outputs || outputs.includes(name));
  if (!wanted.some(({ dtype, type }) => type.startsWith('tensor') && dtype?.startsWith('float'))) {
    throw fault('parameters.top_k', 'no output of this model is a tensor of scores');
  }
  const style: JsonStyle = { nan: parameters.nan ?? 'null', integers: 'number' };
  return ({ value }) => {
    if (!isScores(value)) return null;
    // Names belong to as many classes as there are names: an embedding has none.
    const named = labels !== null && labels.length === value.shape.at(-1) ? labels : null;
    const rows = topClasses(value, named, { k, softmax: softmax ?? false });
    return { suffix: SUFFIX, json: `[${rows.map((row) => rowJson(row, style)).join(',')}]` };
  };
}

/** A row of classes, or a batch of such rows. */
function isScores(value: GraphValue): value is TensorValue {
  return value.kind === 'tensor' && value.dtype.startsWith('float') && [1, 2].includes(value.shape.length);
}

function rowJson(row: readonly ClassScore[], style: JsonStyle): string {
  const classes = row.map(
    ({ label, index, score }) =>
      `{"label":${JSON.stringify(label)},"index":${index},"score":${floatText(score, style)}}`,
  );
  return `[${classes.join(',')}]`;
}

function fault(param: string, reason: string): AppError {
  return new AppError('invalid_value', `${param}: ${reason}.`, { param });
}
