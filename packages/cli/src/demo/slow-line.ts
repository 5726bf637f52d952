import {
  type Clock,
  type Delivery,
  RouteError,
  type Transport,
  type TransportRequest,
} from "@causeway/kernel";

/** Holds each host to `bytesPerSecond`, so that loopback is slow enough to watch. */
export class SlowLine implements Transport {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #bytesPerSecond: number;
  readonly #freeAt = new Map<string, number>();
  readonly #cut = new Set<string>();

  constructor(transport: Transport, clock: Clock, bytesPerSecond: number) {
    this.#transport = transport;
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
  }

  async open(request: TransportRequest): Promise<Delivery> {
    const delivery = await this.#transport.open(request);
    return {
      status: delivery.status,
      headers: delivery.headers,
      body: this.#paced(delivery.body, request),
      close: () => delivery.close(),
    };
  }

  /** Loses what is still on the line from a host: loopback has had all of it in an instant. */
  cut(host: string): void {
    this.#cut.add(host);
  }

  async *#paced(
    body: AsyncIterable<Uint8Array>,
    { url, signal }: TransportRequest,
  ): AsyncGenerator<Uint8Array> {
    for await (const bytes of body) {
      const now = this.#clock.steady();
      const free = Math.max(this.#freeAt.get(url.host) ?? 0, now);
      this.#freeAt.set(url.host, free + (bytes.length / this.#bytesPerSecond) * 1000);
      if (free > now) await this.#clock.sleep(free - now, signal);
      if (this.#cut.has(url.host))
        throw new RouteError("ROUTE_TRUNCATED", url.href, "broke the connection");
      yield bytes;
    }
  }
}
