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
