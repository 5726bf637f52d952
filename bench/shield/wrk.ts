import { runGroup } from "../../tools/process-group.ts";
import { isPort } from "./is-port.ts";
import { cores, onCore } from "./pinned.ts";

const bounds = { connections: 1_000, seconds: 60 } as const;

export interface WrkLoad {
  /** Of 127.0.0.1: there is no way to name another machine. */
  readonly port: number;
  /** Begins with a slash. */
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** Each request on a connection of its own. */
  readonly closing: boolean;
  /** One more, as `Name: value`. */
  readonly header?: string;
  /** Every answer is to be a refusal: a status of 400 or more. */
  readonly refused?: boolean;
}

export interface WrkAnswers {
  readonly requests: number;
  readonly seconds: number;
}

/** Asks as quickly as one core can. @throws when any answer is missing, broken or not as expected */
export async function runWrk(load: WrkLoad): Promise<WrkAnswers> {
  const { port, path, connections, seconds, closing, header, refused = false } = load;
  if (!isPort(port) || !path.startsWith("/")) throw new Error("no port, or no path");
  const isBounded = connections <= bounds.connections && seconds <= bounds.seconds;
  if (!isBounded) throw new Error("too much load");
  const flags = [
    "--threads",
    "1",
    "--connections",
    String(connections),
    "--duration",
    `${seconds}s`,
  ];
  const [file = "", ...args] = onCore(cores.load, [
    "wrk",
    ...flags,
    ...(closing ? ["--header", "Connection: close"] : []),
    ...(header === undefined ? [] : ["--header", header]),
    `http://127.0.0.1:${port}${path}`,
  ]);
  const { code, output } = await runGroup(file, args, (seconds + 10) * 1000);
  const done = /(\d+) requests in ([\d.]+)s,/.exec(output);
  const refusals = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  const expected = refused ? Number(done?.[1]) : 0;
  if (code !== 0 || done === null || refusals !== expected || output.includes("Socket errors")) {
    throw new Error(`wrk of port ${port}: ${output}`);
  }
  return { requests: Number(done[1]), seconds: Number(done[2]) };
}
