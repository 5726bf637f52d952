import { type FileHandle, open } from "node:fs/promises";
import { isMissing, toHostError } from "@causeway/client/internal/host-error";
import { NameError, UsageError } from "@causeway/kernel";
import { type NameServer, shownServer } from "./name-server.ts";
import { runProgram } from "./run-program.ts";

/** Sends one script of `nsupdate`, signed with the key in a file. */
export type SendUpdate = (
  server: NameServer,
  script: string,
  keyFile: string,
  signal?: AbortSignal,
) => Promise<void>;

const answerSeconds = 10;
const bounds = { msMax: (answerSeconds + 5) * 1000, bytesMax: 256 * 1024 };
const keyFileBytesMax = 4096;

/**
 * Sends by BIND's `nsupdate`, over TCP: a datagram that is sent twice would be refused the second
 * time, as a change that somebody else was quicker with.
 * @throws {NameError} whatever the server has against it
 * @throws {UsageError} `KEY_MISSING`, `KEY_UNREADABLE`
 * @throws {HostError} `HOST_MISSING` when it is not installed
 */
export const sendUpdate: SendUpdate = async (server, script, keyFile, signal) => {
  await checkKeyFile(keyFile);
  // -d tells of the server's clock when that is what is wrong, and of no key.
  const args = ["-d", "-v", "-t", String(answerSeconds), "-k", keyFile];
  const ended = await runProgram("nsupdate", args, script, bounds, signal);
  if (ended.code === 0 && !ended.isKilled && !/could not read key/.test(ended.output)) return;
  throw updateFailure(server, keyFile, ended.output);
};

/** What went wrong, by what `nsupdate -d` wrote. */
function updateFailure(
  server: NameServer,
  keyFile: string,
  output: string,
): NameError | UsageError {
  const shown = shownServer(server);
  if (/could not read key|not a valid key/.test(output)) return unreadable(keyFile);
  const [, reply = ""] = output.split("Reply from update query:");
  const status = /\bopcode: UPDATE, status: ([A-Z]+),/.exec(reply)?.[1];
  const tsig = /\b(BADKEY|BADSIG|BADTIME|BADTRUNC)\b(?: 6 ([A-Za-z0-9+/]{8})$)?/m.exec(reply);
  if (tsig?.[1] !== undefined) return tsigFailure(shown, keyFile, tsig[1], tsig[2], reply);
  if (status === "NXRRSET" || status === "YXRRSET") {
    const what = "somebody has changed the name meanwhile, or it has records beside which no alias";
    return new NameError("NAME_CONFLICT", `${shown}: ${what} may stand; look, and try again.`);
  }
  if (status === "NOTZONE" || status === "NOTAUTH") {
    return new NameError("NAME_ZONE", `${shown} has no such zone; check --server and --zone.`);
  }
  if (status === undefined) {
    const what = `${shown} did not answer the update; whether it was made is told by names show.`;
    return new NameError("NAME_UNREACHABLE", what);
  }
  const what = `${shown} refuses the update (${status}); may the key in ${keyFile} change the zone?`;
  return new NameError("NAME_REFUSED", what);
}

function tsigFailure(
  server: string,
  keyFile: string,
  tsig: string,
  serverTime: string | undefined,
  reply: string,
): NameError {
  const refused = (why: string, clockSeconds?: number): NameError => {
    const message = `${server} refuses the key in ${keyFile} (${tsig}): ${why}.`;
    const facts = { tsig, ...(clockSeconds !== undefined && { clockSeconds }) };
    return new NameError("NAME_TSIG_REFUSED", message, facts);
  };
  if (tsig === "BADKEY") return refused("it knows no such key, or not for this zone");
  if (tsig !== "BADTIME") return refused("the secret or the algorithm is another there");
  // RFC 8945 section 5.2.3: the answer has the time of the request, and the server's own after it.
  const signed = /\sTSIG\s+\S+\s+(\d{1,15})\s/.exec(reply)?.[1];
  if (serverTime === undefined || signed === undefined) return refused("the clocks differ");
  const seconds = Buffer.from(serverTime, "base64").readUIntBE(0, 6) - Number(signed);
  const where = seconds > 0 ? "ahead of" : "behind";
  const why = `its clock is ${Math.abs(seconds)} s ${where} this machine's; set the wrong one`;
  return refused(why, seconds);
}

/**
 * Whether a file is a TSIG key: `nsupdate` goes on without one that it cannot read, and sends unsigned.
 * @throws {UsageError} `KEY_MISSING`, `KEY_UNREADABLE`
 */
export async function checkKeyFile(file: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(keyFileBytesMax + 1));
    const text = buffer.toString("latin1", 0, bytesRead);
    if (bytesRead > keyFileBytesMax || !/\bkey\s+"?[\w.-]+"?\s*\{/.test(text)) {
      throw unreadable(file);
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    const missing = `there is no key ${file}; your DNS provider, or tsig-keygen, makes one.`;
    if (isMissing(cause)) throw new UsageError("KEY_MISSING", missing, { cause });
    throw toHostError(cause, `read ${file}`);
  } finally {
    await handle?.close();
  }
}

function unreadable(file: string): UsageError {
  return new UsageError("KEY_UNREADABLE", `${file} is no TSIG key as tsig-keygen writes it.`);
}
