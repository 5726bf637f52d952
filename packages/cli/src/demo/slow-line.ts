import type { Clock, Delivery, Transport, TransportRequest } from "@causeway/kernel";

/** Holds each host to `bytesPerSecond`, so that loopback is slow enough to watch. */
export function slowLine(transport: Transport, clock: Clock, bytesPerSecond: number): Transport {
  const freeAt = new Map<string, number>();
  return {
    async open(request: TransportRequest): Promise<Delivery> {
      const delivery = await transport.open(request);
      return {
        status: delivery.status,
        headers: delivery.headers,
        body: paced(delivery.body, request),
        close: () => delivery.close(),
      };
    },
  };

  async function* paced(
    body: AsyncIterable<Uint8Array>,
    request: TransportRequest,
  ): AsyncGenerator<Uint8Array> {
    for await (const bytes of body) {
      const now = clock.steady();
      const free = Math.max(freeAt.get(request.url.host) ?? 0, now);
      freeAt.set(request.url.host, free + (bytes.length / bytesPerSecond) * 1000);
      if (free > now) await clock.sleep(free - now, request.signal);
      yield bytes;
    }
  }
}
