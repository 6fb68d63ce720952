import { expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { utf8 } from '../../base/bytes.ts';
import { drawContactSheet } from '../../media/contact-sheet.ts';
import { fakeKiln } from '../test/fake-kiln.ts';
import { sampleJob, tableManifest } from '../test/sample-views.ts';
import Deliverable from './Deliverable.svelte';

const SHEET = {
  kind: 'contact-sheet',
  path: 'scores',
  images: { cid: '', bytes: 300 },
  width: 10,
  height: 10,
  labels: ['dark', 'light'],
} as const;
const CSV = `image,label,confidence,runner_up,runner_up_confidence
1,dark,0.9900,light,0.0100
2,light,0.6100,dark,0.3900
3,dark,0.9000,light,0.1000
`;

test('a contact sheet is shown with words for those who do not see it', async () => {
  const predictions = ['dark', 'light', 'dark'].map((label) => ({
    label,
    confidence: 0.9,
    runnerUp: 'light',
    runnerUpConfidence: 0.1,
  }));
  const png = await drawContactSheet(
    { ...SHEET, labels: [...SHEET.labels] },
    new Uint8Array(300),
    predictions,
  );
  const kiln = fakeKiln([
    { name: 'pictures.png', mediaType: 'image/png', bytes: png },
    { name: 'pictures.csv', mediaType: 'text/csv', bytes: utf8(CSV) },
  ]);
  const job = sampleJob(
    { ...tableManifest(1), name: 'Pictures', deliverable: { ...SHEET, labels: [...SHEET.labels] } },
    ['verified'],
    Date.now(),
  );
  const screen = await render(Deliverable, { kiln, job });
  const picture = screen.getByRole('img', { name: /Pictures: 3 pictures, each with its label/ });
  await expect.element(picture).toHaveAttribute('alt', expect.stringContaining('dark: 2, light: 1.'));
  await expect.poll(() => (picture.element() as HTMLImageElement).naturalWidth).toBeGreaterThan(100);
  await expect.element(screen.getByText(/3 pictures\. Least sure of number 2: “light” at 61/)).toBeVisible();
  const counts = screen.getByRole('list', { name: 'How often each label was given' });
  await expect.element(counts).toMatchTextContent(/dark\s*2\s*light\s*1/);
  const toggle = screen.getByRole('button', { name: 'Full size' });
  await expect.element(toggle).toHaveAttribute('aria-pressed', 'false');
  await toggle.click();
  await expect.element(toggle).toHaveAttribute('aria-pressed', 'true');
  await expect.element(screen.getByRole('button', { name: 'Download pictures.png' })).toBeVisible();
});
