/** What all parts of one answer share. */
import { randomUUID } from 'node:crypto';
import type { LanguageModel } from '../../inference/language-model.js';

export interface AnswerHead {
  id: string;
  /** Seconds since the epoch. */
  created: number;
  /** The served id, whatever name the caller used. */
  model: string;
  systemFingerprint: string;
}

export function answerHead(model: LanguageModel): AnswerHead {
  return {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(Date.now() / 1000),
    model: model.manifest.id,
    systemFingerprint: model.fingerprint,
  };
}
