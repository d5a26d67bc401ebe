/** Where the real models are, if they are: tests that need one are skipped with a word when it is absent. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export const CHAT_MODEL = resolve('../shared/models/smollm2-135m-instruct');

export const hasChatModel = existsSync(`${CHAT_MODEL}/model.onnx.data`);

if (!hasChatModel) console.log(`Real-model tests are skipped: ${CHAT_MODEL} is absent.`);
