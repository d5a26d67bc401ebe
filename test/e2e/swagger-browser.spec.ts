import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAT_MODEL, hasChatModel } from '../support/real-model.js';
import { RunningServer } from '../support/running-server.js';
import { authorize, bodyOf, CHROMIUM, execute, hasChromium, tryOut } from '../support/swagger-page.js';

const DIGITS = resolve('../shared/models/predict/digits-cnn');
const PENGUINS = resolve('../shared/models/predict/penguins-mixed');
const PICTURES = join(tmpdir(), 'ingot-pictures');

describe.skipIf(!hasChatModel || !existsSync(DIGITS) || !hasChromium)('Swagger in a real browser', () => {
  let server: RunningServer;
  let models: string;
  let browser: Browser;
  let page: Page;
  const foreign: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    models = mkdtempSync(join(tmpdir(), 'ingot-swagger-'));
    for (const folder of [CHAT_MODEL, DIGITS, PENGUINS]) symlinkSync(folder, join(models, folder.split('/').at(-1)!));
    server = await RunningServer.start({ MODEL_PATH: models });
    await server.ready();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.baseUrl) && !request.url().startsWith('data:')) foreign.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    mkdirSync(PICTURES, { recursive: true });
    await page.goto(`${server.baseUrl}/docs`);
    await authorize(page);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(models, { recursive: true, force: true });
  });

  it('runs a chat on the loaded model and shows the answer', { timeout: 90_000 }, async () => {
    const chat = await tryOut(page, '/v1/chat/completions');
    const example = JSON.parse(await bodyOf(chat).inputValue()) as { model: string };
    expect(example.model).toBe('smollm2-135m-instruct');
    const { status, answer } = await execute(chat);
    expect(status).toContain('200');
    expect(answer).toContain('chat.completion');
    expect(answer).toContain('Paris');
    await page.screenshot({ path: join(PICTURES, 'swagger-chat.png'), fullPage: true });
  });

  it('runs a prediction on a picture of a digit and on a table row', { timeout: 90_000 }, async () => {
    const predict = await tryOut(page, '/v1/predict');
    const picture = readFileSync(join(DIGITS, 'images/09_digit4_32x32.jpg'), 'base64');
    const row = Buffer.from(
      'island,sex,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g\nDream,female,40.2,17.1,193,3400\n',
    ).toString('base64');
    const ask = async (model: string, contentType: string, data: string, parameters: object) => {
      const items = [{ content_type: contentType, encoder: 'base64', data }];
      await bodyOf(predict).fill(JSON.stringify({ model, items, parameters }));
      const { status, answer } = await execute(predict);
      expect(status).toContain('200');
      const [, encoded] = /"data": "([A-Za-z0-9+/=]+)"/.exec(answer) ?? [];
      return Buffer.from(encoded, 'base64').toString();
    };
    expect(await ask('digits-cnn', 'image/jpeg', picture, { top_k: 1 })).toContain('four');
    await page.screenshot({ path: join(PICTURES, 'swagger-digit.png'), fullPage: true });
    expect(await ask('penguins-mixed', 'text/csv', row, {})).toContain('Adelie');
  });

  it('needs nothing from outside and has nothing to complain about', () => {
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
    console.log(`Pictures: ${PICTURES}`);
  });
});
