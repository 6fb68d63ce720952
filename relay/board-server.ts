import { toKilnError } from '../src/base/errors.ts';
import type { Clock } from '../src/base/time.ts';
import { BOARD, type BoardAnswer, type BoardRequest } from '../src/protocol/board.ts';
import { type Channel, type FrameStream, listenerChannel } from '../src/protocol/channel.ts';
import { MAX_REASON_CHARS } from '../src/protocol/constants.ts';
import type { Board } from './board.ts';
import { ChangeBatch } from './change-batch.ts';

/** Changes are sent together, at most this often: far below the frames that the protocol allows. */
const CHANGE_INTERVAL_MS = 250;

/** Answers one peer's board stream until it ends. */
export async function serveBoard(stream: FrameStream, board: Board, clock: Clock): Promise<void> {
  const channel: Channel<BoardAnswer, BoardRequest> = listenerChannel(BOARD, stream);
  const batch = new ChangeBatch();
  let stopTimer: (() => void) | undefined;
  const flush = async () => {
    stopTimer = undefined;
    for (const change of batch.take()) await channel.send(change);
    if (!batch.isEmpty) schedule();
  };
  const schedule = () => {
    stopTimer ??= clock.after(
      CHANGE_INTERVAL_MS,
      () => void flush().catch((error) => channel.abort(toKilnError(error))),
    );
  };
  const stopListening = board.onChange((change) => batch.add(change) && schedule());
  try {
    for await (const request of channel.messages) {
      if (request.type === 'subscribe') batch.want(request.want);
      await channel.send(await answer(request, stream, board));
    }
    await channel.close();
  } catch (error) {
    channel.abort(toKilnError(error));
  } finally {
    stopListening();
    stopTimer?.();
  }
}

async function answer(request: BoardRequest, stream: FrameStream, board: Board): Promise<BoardAnswer> {
  const { id } = request;
  try {
    switch (request.type) {
      case 'put-offer':
        await board.putOffer(stream.peer, request.offer);
        return { type: 'done', id };
      case 'remove-offer':
        board.removeOffer(stream.peer);
        return { type: 'done', id };
      case 'query':
        return { type: 'page', id, ...board.page(request.want, request.kind, request.cursor) };
      case 'ping':
      case 'subscribe':
        return { type: 'done', id };
    }
  } catch (thrown) {
    const error = toKilnError(thrown, 'board/refused');
    return {
      type: 'refused',
      id,
      code: error.code.slice(0, 60),
      reason: error.message.slice(0, MAX_REASON_CHARS),
    };
  }
}
