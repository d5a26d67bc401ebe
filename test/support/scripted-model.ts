/**
 * A scripted twin of `LanguageModel`: it records what it is asked and says what the test told it to say. No engine, no
 * tokenizer files; its tokens are UTF-8 bytes.
 */
import type { LoadReport } from '../../src/engine/protocol.js';
import type { ChatManifest } from '../../src/inference/catalog/manifest.js';
import type { ModelState, TextEvent, TextRequest } from '../../src/inference/generation.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import type { Tokenizer } from '../../src/inference/tokenizer/tokenizer.js';

type EndEvent = Extract<TextEvent, { kind: 'end' }>;

/** One line of a script, in order. */
export type Line =
  /** A piece of text, as one event of one token. */
  | string
  /** The request leaves the queue. Said by itself before the first piece of text where the script does not. */
  | { started: true }
  /** Goes on when the promise resolves, or ends with the signal's reason. */
  | { wait: Promise<unknown> }
  | { fail: Error }
  /** The end; said by itself after the last line where the script does not. */
  | { end: Partial<EndEvent> };

/** A generator makes its lines as they are asked for. */
export type Script = (request: TextRequest) => Iterable<Line>;

export interface ScriptedModelOptions {
  id?: string;
  manifest?: Partial<ChatManifest>;
  state?: ModelState;
  capacity?: number;
  script?: Script;
}

const answerParis: Script = () => ['The capital', ' of France', ' is Paris.'];

export class ScriptedModel implements LanguageModel {
  readonly manifest: ChatManifest;
  readonly tokenizer = byteTokenizer;
  readonly capacity: number;
  readonly fingerprint = 'fp_0123456789ab';
  /** Every request that reached `generate`, oldest first. */
  readonly requests: TextRequest[] = [];
  /** Requests ended from outside before their script was over. */
  cancelled = 0;
  running = 0;
  state: ModelState;
  script: Script;

  constructor(options: ScriptedModelOptions = {}) {
    this.manifest = scriptedManifest({ ...idParts(options.id ?? 'scripted-model:1'), ...options.manifest });
    this.state = options.state ?? 'ready';
    this.capacity = options.capacity ?? 4096;
    this.script = options.script ?? answerParis;
  }

  get reason(): string | null {
    return this.state === 'ready' ? null : `scripted: ${this.state}`;
  }

  get report(): LoadReport | null {
    return this.state === 'loading' ? null : scriptedReport;
  }

  async *generate(request: TextRequest, signal: AbortSignal): AsyncGenerator<TextEvent, void, undefined> {
    this.requests.push(request);
    this.running += 1;
    let whole = false;
    try {
      signal.throwIfAborted();
      yield* perform(this.script(request), request, signal);
      whole = true;
    } catch (error) {
      whole = !signal.aborted;
      throw error;
    } finally {
      this.running -= 1;
      if (!whole) this.cancelled += 1;
    }
  }
}

async function* perform(
  lines: Iterable<Line>,
  request: TextRequest,
  signal: AbortSignal,
): AsyncGenerator<TextEvent, void, undefined> {
  let started = false;
  let tokens = 0;
  for (const line of lines) {
    if (typeof line === 'string') {
      if (!started) yield { kind: 'started' };
      started = true;
      tokens += 1;
      yield { kind: 'text', text: line, tokens: 1 };
    } else if ('started' in line) {
      started = true;
      yield { kind: 'started' };
    } else if ('wait' in line) {
      await untilAborted(line.wait, signal);
    } else if ('fail' in line) {
      throw line.fail;
    } else {
      if (!started) yield { kind: 'started' };
      yield { ...endEvent(request, tokens), ...line.end };
      return;
    }
    signal.throwIfAborted();
  }
  if (!started) yield { kind: 'started' };
  yield endEvent(request, tokens);
}

function endEvent(request: TextRequest, tokens: number): EndEvent {
  return {
    kind: 'end',
    finishReason: 'stop',
    matchedStop: null,
    usage: { promptTokens: request.promptIds.length, cachedTokens: 0, completionTokens: tokens },
    timings: { queueMs: 1, prefillMs: 2, decodeMs: 4 },
  };
}

function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const VOCABULARY = 300;

export const byteTokenizer: Tokenizer = {
  vocabSize: VOCABULARY,
  encode: (text) => Promise.resolve(Int32Array.from(new TextEncoder().encode(text))),
  tokenBytes: (id) => (id < 256 ? Uint8Array.of(id) : new Uint8Array()),
  isSpecial: (id) => id >= 256,
  specialTokens: [],
};

/** Id as files give it: `name:version`. */
function idParts(id: string): Pick<ChatManifest, 'id' | 'name' | 'version'> {
  const [name, version] = id.split(':');
  return { id, name: name, version: version ?? null };
}

/** Messages one after another, each between marks that a test can read back. */
const TEMPLATE =
  "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

function scriptedManifest(parts: Partial<ChatManifest>): ChatManifest {
  return {
    task: 'chat',
    id: 'scripted-model:1',
    name: 'scripted-model',
    version: '1',
    folder: '/models/scripted',
    modelType: 'scripted',
    contextLength: 4096,
    sizeBytes: 1_000_000,
    created: 1_700_000_000,
    digest: '0'.repeat(64),
    decoder: {
      modelFile: '/models/scripted/model.onnx',
      contextLength: 4096,
      vocabSize: VOCABULARY,
      eosTokenIds: [256],
      inputs: {
        inputIds: 'input_ids',
        attentionMask: 'attention_mask',
        positionIds: 'position_ids',
        pastKey: 'past.%d.key',
        pastValue: 'past.%d.value',
      },
      outputs: { logits: 'logits', presentKey: 'present.%d.key', presentValue: 'present.%d.value' },
    },
    search: { doSample: false, temperature: 1, topP: 1, topK: 50, repetitionPenalty: 1 },
    tokenizerFile: '/models/scripted/tokenizer.json',
    chatTemplate: { source: TEMPLATE, file: 'chat_template.jinja' },
    specialTokens: {},
    ...parts,
  };
}

const scriptedReport: LoadReport = {
  provider: 'cpu',
  providerReason: 'scripted',
  runtimeVersion: '0.0.0',
  loadMs: 1,
  warmupMs: 1,
  slots: 8,
  capacity: 4096,
  kvBytesPerToken: 8,
  kvElementType: 'float32',
  lastPositionOnly: true,
  fewestRows: 1,
};
