/**
 * One request's sampler: from a row of logits to the next token, by its parameters and its seed.
 *
 * `sample` changes nothing that lasts; `accept` does, at the step's commit. It does not know slots, steps or text.
 */
import { randomBytes } from 'node:crypto';
import type { SamplingParameters } from '../protocol.js';
import { argmax } from './argmax.js';
import { LogitAdjustments, type MaskedIds } from './logit-adjustments.js';
import { uniformAt } from './philox.js';
import { drawToken, type SamplingWorkspace } from './selection.js';

/** Below this a softmax is one-hot in float32 anyway, and 1 / temperature may overflow. vLLM draws the same line. */
const GREEDY_BELOW = 1e-5;

export class Sampler {
  private readonly adjustments: LogitAdjustments;
  private readonly greedy: boolean;
  private readonly seed: bigint;
  private step = 0;

  constructor(
    private readonly parameters: SamplingParameters,
    promptIds: Int32Array,
    masked: MaskedIds,
    private readonly workspace: SamplingWorkspace,
  ) {
    this.adjustments = new LogitAdjustments(parameters, promptIds, masked);
    this.greedy = parameters.temperature < GREEDY_BELOW;
    this.seed = BigInt.asUintN(64, parameters.seed ?? randomBytes(8).readBigUInt64LE());
  }

  /**
   * @param logits `[vocab]` of the last position; bias, penalties and masks are applied to it in place
   * @returns the next token, or `NO_TOKEN` when the row holds NaN or +∞, or no token may come
   */
  sample(logits: Float32Array): number {
    this.adjustments.apply(logits);
    if (this.greedy) return argmax(logits);
    return drawToken(logits, this.parameters, uniformAt(this.seed, this.step), this.workspace);
  }

  /** The token became part of the answer. */
  accept(token: number): void {
    this.adjustments.record(token);
    this.step += 1;
  }
}
