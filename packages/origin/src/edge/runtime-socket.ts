import { connect } from "node:net";
import { toHostError } from "@causeway/client/internal/host-error";
import { HostError } from "@causeway/kernel";

const answerCharactersMax = 1024 * 1024;
const usualPatienceMs = 5_000;

export interface Patience {
  /** How long until the whole answer is there. */
  readonly patienceMs?: number;
  /** Nobody waits any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One command to a running HAProxy over its socket (its manual of management, section 9.3).
 * @param payload lines that belong to the command
 * @returns the answer without the empty lines around it
 * @throws {HostError} nobody answers there, or not in time
 */
export function tellHaproxy(
  socket: string,
  command: string,
  payload: readonly string[] = [],
  { patienceMs = usualPatienceMs, signal }: Patience = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const act = `tell HAProxy at ${socket}`;
    let answer = "";
    const connection = connect({ path: socket, signal });
    const fail = (why: string): void => {
      connection.destroy();
      reject(new HostError("HOST_IO", `cannot ${act}: ${why}.`));
    };
    // Not by its silence: something else there may say a little for ever.
    const deadline = setTimeout(() => fail("it does not answer"), patienceMs);
    connection.setEncoding("utf8");
    connection.on("data", (text: string) => {
      answer += text;
      if (answer.length > answerCharactersMax) fail("its answer has no end");
    });
    connection.on("error", (cause) => reject(toHostError(cause, act)));
    connection.on("end", () => resolve(answer.trim()));
    connection.on("close", () => clearTimeout(deadline));
    const lines = payload.length === 0 ? [command] : [`${command} <<`, ...payload, ""];
    connection.end(lines.map((line) => `${line}\n`).join(""));
  });
}
