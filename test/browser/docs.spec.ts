/** The page that shows the contract, in a real browser: Debian's Chromium. Where there is none, this says so and passes over. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startApi, type Api } from '../support/api';

const CHROMIUM = process.env.NAVLEDGER_CHROMIUM ?? '/usr/bin/chromium';
const there = existsSync(CHROMIUM);
if (!there) process.stdout.write(`not run: the page of the API in a browser: there is no ${CHROMIUM}\n`);

(there ? describe : describe.skip)('the page of the API', () => {
  let api: Api;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const hosts = new Set<string>();
  beforeAll(async () => {
    api = await startApi();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('requestfailed', (request) => complaints.push(request.url()));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).host);
    });
    await page.goto(api.url);
  });
  afterAll(() => browser?.close());

  test('is where the root leads to, and shows every operation of the contract', async () => {
    expect(page.url()).toBe(`${api.url}/docs`);
    await page.waitForSelector('.opblock');
    const { paths } = (await (await api.call('/openapi.json')).json()) as { paths: Record<string, object> };
    const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
  });

  test('unfolds an operation and sends it', async () => {
    const operation = page.locator('#operations-catalogue-listPortfolios');
    await operation.locator('.opblock-summary').click();
    await operation.locator('.parameters-container').waitFor();
    await operation.locator('.try-out__btn').click();
    await operation.locator('button.execute').click();
    const answer = operation.locator('.live-responses-table .response').first();
    await answer.waitFor();
    expect(await answer.innerText()).toMatch(/^200[^]*"portfolios": \[\]/);
  });

  test('asks no other host and makes the browser complain of nothing', () => {
    expect({ complaints, hosts: [...hosts] }).toEqual({ complaints: [], hosts: [new URL(api.url).host] });
  });
});
