import type { GuestInstance } from './guest-instance.ts';

/** Runs a command from its start function to the end of `_start`. */
export function runCommand(guest: GuestInstance): void {
  const begin = guest.get('_start', 'Build it as a command, or say in the manifest how many steps it has.');
  guest.start();
  begin();
}
