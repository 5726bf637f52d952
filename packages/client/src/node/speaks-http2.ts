import type { Delivery, TransportRequest } from "@causeway/kernel";

/** A new connection turned out to be for HTTP/2, which has it now. */
export class SpeaksHttp2 extends Error {
  readonly session: { ask(request: TransportRequest): Promise<Delivery> };

  constructor(session: SpeaksHttp2["session"]) {
    super("speaks HTTP/2");
    this.session = session;
  }
}
