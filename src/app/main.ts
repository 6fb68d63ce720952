import { mount, unmount } from 'svelte';
import { createKiln } from '../kiln/create-kiln.ts';
import type { Example } from '../../examples/example.ts';
import type { Kiln } from '../kiln/kiln.ts';
import App from './App.svelte';
import './design/base.css';
import { gallery } from './request/gallery.ts';
import StartPage from './pages/StartPage.svelte';
import { StartState } from './shell/start-state.svelte.ts';

declare global {
  interface Window {
    /** The developer's handle on this tab's one node: `kiln.requestor.submit(…)` and the rest, as the pages use it. */
    kiln?: Kiln;
    /** The gallery by id, to build a job without clicking: `kilnExamples['clay-workshop'].build(…)`. */
    kilnExamples?: Readonly<Record<string, Example>>;
  }
}

/** Shows the start-up, builds the one Kiln of this page and hands it to the app. */
async function main(): Promise<void> {
  const target = document.getElementById('app')!;
  target.replaceChildren();
  const start = new StartState();
  const startPage = mount(StartPage, { target, props: { start } });
  const kiln = await start.run(createKiln);
  if (kiln === undefined) return;
  window.kiln = kiln;
  window.kilnExamples = Object.fromEntries(gallery.map((example) => [example.id, example]));
  await unmount(startPage);
  mount(App, { target, props: { kiln } });
}

void main();
