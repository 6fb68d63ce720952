/** A source of numbers in [0, 1), injected wherever a decision needs chance. */
export type Random = () => number;

/** Repeatable numbers from a 32-bit seed (mulberry32, public domain, Tommy Ettinger). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Numbers drawn at once: a call of the system costs as much as hundreds of them. */
const DRAWN_AT_ONCE = 256;

/** Numbers that nobody can foretell from those before, as `Math.random` allows: for checks that a cheat must not see coming. */
export function strongRandom(): Random {
  const drawn = new Uint32Array(DRAWN_AT_ONCE);
  let next = DRAWN_AT_ONCE;
  return () => {
    if (next === DRAWN_AT_ONCE) {
      crypto.getRandomValues(drawn);
      next = 0;
    }
    return drawn[next++]! / 4_294_967_296;
  };
}
