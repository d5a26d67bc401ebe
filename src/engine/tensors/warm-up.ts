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

/**
 * @param trial whether two rows are to be compared, alone and together
 * @returns what that has shown
 */
export async function warmUp(session: TensorSession, trial: boolean): Promise<RowTrial> {
  const [first, second] = [1, 2].map((seed) => syntheticInputs(session.signature.inputs, 1, seed));
  if (first === null || second === null) return { kind: 'unknown' };
  try {
    const startedAt = performance.now();
    const alone = await session.run(first, null);
    if (!trial || performance.now() - startedAt > TRIAL_LIMIT_MS) return { kind: 'unknown' };
    const together = splitOutputs(await session.run(joinInputs([first, second]), null), [1, 1]);
    return compare([alone, await session.run(second, null)], together);
  } catch (error) {
    return { kind: error instanceof NotRows ? 'inseparable' : 'unknown' };
  }
}

function compare(alone: NamedValue[][], together: NamedValue[][]): RowTrial {
  let most = 0;
  for (const [row, outputs] of alone.entries()) {
    for (const [index, { value }] of outputs.entries()) {
      most = Math.max(most, difference(value, together[row][index].value));
    }
  }
  return { kind: 'compared', difference: most, exact: most === 0 };
}
