import { type Browser, chromium } from 'playwright';
import { chromiumArgs, chromiumPath } from '../scripts/chromium.ts';

/** Chromium as the tests start it, closed with its scope and as soon as the bench is told to stop. */
export async function launchBrowser(signal: AbortSignal): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  const stop = () => void browser.close();
  signal.addEventListener('abort', stop, { once: true });
  browser.on('disconnected', () => signal.removeEventListener('abort', stop));
  return browser;
}
