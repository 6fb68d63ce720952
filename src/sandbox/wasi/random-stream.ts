/** "expand 32-byte k", the constant of ChaCha (RFC 8439, section 2.3). */
const CONSTANT: readonly number[] = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];
const BLOCK_BYTES = 64;

/**
 * The key stream of ChaCha20 (RFC 8439) with a zero nonce: the same bytes for the same seed in every browser. It
 * needs no WebCrypto, because `random_get` is synchronous.
 */
export class RandomStream {
  readonly #input = new Uint32Array(16);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #used = BLOCK_BYTES;

  constructor(seed: Uint8Array) {
    this.#input.set(CONSTANT);
    const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
    for (let i = 0; i < 8; i++) this.#input[4 + i] = view.getUint32(4 * i, true);
  }

  /** Fills the target with the next bytes of the stream. */
  fill(target: Uint8Array): void {
    for (let done = 0; done < target.byteLength;) {
      if (this.#used === BLOCK_BYTES) this.#nextBlock();
      const part = this.#block.subarray(this.#used, this.#used + (target.byteLength - done));
      target.set(part, done);
      done += part.byteLength;
      this.#used += part.byteLength;
    }
  }

  #nextBlock(): void {
    const state = new Uint32Array(this.#input);
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + i, 8 + i, 12 + i);
      for (let i = 0; i < 4; i++)
        quarterRound(state, i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
    }
    const out = new DataView(this.#block.buffer);
    for (let i = 0; i < 16; i++) out.setUint32(4 * i, ((state[i] ?? 0) + (this.#input[i] ?? 0)) >>> 0, true);
    // The block counter is 32 bits; its carry goes to the first nonce word, which extends the stream to 2⁷⁰ bytes.
    const counter = ((this.#input[12] ?? 0) + 1) >>> 0;
    this.#input[12] = counter;
    if (counter === 0) this.#input[13] = ((this.#input[13] ?? 0) + 1) >>> 0;
    this.#used = 0;
  }
}

function quarterRound(s: Uint32Array, a: number, b: number, c: number, d: number): void {
  mix(s, a, b, d, 16);
  mix(s, c, d, b, 12);
  mix(s, a, b, d, 8);
  mix(s, c, d, b, 7);
}

function mix(s: Uint32Array, sum: number, add: number, turn: number, bits: number): void {
  const value = ((s[sum] ?? 0) + (s[add] ?? 0)) >>> 0;
  s[sum] = value;
  const x = (s[turn] ?? 0) ^ value;
  s[turn] = (x << bits) | (x >>> (32 - bits));
}
