import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PREDICT_MODELS, predictModels } from '../engine/predict-golden-files.js';
import { API_KEY, RunningServer } from '../support/running-server.js';

/** Debian's; a browser of another name can be given. */
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.log(`The browser test of predictions is skipped: ${CHROMIUM} is absent.`);

const PICTURES = join(tmpdir(), 'ingot-pictures');
const MODELS = ['digits-cnn', 'penguins-mixed'];
/** Shows an eight. */
const DIGIT = resolve(PREDICT_MODELS, 'digits-cnn/images/10_digit8_32x32.png');
const hasModels = MODELS.every((name) => predictModels.includes(name));

describe.skipIf(!hasModels || !hasChromium)('Swagger runs predictions in a real browser', () => {
  let server: RunningServer;
  let browser: Browser;
  let page: Page;
  let folder: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ingot-browser-'));
    for (const name of MODELS) symlinkSync(resolve(PREDICT_MODELS, name), join(folder, name));
    server = await RunningServer.start({ MODEL_PATH: folder });
    await server.ready();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1280, height: 1800 } });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    mkdirSync(PICTURES, { recursive: true });
    await page.goto(`${server.baseUrl}/docs`);
    await page.locator('button.authorize').first().click();
    await page.locator('.modal-ux input[type=text], .modal-ux input[type=password]').first().fill(API_KEY);
    await page.locator('.modal-ux button.authorize').first().click();
    await page.locator('.modal-ux button.btn-done').first().click();
    await predict().locator('.opblock-summary').click();
    await predict().locator('button.try-out__btn').click();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const predict = (): Locator => page.locator('.opblock-post', { hasText: '/v1/predict' }).first();

  async function execute(picture: string): Promise<string> {
    const block = predict();
    const clear = block.locator('button.btn-clear');
    if (await clear.isVisible()) await clear.click();
    await block.locator('button.execute').click();
    const row = block.locator('.live-responses-table tbody tr.response').first();
    await row.waitFor({ timeout: 30_000 });
    await page.screenshot({ path: join(PICTURES, picture), fullPage: true });
    expect(await row.locator('.response-col_status').innerText()).toContain('200');
    return row.locator('.response-col_description').innerText();
  }

  it('on an uploaded picture of a digit', { timeout: 90_000 }, async () => {
    const block = predict();
    await block.locator('.opblock-section-request-body select').first().selectOption('image/png');
    await block.locator('input[type=file]').setInputFiles(DIGIT);
    await block.locator('tr[data-param-name=top_k] input').fill('1');
    await block.locator('tr[data-param-name=model] input').fill('digits-cnn');
    const answer = await execute('swagger-digit.png');
    expect(answer.replace(/\s+/g, ' ')).toContain('"label": "eight"');
  });

  it('on a row of a table, as an example shows it', { timeout: 90_000 }, async () => {
    const block = predict();
    await block.locator('tr[data-param-name=top_k] input').fill('');
    await block.locator('tr[data-param-name=model] input').fill('');
    await block.locator('.opblock-section-request-body select').first().selectOption('application/json');
    const body = block.locator('textarea.body-param__text');
    const examples = block.locator('.opblock-section-request-body select.examples-select-element');
    await examples.selectOption('penguins-mixed');
    const sent = await body.inputValue();
    expect(JSON.parse(sent)).toMatchObject({
      model: 'penguins-mixed',
      items: [{ encoder: 'json', data: [{ sex: 'text' }] }],
    });
    const row = {
      island: 'Dream',
      sex: 'female',
      bill_length_mm: 40.2,
      bill_depth_mm: 17.1,
      flipper_length_mm: 193,
      body_mass_g: 3400,
    };
    await body.fill(
      JSON.stringify({
        model: 'penguins-mixed',
        items: [{ content_type: 'application/json', encoder: 'json', data: [row] }],
      }),
    );
    const answer = await execute('swagger-row.png');
    expect(answer.replace(/\s+/g, ' ')).toMatch(/"output_label_0": \[ "Adelie" \]/);
    console.log(`Pictures: ${PICTURES}`);
  });

  it('has nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});
