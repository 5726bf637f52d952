import { begin, type Exchange, type Handler } from "../exchange.ts";
import { type HeaderList, headerList } from "../headers.ts";
import { linesOf, pageOf, refuseForNow, wantsPage } from "../refusals.ts";
import { type Draining, noPolicy, type Policy } from "./policy.ts";

const [title, remedy] = ["This name is retired", "Use another route."] as const;
/** The answer is the same for all, so this is not spread: those who asked by it did not ask at once. */
const retryAfterSeconds = 3_600;

interface ReadyAnswer {
  readonly headers: HeaderList;
  readonly body: Buffer;
}

/**
 * What stands in front of all else in a worker, and does as the policy says from one request to
 * the next.
 */
export class PolicyGate {
  readonly #duplicates: readonly string[];
  readonly #now: () => number;
  #retired: ReadonlyMap<string, number> = new Map();
  #draining: Draining | undefined;
  #alternates: readonly string[];
  #page: ReadyAnswer;
  #text: ReadyAnswer;

  /** `duplicates` are base URLs of other routes. `now` is in milliseconds since the Unix epoch. */
  constructor(duplicates: readonly string[], now: () => number = Date.now) {
    this.#duplicates = duplicates;
    this.#now = now;
    this.#alternates = duplicates;
    [this.#page, this.#text] = answersOf(duplicates);
    this.setPolicy(noPolicy);
  }

  setPolicy({ retired, draining }: Policy): void {
    this.#retired = new Map(retired.map(({ host, until }) => [host, until]));
    this.#draining = draining;
    // Nobody is sent from a name that is attacked to another one.
    this.#alternates = this.#duplicates.filter((base) => {
      return !this.#retired.has(new URL(base).hostname);
    });
    [this.#page, this.#text] = answersOf(this.#alternates);
  }

  /**
   * Answers who asks by a retired name, and who comes late to an origin that is drained, with 503:
   * to a client it means "not here", where any 404 would say that there is no patch.
   */
  handler(next: Handler): Handler {
    return (exchange) => {
      if (this.#isRetired(exchange)) return this.#sendAway(exchange);
      if (this.#draining === undefined) return next(exchange);
      return this.#drain(exchange, this.#draining, next);
    };
  }

  #isRetired({ request }: Exchange): boolean {
    if (this.#retired.size === 0) return false;
    const until = this.#retired.get(hostOf(request.headers.host ?? ""));
    return until !== undefined && until > this.#now();
  }

  async #sendAway(exchange: Exchange): Promise<void> {
    const { request, response, counters } = exchange;
    const { headers, body } = wantsPage(request) ? this.#page : this.#text;
    counters.policyRefusals.retired++;
    response.shouldKeepAlive = false;
    begin(exchange, 503, headers);
    response.end(body);
  }

  async #drain(exchange: Exchange, draining: Draining, next: Handler): Promise<void> {
    const now = this.#now();
    if (draining.until <= now) return next(exchange);
    exchange.response.shouldKeepAlive = false;
    if (now < draining.refusesFrom) return next(exchange);
    exchange.counters.policyRefusals.draining++;
    refuseForNow(exchange, 503, this.#alternates);
  }
}

function answersOf(alternates: readonly string[]): [ReadyAnswer, ReadyAnswer] {
  const page = pageOf(title, remedy, alternates);
  return [
    ready("text/html; charset=utf-8", page),
    ready("text/plain; charset=utf-8", linesOf(`${title}. ${remedy}`, alternates)),
  ];
}

function ready(type: string, text: string): ReadyAnswer {
  const body = Buffer.from(text);
  const headers = headerList({
    "Content-Type": type,
    "Content-Length": String(body.length),
    "Cache-Control": "no-cache",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Retry-After": String(retryAfterSeconds),
  });
  return { headers, body };
}

/** The name in a `Host` header, without port. */
function hostOf(header: string): string {
  return header.toLowerCase().replace(/\.?(?::\d{0,5})?$/, "");
}
