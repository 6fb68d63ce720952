import type { IdleApi, IdleWatch } from './activity.ts';

interface IdleDetectorClass {
  new (): IdleWatch;
  requestPermission(): Promise<'granted' | 'denied'>;
}

/** The browser's own idle detection (WICG Idle Detection API, Chromium); undefined where it has none. */
export function browserIdleApi(): IdleApi | undefined {
  const { IdleDetector } = globalThis as { readonly IdleDetector?: IdleDetectorClass };
  if (IdleDetector === undefined) return undefined;
  return {
    create: () => new IdleDetector(),
    requestPermission: () => IdleDetector.requestPermission(),
    permission: async () => {
      // The name is not in TypeScript's list.
      const name = 'idle-detection' as PermissionName;
      return (await navigator.permissions.query({ name })).state;
    },
  };
}
