/** What happens at a moment of virtual time. */
interface Moment {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

/** Virtual time: acts in order of their time, and of their planning when that is the same (a binary heap). */
export class VirtualTime {
  readonly #heap: Moment[] = [];
  #nowMs = 0;
  #planned = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, act: () => void): void {
    const heap = this.#heap;
    let i = heap.push({ atMs: this.#nowMs + delayMs, order: this.#planned++, act }) - 1;
    for (let up = (i - 1) >> 1; i > 0 && isBefore(heap[i]!, heap[up]!); i = up, up = (i - 1) >> 1)
      swap(heap, i, up);
  }

  /** Lets the next thing happen; false when nothing is planned. */
  step(): boolean {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) return false;
    if (heap.length > 0) {
      heap[0] = last;
      sink(heap);
    }
    this.#nowMs = first.atMs;
    first.act();
    return true;
  }
}

function sink(heap: Moment[]): void {
  for (let i = 0; ;) {
    let least = i;
    for (const child of [2 * i + 1, 2 * i + 2]) {
      if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
    }
    if (least === i) return;
    swap(heap, i, least);
    i = least;
  }
}

function isBefore(a: Moment, b: Moment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function swap(heap: Moment[], i: number, j: number): void {
  [heap[i], heap[j]] = [heap[j]!, heap[i]!];
}
