/**
 * A growing and shrinking set of tokens with their logits and weights: the workspace of sampling, made once.
 *
 * Ranking is total: higher logit first, lower id first among equals. So "the k best" and "the nucleus" are exact and
 * the same on every run. Selection is by partition (quickselect); nothing here sorts a vocabulary.
 */

/** The last token kept: everything that ranks at or before it is in. */
export interface Cut {
  logit: number;
  id: number;
}

export class Candidates {
  count = 0;
  readonly ids: Int32Array;
  readonly logits: Float32Array;
  /** exp((logit − max) / temperature), where the caller has computed it. */
  readonly weights: Float64Array;

  constructor(vocabSize: number) {
    this.ids = new Int32Array(vocabSize);
    this.logits = new Float32Array(vocabSize);
    this.weights = new Float64Array(vocabSize);
  }

  clear(): void {
    this.count = 0;
  }

  add(id: number, logit: number): void {
    this.ids[this.count] = id;
    this.logits[this.count] = logit;
    this.count += 1;
  }

  /** Keeps the `k` best. Unless there are fewer, the k-th stands last afterwards; the others in any order. */
  keepBest(k: number): void {
    if (this.count <= k) return;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = this.partition(low, high);
      if (middle === k - 1) break;
      if (middle >= k) high = middle - 1;
      else low = middle + 1;
    }
    this.count = k;
  }

  /**
   * Keeps the shortest run of best tokens whose weights reach `mass`, at least one token.
   * Afterwards the worst of them stands last.
   */
  keepMass(mass: number): void {
    let low = 0;
    let high = this.count - 1;
    let before = 0;
    while (low < high) {
      const middle = this.partition(low, high);
      let left = 0;
      for (let i = low; i < middle; i += 1) left += this.weights[i];
      if (before + left >= mass) {
        high = middle - 1;
      } else if (before + left + this.weights[middle] >= mass) {
        low = middle;
        high = middle;
      } else {
        before += left + this.weights[middle];
        low = middle + 1;
      }
    }
    // Rounding can leave the sum a hair below the mass of all: then all stay.
    this.count = Math.min(low + 1, this.count);
  }

  /** Keeps those whose weight is at least `weight`; the order of what stays is kept. */
  keepWeightAtLeast(weight: number): void {
    let kept = 0;
    for (let i = 0; i < this.count; i += 1) {
      if (this.weights[i] < weight) continue;
      this.move(i, kept);
      kept += 1;
    }
    this.count = kept;
  }

  /** The token that stands last: after `keepBest` or `keepMass` took effect, the worst of those kept. */
  last(): Cut {
    return { logit: this.logits[this.count - 1], id: this.ids[this.count - 1] };
  }

  lastWeight(): number {
    return this.weights[this.count - 1];
  }

  /** Sets every weight to exp((logit − max) / temperature). */
  weigh(max: number, temperature: number): void {
    const { count, logits, weights } = this;
    for (let i = 0; i < count; i += 1) weights[i] = Math.exp((logits[i] - max) / temperature);
  }

  totalWeight(): number {
    const { count, weights } = this;
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += weights[i];
    return sum;
  }

  private ranksBefore(a: number, b: number): boolean {
    const left = this.logits[a];
    const right = this.logits[b];
    return left > right || (left === right && this.ids[a] < this.ids[b]);
  }

  /** Splits [low, high] around the median of three. @returns the pivot's final index */
  private partition(low: number, high: number): number {
    const middle = (low + high) >>> 1;
    if (this.ranksBefore(middle, low)) this.swap(low, middle);
    if (this.ranksBefore(high, low)) this.swap(low, high);
    if (this.ranksBefore(high, middle)) this.swap(middle, high);
    // The median goes to the end and is compared as plain numbers: this loop is where the time goes.
    this.swap(middle, high);
    const logit = this.logits[high];
    const id = this.ids[high];
    let store = low;
    for (let i = low; i < high; i += 1) {
      const other = this.logits[i];
      if (other > logit || (other === logit && this.ids[i] < id)) {
        this.swap(i, store);
        store += 1;
      }
    }
    this.swap(store, high);
    return store;
  }

  private move(from: number, to: number): void {
    this.ids[to] = this.ids[from];
    this.logits[to] = this.logits[from];
    this.weights[to] = this.weights[from];
  }

  private swap(a: number, b: number): void {
    if (a === b) return;
    const id = this.ids[a];
    const logit = this.logits[a];
    const weight = this.weights[a];
    this.move(b, a);
    this.ids[b] = id;
    this.logits[b] = logit;
    this.weights[b] = weight;
  }
}
