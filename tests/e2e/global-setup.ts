import { buildApp } from '../../scripts/build.ts';

/** Builds the app once for all e2e tests; each test starts its own stack. */
export default async function setup(): Promise<void> {
  await buildApp();
}
