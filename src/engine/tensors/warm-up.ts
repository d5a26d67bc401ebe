/**
 * A model's first runs, on made-up inputs: memory is laid out, threads start; and a trial tells whether a row's answer
 * depends on the row beside it. A model that refuses the made-up inputs is served all the same.
 */
import type { NamedValue } from '../protocol.js';
import type { RowTrial } from './batching-choice.js';
import { difference } from './compare-values.js';
import { joinInputs, NotRows, splitOutputs } from './rows.js';
import { syntheticInputs } from './synthetic-inputs.js';
import type { TensorSession } from './tensor-session.js';

/** A slower model is not tried further at load. */
const TRIAL_LIMIT_MS = 1000;
/** Enough rows to show kernels that work on several at a time; two for a model that would take long over them. */
const MOST_TRIAL_ROWS = 8;
const SLOW_MS = 50;

/**
 * @param trialRows how many rows are compared, alone and together; 0: no trial is made
 * @returns what the trial has shown
 */
export async function warmUp(session: TensorSession, trialRows: number): Promise<RowTrial> {
  const { inputs } = session.signature;
  const [first, second] = [1, 2].map((seed) => syntheticInputs(inputs, 1, seed));
  if (first === null || second === null) return { kind: 'unknown' };
  try {
    const startedAt = performance.now();
    const alone = [await session.run(first, null)];
    const firstMs = performance.now() - startedAt;
    if (trialRows < 2 || firstMs > TRIAL_LIMIT_MS) return { kind: 'unknown' };
    alone.push(await session.run(second, null));
    const rows = Math.min(trialRows, firstMs > SLOW_MS ? 2 : MOST_TRIAL_ROWS);
    return compare(alone, await together(session, [first, second], rows));
  } catch (error) {
    return { kind: error instanceof NotRows ? 'inseparable' : 'unknown' };
  }
}

/**
 * The requests in turn, as rows of one run.
 * @throws {NotRows} also when the run fails: each alone did not
 */
async function together(session: TensorSession, requests: NamedValue[][], rows: number): Promise<NamedValue[][]> {
  const joined = joinInputs(Array.from({ length: rows }, (_, row) => requests[row % requests.length]));
  const outputs = await session.run(joined, null).catch(() => {
    throw new NotRows(session.signature.outputs[0].name);
  });
  return splitOutputs(outputs, Array<number>(rows).fill(1));
}

function compare(alone: NamedValue[][], rows: NamedValue[][]): RowTrial {
  let most = 0;
  for (const [row, outputs] of rows.entries()) {
    for (const [index, { value }] of outputs.entries()) {
      most = Math.max(most, difference(alone[row % alone.length][index].value, value));
    }
  }
  return { kind: 'compared', difference: most, exact: most === 0 };
}
