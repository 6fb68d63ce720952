import type * as v from 'valibot';
import type { KilnError } from '../base/errors.ts';
import { decode, encode } from './codec.ts';
import type { PeerId } from './identity.ts';

/** A stream protocol as a value: id, limits, and the schema of each direction. */
export interface StreamProtocol<ToListener extends v.GenericSchema, ToDialer extends v.GenericSchema> {
  readonly id: string;
  readonly maxFrameBytes: number;
  /** Frames a peer may send per second, sustained and in a burst; beyond it the stream is aborted. */
  readonly framesPerSecond: number;
  readonly frameBurst: number;
  readonly maxStreamsPerPeer: number;
  /** What the side that opened the stream sends. */
  readonly toListener: ToListener;
  /** What the side that accepted it sends. */
  readonly toDialer: ToDialer;
}

/** A framed, ordered, two-way byte stream to one peer. `network` makes them; tests make in-memory twins. */
export interface FrameStream {
  readonly peer: PeerId;
  /** Sends one frame; resolves when it may be followed by another (back-pressure). Rejects once closed. */
  send(frame: Uint8Array): Promise<void>;
  /** Frames in order; ends when the peer closed, throws a KilnError when the stream broke. One reader. */
  readonly frames: AsyncIterable<Uint8Array>;
  /** Ends politely: frames already sent arrive. */
  close(): Promise<void>;
  /** Ends at once. */
  abort(error: KilnError): void;
}

/** Opens a framed stream to a peer, dialling it if need be. */
export type OpenStream = (
  peer: PeerId,
  addresses: readonly string[],
  signal?: AbortSignal,
) => Promise<FrameStream>;

/** A FrameStream whose frames are messages: encoded, decoded with limits, validated. */
export interface Channel<Out, In> {
  readonly peer: PeerId;
  send(message: Out): Promise<void>;
  readonly messages: AsyncIterable<In>;
  close(): Promise<void>;
  abort(error: KilnError): void;
}

/** The dialler's end of a protocol over a stream. */
export function dialerChannel<L extends v.GenericSchema, D extends v.GenericSchema>(
  protocol: StreamProtocol<L, D>,
  stream: FrameStream,
): Channel<v.InferOutput<L>, v.InferOutput<D>> {
  return typedChannel(stream, protocol.toDialer, protocol.maxFrameBytes);
}

/** The listener's end of a protocol over a stream. */
export function listenerChannel<L extends v.GenericSchema, D extends v.GenericSchema>(
  protocol: StreamProtocol<L, D>,
  stream: FrameStream,
): Channel<v.InferOutput<D>, v.InferOutput<L>> {
  return typedChannel(stream, protocol.toListener, protocol.maxFrameBytes);
}

function typedChannel<Out, In extends v.GenericSchema>(
  stream: FrameStream,
  incoming: In,
  maxFrameBytes: number,
): Channel<Out, v.InferOutput<In>> {
  async function* messages(): AsyncGenerator<v.InferOutput<In>> {
    for await (const frame of stream.frames) yield decode(incoming, frame, maxFrameBytes);
  }
  return {
    peer: stream.peer,
    send: (message) => stream.send(encode(message)),
    messages: { [Symbol.asyncIterator]: messages },
    close: () => stream.close(),
    abort: (error) => stream.abort(error),
  };
}
