/** What a person does on the Swagger page, for specs in a real browser. */
import { existsSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { API_KEY } from './running-server.js';

/** Debian's; a browser of another name can be given. */
export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const hasChromium = existsSync(CHROMIUM);
if (!hasChromium) console.log(`The browser tests are skipped: ${CHROMIUM} is absent.`);

export async function authorize(page: Page): Promise<void> {
  await page.locator('button.authorize').first().click();
  await page.locator('.modal-ux input[type=text], .modal-ux input[type=password]').first().fill(API_KEY);
  await page.locator('.modal-ux button.authorize').first().click();
  await page.locator('.modal-ux button.btn-done').first().click();
}

/** Opens an operation and its "Try it out". @returns the operation's block */
export async function tryOut(page: Page, path: string): Promise<Locator> {
  const block = page.locator('.opblock', { hasText: path }).first();
  await block.locator('.opblock-summary').click();
  await block.locator('button.try-out__btn').click();
  return block;
}

export function bodyOf(block: Locator): Locator {
  return block.locator('textarea.body-param__text');
}

/** @returns status and body of the answer that the page shows */
export async function execute(block: Locator): Promise<{ status: string; answer: string }> {
  await block.locator('button.execute').click();
  const row = block.locator('.live-responses-table tbody tr.response').first();
  await row.waitFor({ timeout: 30_000 });
  return {
    status: await row.locator('.response-col_status').innerText(),
    answer: await row.locator('.response-col_description').innerText(),
  };
}
