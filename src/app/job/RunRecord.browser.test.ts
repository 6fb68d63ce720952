import { afterEach, expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import vector from '../../../tests/vectors/run-record.json';
import { fromHex } from '../../base/bytes.ts';
import { fakeKiln } from '../test/fake-kiln.ts';
import { filmManifest, sampleJob } from '../test/sample-views.ts';
import RunRecord from './RunRecord.svelte';

const FILE = fromHex(vector.bytes.hex);
afterEach(() => vi.restoreAllMocks());

async function saved(button: string): Promise<{ name: string; bytes: Uint8Array }> {
  const kiln = fakeKiln();
  kiln.requestor.runRecord = () => Promise.resolve(FILE);
  const blobs: Blob[] = [];
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    blobs.push(blob as Blob);
    return 'blob:saved';
  });
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
  const job = sampleJob(filmManifest(1), ['verified'], Date.now());
  const screen = await render(RunRecord, { kiln, job });
  await screen.getByRole('button', { name: button }).click();
  await vi.waitFor(() => expect(click).toHaveBeenCalledOnce());
  const link = click.mock.contexts[0] as HTMLAnchorElement;
  return { name: link.download, bytes: new Uint8Array(await blobs[0]!.arrayBuffer()) };
}

test('the signed record is saved byte for byte', async () => {
  const { name, bytes } = await saved('Save the signed record');
  expect(name).toMatch(/^kiln-run-.{8}\.kiln-run$/);
  expect(bytes).toEqual(FILE);
});

test('the plain report is made of the record', async () => {
  const { name, bytes } = await saved('Save it as a plain report');
  expect(name).toMatch(/\.json$/);
  expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
    name: 'one',
    verified: 1,
    token: 'tGLM',
  });
});
