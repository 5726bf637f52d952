import type { ClientEvent, RouteProgress } from "@causeway/client";
import { asSentence } from "@causeway/kernel";
import { barWidth, formatBar, formatBytes, formatProgress } from "./format.ts";
import { Live } from "./live.ts";
import { printable, type Terminal } from "./terminal.ts";

const stateWidth = 10;
const columnsForSpeed = 60; // with fewer, the name of the route is worth more
const countsWidth = 20; // of "99.9 MB of 99.9 MB", of "5.0 MB, 1.2 MB/s"

/** Shows how a download goes: a bar for the file, one for each route, and what was learnt. */
export class DownloadScreen {
  readonly #terminal: Terminal;
  readonly #live: Live;
  readonly #nameOf: (url: string) => string;
  readonly #said = new Map<string, string>();
  #drawing = false;

  /** `nameOf` says what a route is called; its URL, unless told otherwise. */
  constructor(terminal: Terminal, nameOf: (url: string) => string = (url) => url) {
    this.#terminal = terminal;
    this.#nameOf = nameOf;
    this.#live = new Live(terminal);
  }

  show(event: ClientEvent): void {
    switch (event.kind) {
      case "wait":
        this.#note(`waiting for process ${event.pid ?? "?"}, which writes to the same file`);
        return;
      case "found": {
        const { product, version, platform, length } = event.release;
        this.#note(`found ${product} ${version} for ${platform}, ${formatBytes(length)}, signed`);
        return;
      }
      case "unreadable":
        this.#terminal.warn(`${event.why} Going on without it.`);
        return;
      case "plan":
        if (event.plan === "none") return;
        this.#note(`${planText[event.plan]}: ${formatBytes(event.bytes)} to fetch`);
        return;
      case "fallback":
        this.#note(
          `the ${event.from} was of no use: ${asSentence(event.why)} Going on without it.`,
        );
        return;
      case "route":
        if (event.state !== "ok") this.#trouble(event);
        return;
      case "progress":
        this.#drawing = true;
        this.#live.show(this.#bars(event), plainProgress(event));
        return;
      case "search":
        this.#step("looking through old files", event);
        return;
      case "apply":
        this.done(); // the bars stay: they say what came from where
        this.#step("applying the delta", event);
        return;
      case "verify":
        this.done();
        this.#step("checking the whole file", event);
    }
  }

  /** Leaves the bars as they are on the screen. Safe to call when nothing was shown. */
  done(): void {
    if (this.#drawing) this.#live.done();
    this.#drawing = false;
  }

  /** Writes a line that stays, above the bars. */
  note(text: string): void {
    this.#terminal.say(text);
  }

  /** What is wrong with a route, unless that was the last thing that was said of it. */
  #trouble({ route, state, why }: RouteProgress): void {
    const said = `${state}: ${why ?? ""}`;
    if (this.#said.get(route) === said) return;
    this.#said.set(route, said);
    const what = this.#terminal.style("yellow", state);
    this.note(`route ${printable(this.#nameOf(route))} is ${what}: ${printable(why ?? "")}`);
  }

  #note(text: string): void {
    this.note(printable(text));
  }

  #step(what: string, { done, total }: { done: number; total: number }): void {
    const counts = `${formatBytes(done)} of ${formatBytes(total)}`;
    const share = total === 0 ? 1 : done / total;
    this.#live.show([formatProgress(what, share, counts, this.#terminal.columns)], what);
  }

  #bars(event: Extract<ClientEvent, { kind: "progress" }>): string[] {
    const { done, total, routes } = event;
    const share = total === 0 ? 1 : done / total;
    const counts = `${formatBytes(done)} of ${formatBytes(total)}`;
    const isWide = this.#terminal.columns >= columnsForSpeed;
    const named = routes.map((route) => {
      const name = printable(this.#nameOf(route.route));
      return { ...route, name: isWide ? name : name.replace(/^https?:\/\//, "") };
    });
    const longest = Math.max(0, ...named.map(({ name }) => name.length));
    // A name that is cut may be that of two routes; a short bar says what a long one does.
    const width = barWidth(this.#terminal.columns, stateWidth + countsWidth + 4 + longest);
    const head = `${"verified".padEnd(stateWidth)} ${formatBar(share, width)} ${counts}`;
    const most = Math.max(1, ...routes.map((route) => route.bytes));
    return [
      this.#terminal.style("bold", head),
      ...named.map((route) => this.#routeBar(route, formatBar(route.bytes / most, width))),
    ];
  }

  #routeBar(route: RouteProgress & { readonly name: string }, bar: string): string {
    const { style } = this.#terminal;
    const { state, bytes, name, bytesPerSecond: rate } = route;
    const isWide = this.#terminal.columns >= columnsForSpeed;
    const isTold = isWide && rate !== undefined && state === "ok";
    const speed = isTold ? `, ${formatBytes(rate)}/s` : "";
    const counts = `${formatBytes(bytes)}${speed}`.padEnd(isWide ? countsWidth - 2 : 0);
    const [colour, barColour] =
      state === "ok" ? (["green", "green"] as const) : (["red", "dim"] as const);
    return `${style(colour, state.padEnd(stateWidth))} ${style(barColour, bar)} ${counts}  ${name}`;
  }
}

const planText = {
  delta: "taking the difference to the old version",
  pack: "taking the compressed pack",
  raw: "taking the file as it is",
} as const;

function plainProgress({
  done,
  total,
  routes,
}: Extract<ClientEvent, { kind: "progress" }>): string {
  const each = routes.map((route) => `${route.route} ${route.state} ${formatBytes(route.bytes)}`);
  return printable(`verified ${formatBytes(done)} of ${formatBytes(total)} (${each.join("; ")})`);
}
