import { connect } from "node:net";
import { toHostError } from "@causeway/client/internal/host-error";
import { HostError } from "@causeway/kernel";

const answerCharactersMax = 1024 * 1024;
const usualPatienceMs = 5_000;

/**
 * One command to a running HAProxy over its socket (its manual of management, section 9.3).
 * @param payload lines that belong to the command
 * @returns the answer without the empty lines around it
 * @throws {HostError} nobody answers there, or not in `patienceMs`
 */
export function tellHaproxy(
  socket: string,
  command: string,
  payload: readonly string[] = [],
  patienceMs = usualPatienceMs,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const act = `tell HAProxy at ${socket}`;
    let answer = "";
    const connection = connect(socket);
    const fail = (why: string): void => {
      connection.destroy();
      reject(new HostError("HOST_IO", `cannot ${act}: ${why}.`));
    };
    connection.setTimeout(patienceMs, () => fail("it does not answer"));
    connection.setEncoding("utf8");
    connection.on("data", (text: string) => {
      answer += text;
      if (answer.length > answerCharactersMax) fail("its answer has no end");
    });
    connection.on("error", (cause) => reject(toHostError(cause, act)));
    connection.on("end", () => resolve(answer.trim()));
    const lines = payload.length === 0 ? [command] : [`${command} <<`, ...payload, ""];
    connection.end(lines.map((line) => `${line}\n`).join(""));
  });
}
