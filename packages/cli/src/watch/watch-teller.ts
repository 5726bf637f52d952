import { Live } from "../live.ts";
import { printable, type Terminal } from "../terminal.ts";
import { jsonOf, lineOf } from "./told.ts";
import { viewOf } from "./view.ts";
import type { Watched } from "./watched.ts";

/** Tells each tick: redrawn in place for who sits before a terminal, a line elsewhere. */
export class WatchTeller {
  readonly #terminal: Terminal;
  readonly #live: Live;
  readonly #troubles = new Map<string, string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#live = new Live(terminal);
  }

  tell(watched: Watched): void {
    const { isWatched, style } = this.#terminal;
    if (isWatched) return this.#live.show(viewOf(watched, this.#terminal.size, style), "");
    this.#tellTroubles(watched);
    const isKnown = [...watched.feeds.values()].some((feed) => feed.newest(watched.tick));
    if (isKnown || this.#terminal.json) this.#terminal.result(jsonOf(watched), lineOf(watched));
  }

  /** Leaves the last view on the screen. */
  done(): void {
    if (this.#terminal.isWatched) this.#live.done();
  }

  #tellTroubles({ feeds }: Watched): void {
    for (const [url, { trouble, recorded }] of feeds) {
      const before = this.#troubles.get(url);
      if (trouble !== undefined && trouble.why !== before) {
        this.#troubles.set(url, trouble.why);
        this.#terminal.warn(`${url} ${trouble.why}`);
      } else if (trouble === undefined && before !== undefined && recorded !== undefined) {
        this.#troubles.delete(url);
        this.#terminal.say(printable(`${url} answers again`));
      }
    }
  }
}
