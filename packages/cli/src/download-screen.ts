import type { ClientEvent, RouteProgress } from "@causeway/client";
import { formatBar, formatBytes } from "./format.ts";
import { Live } from "./live.ts";
import { printable, type Terminal } from "./terminal.ts";

const barWidth = 28;

/** Shows how a download goes: a bar for the file, one for each route, and what was learnt. */
export class DownloadScreen {
  readonly #terminal: Terminal;
  readonly #live: Live;
  readonly #nameOf: (url: string) => string;
  #drawing = false;

  /** `nameOf` says what a route is called; its URL, unless told otherwise. */
  constructor(terminal: Terminal, nameOf: (url: string) => string = (url) => url) {
    this.#terminal = terminal;
    this.#nameOf = nameOf;
    this.#live = new Live(terminal);
  }

  show(event: ClientEvent): void {
    switch (event.kind) {
      case "found": {
        const { product, version, platform, length } = event.release;
        this.#note(`found ${product} ${version} for ${platform}, ${formatBytes(length)}, signed`);
        return;
      }
      case "plan":
        if (event.plan === "none") return;
        this.#note(`${planText[event.plan]}: ${formatBytes(event.bytes)} to fetch`);
        return;
      case "fallback":
        this.#note(`the ${event.from} was of no use (${event.why}); going on without it`);
        return;
      case "route":
        if (event.state !== "ok") {
          const what = this.#terminal.style("yellow", event.state);
          this.#live.note(
            `route ${printable(this.#nameOf(event.route))} is ${what}: ${printable(event.why ?? "")}`,
          );
        }
        return;
      case "progress":
        this.#drawing = true;
        this.#live.show(this.#bars(event), plainProgress(event));
        return;
      case "search":
        this.#live.show(step("looking through old files", event), "looking through old files");
        return;
      case "apply":
        this.done(); // the bars stay: they say what came from where
        this.#live.show(step("applying the delta", event), "applying the delta");
        return;
      case "verify":
        this.done();
        this.#live.show(step("checking the whole file", event), "checking the whole file");
    }
  }

  /** Leaves the last state on the screen. Safe to call when nothing was shown. */
  done(): void {
    if (this.#drawing) this.#live.done();
    this.#drawing = false;
  }

  /** Writes a line that stays, above the bars. */
  note(text: string): void {
    this.#live.note(text);
  }

  #note(text: string): void {
    this.#live.note(printable(text));
  }

  #bars(event: Extract<ClientEvent, { kind: "progress" }>): string[] {
    const { done, total, routes } = event;
    const share = total === 0 ? 1 : done / total;
    const head = `${"verified".padEnd(10)} ${formatBar(share, barWidth)} ${formatBytes(done)} of ${formatBytes(total)}`;
    const most = Math.max(1, ...routes.map((route) => route.bytes));
    return [
      this.#terminal.style("bold", head),
      ...routes.map((route) => this.#routeBar(route, most)),
    ];
  }

  #routeBar(route: RouteProgress, most: number): string {
    const { style } = this.#terminal;
    const bar = formatBar(route.bytes / most, barWidth);
    const rate = route.bytesPerSecond;
    const speed = rate === undefined ? "" : `, ${formatBytes(rate)}/s`;
    const name = printable(this.#nameOf(route.route));
    if (route.state === "ok") {
      return `${style("green", "ok".padEnd(10))} ${style("green", bar)} ${formatBytes(route.bytes)}${speed}  ${name}`;
    }
    return `${style("red", route.state.padEnd(10))} ${style("dim", bar)} ${formatBytes(route.bytes)}  ${name}`;
  }
}

const planText = {
  delta: "taking the difference to the old version",
  pack: "taking the compressed pack",
  raw: "taking the file as it is",
} as const;

function step(what: string, { done, total }: { done: number; total: number }): string[] {
  const share = total === 0 ? 1 : done / total;
  return [`${what} ${formatBar(share, barWidth)} ${formatBytes(done)} of ${formatBytes(total)}`];
}

function plainProgress({
  done,
  total,
  routes,
}: Extract<ClientEvent, { kind: "progress" }>): string {
  const each = routes.map((route) => `${route.route} ${route.state} ${formatBytes(route.bytes)}`);
  return printable(`verified ${formatBytes(done)} of ${formatBytes(total)} (${each.join("; ")})`);
}
