import { createSubscriber } from 'svelte/reactivity';

/** Ages and remaining times change once a second. */
const TICK_MS = 1_000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

/** The time now, in milliseconds; whatever reads it in a template is drawn again each second. */
export function now(): number {
  subscribe();
  return Date.now();
}
