import type { Browser, Page } from 'playwright';
import type { Kiln } from '../../src/kiln/kiln.ts';
import type { Example } from '../../examples/example.ts';

/** What the app leaves on its page for developers. */
export interface KilnWindow {
  readonly kiln?: Kiln;
  readonly kilnExamples?: Readonly<Record<string, Example>>;
}

/** A tab in a browser context of its own: own storage, own identity, own wallet. */
export interface Tab {
  readonly name: string;
  readonly page: Page;
  /** Errors that the page reported, newest last; shown when the demo fails. */
  readonly complaints: readonly string[];
}

/** Start-up loads the app, makes keys, meets the relay; loaded machines take a while. */
const START_TIMEOUT_MS = 60_000;
const MAX_COMPLAINTS = 20;

/**
 * Opens the app in a new context and waits until its node is online with a wallet.
 * Throws with what the page said when it does not get there.
 */
export async function openTab(browser: Browser, url: string, name: string): Promise<Tab> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  const complain = (text: string) => {
    complaints.push(text);
    if (complaints.length > MAX_COMPLAINTS) complaints.shift();
  };
  page.on('pageerror', (error) => complain(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complain(message.text());
  });
  await page.goto(url);
  try {
    await page.waitForFunction(
      () => (globalThis as unknown as KilnWindow).kiln?.connection.value.state === 'online',
      undefined,
      { timeout: START_TIMEOUT_MS },
    );
    await page.evaluate(async () => {
      const { wallet } = (globalThis as unknown as KilnWindow).kiln!;
      if (wallet.view.value.account === undefined) await wallet.useEmbedded();
    });
  } catch (cause) {
    const shown = (await page.innerText('body').catch(() => '')).slice(0, 500);
    throw new Error(`The ${name} tab did not come online. It shows: ${shown}\n${complaints.join('\n')}`, {
      cause,
    });
  }
  return { name, page, complaints };
}
