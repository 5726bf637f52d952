/** Something that will happen. */
export interface Timed {
  readonly at: number;
  /** Among those of one moment, the first planned is the first to happen. */
  readonly order: number;
  /** Undefined once it was called off. */
  act: (() => void) | undefined;
}

/** What will happen, the next first: a binary heap. */
export class EventQueue {
  readonly #heap: Timed[] = [];

  /** Without those that were called off. */
  get length(): number {
    return this.#heap.filter(({ act }) => act !== undefined).length;
  }

  push(event: Timed): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(event, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  /** The next that was not called off. */
  pop(): Timed | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (first !== last) this.#sink(last);
      if (first.act !== undefined) return first;
    }
  }

  #sink(event: Timed): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        below++;
      }
      if (!isBefore(child, event)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = event;
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
