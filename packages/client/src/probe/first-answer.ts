import type { Clock, Instant, Transport, TransportStep } from "@causeway/kernel";

/** Milliseconds that each step took on the way to a first answer; undefined: not taken, or not got to. */
export interface Timings {
  readonly nameMs?: number;
  readonly connectMs?: number;
  readonly tlsMs?: number;
  readonly firstByteMs?: number;
}

const fields = {
  named: "nameMs",
  connected: "connectMs",
  secured: "tlsMs",
} as const satisfies Partial<Record<TransportStep, keyof Timings>>;

/** A transport that takes the time of its first answer, and looks at certificates. */
export class FirstAnswer {
  readonly transport: Transport;
  #timings: Timings = {};
  #certificateUntil: Instant | undefined;

  constructor(under: Transport, clock: Clock) {
    this.transport = {
      ...under,
      open: async (request) => {
        if (this.#timings.firstByteMs !== undefined) return under.open(request);
        this.#timings = {};
        let since = clock.steady();
        const take = (field: keyof Timings): void => {
          this.#timings = { ...this.#timings, [field]: clock.steady() - since };
          since = clock.steady();
        };
        const delivery = await under.open({
          ...request,
          onStep: (step) => {
            if (step in fields) take(fields[step as keyof typeof fields]);
            request.onStep?.(step);
          },
          onCertificate: (until) => {
            this.#certificateUntil = until;
          },
        });
        take("firstByteMs");
        return delivery;
      },
    };
  }

  get timings(): Timings {
    return this.#timings;
  }

  /** When the certificate of the route's host ends; undefined where none was seen. */
  get certificateUntil(): Instant | undefined {
    return this.#certificateUntil;
  }
}
