import * as http from "node:http";
import type { Duplex } from "node:stream";
import type { TransportRequest } from "@causeway/kernel";
import { Cancel } from "../routes/cancel.ts";
import type { Call } from "./connect/dialer.ts";
import { basicCredentials } from "./credentials.ts";

/** An HTTP/1.1 request, with what its connection is to be made for. */
export interface KeptRequestOptions extends http.RequestOptions {
  readonly asked: TransportRequest;
}

/** HTTP/1.1 connections that we dial ourselves, kept open for the next request. */
export class KeptConnections extends http.Agent {
  readonly #dial: (call: Call) => Promise<Duplex>;
  readonly #dialling = new Set<Cancel>();

  constructor(dial: (call: Call) => Promise<Duplex>) {
    super({
      keepAlive: true,
      maxFreeSockets: 4, // per route: as many as one client has requests there
      scheduling: "lifo", // the connection used last is the least likely to be closed by now
    });
    this.#dial = dial;
  }

  /** What carries credentials has connections of its own: some are not good enough for them. */
  override getName(options?: Parameters<http.Agent["getName"]>[0]): string {
    const { asked } = options as KeptRequestOptions;
    return `${super.getName(options)}:${basicCredentials(asked.url) === undefined}`;
  }

  override createConnection(
    options: http.ClientRequestArgs,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    void this.#connect((options as KeptRequestOptions).asked, done as Done);
  }

  /** Ends all connections, those under way too. */
  override destroy(): void {
    const reason = Object.assign(new Error("closed here"), { code: "ECANCELED" });
    for (const cancel of this.#dialling) cancel.cancel(reason);
    super.destroy();
  }

  async #connect(asked: TransportRequest, done: Done): Promise<void> {
    const { url, reach, onStep, onCertificate } = asked;
    const cancel = new Cancel(asked.signal);
    this.#dialling.add(cancel);
    try {
      const { signal } = cancel;
      const more = {
        ...(reach !== undefined && { reach }),
        ...(onStep && { onStep }),
        ...(onCertificate && { onCertificate }),
      };
      done(null, await this.#dial({ url, signal, ...more }));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#dialling.delete(cancel);
      cancel.release();
    }
  }
}

type Done = (error: Error | null, socket?: Duplex) => void;
