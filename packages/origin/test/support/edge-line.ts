import { once } from "node:events";
import { Agent, createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { type HaproxyOptions, startHaproxy, type TestHaproxy } from "./engines.ts";
import { type Answer, ask } from "./http.ts";
import { eventually } from "./origin.ts";
import { bearer, key } from "./tokens.ts";

/** How the names of documents end that are surely short. */
const short = /\.root\.json$/;

/** An origin that answers only when it is told to, and keeps who came in which order. */
class Gate {
  readonly came: string[] = [];
  readonly #held: ServerResponse[] = [];
  readonly server = createServer((request, response) => {
    if (request.method === "HEAD") {
      response.end(); // a probe
      return;
    }
    this.came.push(request.url?.replace(short, "") ?? "");
    response.setHeader("Causeway-Ticket", "a.b.c");
    this.#held.push(response);
  });

  /** Answers whoever has waited longest. */
  release(): void {
    this.#held.shift()?.end("done");
  }

  /** Refuses whoever came last. */
  refuse(): void {
    const response = this.#held.pop();
    if (response !== undefined) response.statusCode = 503;
    response?.end();
  }
}

export interface Line {
  readonly gate: Gate;
  readonly edge: TestHaproxy;
  /** Asks from an address of one's own, and lets the answer come when it may. */
  readonly send: (name: string, from: string, token?: string, area?: string) => Promise<Answer>;
  /** The same over one connection, which stays open. */
  readonly sendOn: (agent: Agent, name: string, from: string) => Promise<Answer>;
  /** Waits until that many requests wait in HAProxy. */
  readonly queued: (backend: string, count: number) => Promise<void>;
  /** Waits until that many came to the origin. */
  readonly arrived: (count: number) => Promise<void>;
}

/** An HAProxy before an origin that keeps everybody waiting. */
export async function lineOf(
  t: TestContext,
  options: Pick<HaproxyOptions, "queueMs" | "hasTime" | "waitSeconds"> = {},
): Promise<Line> {
  const gate = new Gate();
  gate.server.listen(0, "127.0.0.1");
  await once(gate.server, "listening");
  t.after(() => {
    gate.server.closeAllConnections();
    gate.server.close();
  });
  const { port } = gate.server.address() as AddressInfo;
  const origins = [{ host: "127.0.0.1", port }];
  const plan = { origins, keys: [key], behind: ["127.0.0.1"] };
  const edge = await startHaproxy(t, { queueMs: 10_000, hasTime: true, ...plan, ...options });
  const agent = new Agent({ keepAlive: false });
  return {
    gate,
    edge,
    send: (name, from, token, area = "short") => {
      const authorization = token === undefined ? {} : bearer(token);
      const headers = { "X-Forwarded-For": from, ...authorization };
      const path = area === "short" ? `metadata/${name}.root.json` : `${area}/${name}`;
      return ask(`${edge.url}${path}`, { headers, agent });
    },
    sendOn: (kept, name, from) => {
      return ask(`${edge.url}metadata/${name}.root.json`, {
        headers: { "X-Forwarded-For": from },
        agent: kept,
      });
    },
    queued: (backend, count) => {
      return eventually(`${count} wait`, async () => (await edge.waiting(backend)) === count);
    },
    arrived: (count) => eventually(`${count} came`, () => gate.came.length >= count),
  };
}
