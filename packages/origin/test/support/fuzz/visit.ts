import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, TLSSocket } from "node:tls";
import { dial } from "../http.ts";
import type { Script } from "./script.ts";

/** The ports of a server of this machine. There is no way to name another machine. */
export interface Ports {
  readonly plain: number;
  readonly tls: number;
  /** The authority of its certificate, in PEM. */
  readonly ca: string;
}

/** What a connection sent and received. */
export interface Visit {
  readonly sent: Buffer;
  readonly received: Buffer;
  /** True when this machine was too busy to send it as quickly as a server may want it. */
  readonly late: boolean;
}

const sendMsMax = 1_000; // a fifth of what the server gives
const patienceMs = 60_000; // far beyond all time-outs of the server, however busy this machine is

/** Plays a script on a connection of its own. @throws {Error} when it is left hanging */
export async function visit(script: Script, ports: Ports): Promise<Visit> {
  const socket = script.lane === "tls" ? dialSecure(ports) : dial(ports.plain);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const received: Buffer[] = [];
  if (script.leave !== "deaf") socket.on("data", (bytes: Buffer) => received.push(bytes));
  const open = new Promise<void>((resolve) => socket.once(opening(socket), () => resolve()));
  await Promise.race([open, closed]); // a server that is too busy may end a handshake
  const sent: Buffer[] = [];
  const began = performance.now();
  for (const step of script.steps) {
    if (socket.destroyed) break;
    if (step.kind === "wait") await sleep(step.ms);
    else {
      sent.push(step.bytes);
      socket.write(step.bytes);
    }
  }
  const late = performance.now() - began > sendMsMax;
  if (script.leave === "reset") reset(socket);
  if (script.leave === "end") socket.end();
  const timer = setTimeout(() => socket.destroy(new Error("late")), patienceMs);
  if (script.leave === "deaf") setTimeout(() => reset(socket), 50);
  await closed;
  clearTimeout(timer);
  if (socket.errored?.message === "late") {
    throw new Error(`left hanging after ${Buffer.concat(received).length} bytes`);
  }
  return { sent: Buffer.concat(sent), received: Buffer.concat(received), late };
}

function opening(socket: Socket): string {
  return socket instanceof TLSSocket ? "secureConnect" : "connect";
}

function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

function dialSecure({ tls, ca }: Ports): Socket {
  const socket = connect({ port: tls, host: "127.0.0.1", ca });
  socket.on("error", () => {}); // a reset is one of the answers
  return socket;
}
