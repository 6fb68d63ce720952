import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../design/base.css';
import RequirementsField from './RequirementsField.svelte';
import type { TermsState } from './terms-state.svelte.ts';

test('on a phone, inputs side by side stand on one line, however long their labels are', async () => {
  await page.viewport(390, 844);
  const terms = { requirements: {}, lines: '', problem: undefined } as unknown as TermsState;
  const { container } = await render(RequirementsField, { terms, isOnGpu: false });
  const inputs = [...container.querySelectorAll('input')];
  const boxes = inputs.map((input) => ({
    input: input.getBoundingClientRect(),
    label: input.labels![0]!.getBoundingClientRect(),
  }));
  const [speed, trip] = [boxes[2]!, boxes[3]!];
  expect(inputs[3]!.labels![0]!.textContent).toMatch(/^Longest round trip/);
  expect(trip.input.left).toBeGreaterThan(speed.input.right);
  expect(trip.label.height).toBeGreaterThan(speed.label.height);
  expect(trip.input.top).toBe(speed.input.top);
  expect(trip.label.bottom).toBe(speed.label.bottom);
});
