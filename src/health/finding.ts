/** One line of a health report: what was looked at, whether it is well, and what a person should know. */
export interface Finding {
  name: string;
  ok: boolean;
  details: Record<string, unknown>;
}

/** A model as the inference room reports it. */
export interface ModelHealth {
  id: string;
  state: 'loading' | 'ready' | 'restarting' | 'failed';
  reason: string | null;
  /** Since the engine last finished a step while it had work; 0 when it has none. */
  sinceProgressMs: number;
  restarts: number;
}

export function isStalled(model: ModelHealth, stallMs: number): boolean {
  return model.sinceProgressMs > stallMs;
}
