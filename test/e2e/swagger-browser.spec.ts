import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChatModel } from '../support/real-model.js';
import { API_KEY, RunningServer } from '../support/running-server.js';

/** Debian's; a browser of another name can be given. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.log(`The browser test is skipped: ${CHROMIUM} is absent.`);

const PICTURES = join(tmpdir(), 'ingot-pictures');

describe.skipIf(!hasChatModel || !hasChromium)('Swagger in a real browser', () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  const foreign: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    server = await RunningServer.start();
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
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('authorizes, runs a chat on the loaded model and shows the answer', { timeout: 90_000 }, async () => {
    await page.goto(`${server.baseUrl}/docs`);
    await page.locator('button.authorize').first().click();
    await page.locator('.modal-ux input[type=text], .modal-ux input[type=password]').first().fill(API_KEY);
    await page.locator('.modal-ux button.authorize').first().click();
    await page.locator('.modal-ux button.btn-done').first().click();

    const chat = page.locator('.opblock', { hasText: '/v1/chat/completions' }).first();
    await chat.locator('.opblock-summary').click();
    await chat.locator('button.try-out__btn').click();
    const example = JSON.parse(await chat.locator('textarea.body-param__text').inputValue()) as { model: string };
    expect(example.model).toBe('smollm2-135m-instruct');
    await chat.locator('button.execute').click();
    const live = chat.locator('.live-responses-table');
    await live.waitFor({ timeout: 30_000 });
    await chat.scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(PICTURES, 'swagger-chat.png'), fullPage: true });

    const row = live.locator('tbody tr.response').first();
    expect(await row.locator('.response-col_status').innerText()).toContain('200');
    const answer = await row.locator('.response-col_description').innerText();
    expect(answer).toContain('chat.completion');
    expect(answer).toContain('Paris');
    console.log(`Picture: ${join(PICTURES, 'swagger-chat.png')}`);
  });

  it('needs nothing from outside and has nothing to complain about', () => {
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
