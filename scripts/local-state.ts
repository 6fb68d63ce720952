import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ports that a restart takes again, so that open tabs find their relay and chain. */
export interface KnownPorts {
  readonly rpc?: number;
  readonly relayWs?: number;
  readonly relayWebrtc?: number;
}

const PORTS_FILE = 'ports.json';
const LOCK_FILE = 'running.json';

/** What an earlier run remembered; nothing when there was none or its file is damaged. */
export function readPorts(directory: string): KnownPorts {
  const known = readJson(join(directory, PORTS_FILE));
  const port = (name: keyof KnownPorts) => {
    const value = known?.[name];
    return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536
      ? { [name]: value as number }
      : {};
  };
  return { ...port('rpc'), ...port('relayWs'), ...port('relayWebrtc') };
}

/** Remembers the ports of this run. */
export function writePorts(directory: string, ports: KnownPorts): void {
  writeFileSync(join(directory, PORTS_FILE), `${JSON.stringify(ports)}\n`);
}

/**
 * Marks the directory as in use by this process; the result takes the mark away. Throws when another process that
 * still lives holds it: two chains would write one state file.
 */
export function lockState(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, LOCK_FILE);
  const holder = readJson(file)?.['pid'];
  if (typeof holder === 'number' && holder !== process.pid && isAlive(holder)) {
    throw new Error(
      `Kiln already runs from this folder (process ${holder}). Open its tab, or stop it with Ctrl-C first.`,
    );
  }
  writeFileSync(file, JSON.stringify({ pid: process.pid }));
  return () => rmSync(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function readJson(file: string): Record<string, unknown> | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
