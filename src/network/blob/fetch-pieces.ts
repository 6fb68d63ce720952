import type { Bytes } from '../../base/bytes.ts';
import type { Cid } from '../../base/cid.ts';
import { aborted, hasCode, KilnError, toKilnError } from '../../base/errors.ts';
import type { PeerAddress } from '../streams/streams.ts';
import type { HolderSession } from './holder-session.ts';

/** Requests under way per holder: more than the largest window holds, so that the pipe never runs dry. */
const PIPELINE = 6;
/** A stream that broke is opened again this often before its holder is given up. */
const MAX_BREAKS = 2;

/** Gets sessions to holders. */
export interface SessionSource {
  session(holder: PeerAddress, signal: AbortSignal): Promise<HolderSession>;
  /** The holder lied; whoever asks for it again gets an error. */
  ban(holder: PeerAddress): void;
}

interface Source {
  readonly holder: PeerAddress;
  inFlight: number;
  breaks: number;
  isDropped: boolean;
}

interface Task {
  readonly cid: Cid;
  readonly refusedBy: Set<Source>;
}

/**
 * Fetches pieces from all holders at once; each piece goes to whichever has room next. A piece that a holder cannot
 * give goes to another; a holder that lies is dropped. `onPiece` is called as pieces arrive, in any order. Throws
 * `blob/digest-mismatch` or `blob/not-found` once nobody is left to ask for some piece.
 */
export async function fetchPieces(
  cids: readonly Cid[],
  holders: readonly PeerAddress[],
  sessions: SessionSource,
  onPiece: (cid: Cid, bytes: Bytes) => Promise<void>,
  outer?: AbortSignal,
): Promise<void> {
  if (outer?.aborted) throw aborted(outer.reason);
  const stop = new AbortController();
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
  const sources: Source[] = holders.map((holder) => ({ holder, inFlight: 0, breaks: 0, isDropped: false }));
  const waiting: Task[] = cids.map((cid) => ({ cid, refusedBy: new Set() }));
  const finished = Promise.withResolvers<void>();
  let missing = cids.length;
  let blame: KilnError | undefined;
  if (missing === 0) return;

  const pump = () => {
    for (let isBusy = true; isBusy;) {
      isBusy = false;
      for (const source of sources) {
        if (source.isDropped || source.inFlight >= PIPELINE) continue;
        const index = waiting.findIndex((task) => !task.refusedBy.has(source));
        if (index < 0) continue;
        isBusy = true;
        void run(source, waiting.splice(index, 1)[0]!);
      }
    }
    const lost = waiting.find((task) =>
      sources.every((source) => source.isDropped || task.refusedBy.has(source)),
    );
    if (lost !== undefined) finished.reject(notFound(lost.cid, sources.length, blame));
  };
  const run = async (source: Source, task: Task) => {
    source.inFlight++;
    try {
      const session = await sessions.session(source.holder, signal);
      const bytes = await session.fetch(task.cid, signal);
      // What goes wrong from here on is not the holder's fault.
      await onPiece(task.cid, bytes).catch(finished.reject);
      if (--missing === 0) finished.resolve();
    } catch (thrown) {
      const error = toKilnError(thrown);
      waiting.unshift(task);
      blame = hasCode(blame, 'blob/digest-mismatch') ? blame : error;
      judge(source, task, error);
    } finally {
      source.inFlight--;
    }
    if (!signal.aborted) pump();
  };
  const judge = (source: Source, task: Task, error: KilnError) => {
    if (error.code === 'blob/not-held' || error.code === 'blob/busy') task.refusedBy.add(source);
    else if (error.code === 'blob/digest-mismatch') {
      source.isDropped = true;
      sessions.ban(source.holder);
    } else if (isBreak(error) && source.breaks < MAX_BREAKS) source.breaks++;
    else source.isDropped = true;
  };

  const onAbort = () => finished.reject(aborted(outer?.reason));
  outer?.addEventListener('abort', onAbort, { once: true });
  pump();
  try {
    await finished.promise;
  } finally {
    outer?.removeEventListener('abort', onAbort);
    stop.abort();
  }
}

function isBreak(error: KilnError): boolean {
  return error.code === 'network/stream-broken' || error.code === 'blob/closed';
}

function notFound(cid: Cid, holders: number, cause: KilnError | undefined): KilnError {
  if (cause?.code === 'blob/digest-mismatch') return cause;
  return new KilnError('blob/not-found', 'No holder could give this blob.', {
    data: { cid, holders, why: cause?.code ?? 'nobody to ask' },
    hint: 'Ask again when a peer that holds it is reachable.',
    cause,
  });
}
