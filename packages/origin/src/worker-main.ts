import { HostError } from "@causeway/kernel";
import type { Log } from "./log.ts";
import { type ServedTree, serveTree, type TreeServer } from "./serve-tree.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";
import { yieldProcessors } from "./yield-processors.ts";

// The program of one worker process. It lives as long as its supervisor wants it to.

const orphanGraceMs = 10_000;
let server: TreeServer | undefined;
let stopping = false;
let unsent = 0;

process.on("message", (message: ToWorker) => {
  if (message.kind === "start") void start(message);
  else if (message.kind === "ticket-keys") server?.setTicketKeys(message.keys);
  else if (message.kind === "public") void setPublic(message.isPublic);
  else if (message.kind === "policy") server?.setPolicy(message.policy);
  else if (message.kind === "tls") server?.renewTls(message.tls);
  else if (message.kind === "report") sendReport();
  else void stop(message.graceMs);
});
// A terminal sends Ctrl-C to the whole group; the supervisor decides what follows from it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => void stop(orphanGraceMs));
process.on("disconnect", () => void stop(orphanGraceMs));

async function start(message: Extract<ToWorker, { kind: "start" }>): Promise<void> {
  // Who has come past the flood goes first on the processors, too.
  if (isBesideEntrances(message.served)) yieldProcessors(log);
  server = serveTree(message.served, log);
  if (!message.isPublic) await server.setPublic(false);
  try {
    if (message.edgeSocket !== undefined) await server.listenToEdge(message.edgeSocket);
    send({ kind: "listening", ports: await server.listen(message.lanes, message.tls) });
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause;
    send({ kind: "failed", code: cause.code, message: cause.message }, () => process.exit(1));
  }
}

function isBesideEntrances({ entrance, tickets }: ServedTree): boolean {
  return entrance === undefined && (tickets?.entrances.ports.length ?? 0) > 0;
}

async function setPublic(isPublic: boolean): Promise<void> {
  await server?.setPublic(isPublic);
  send({ kind: "public-set" });
}

async function stop(graceMs: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await server?.stop(graceMs);
  sendReport();
  if (process.connected) process.disconnect();
  process.exit(0);
}

function sendReport(): void {
  if (server !== undefined) send({ kind: "report", report: server.report() });
}

/** Never waits: what the supervisor does not take in time is left out. */
const log: Log = (entry) => {
  if (unsent < 100) send({ kind: "log", entry });
};

function send(message: FromWorker, sent: () => void = () => {}): void {
  if (!process.connected) return sent();
  unsent++;
  process.send?.(message, undefined, undefined, () => {
    unsent--;
    sent();
  });
}
