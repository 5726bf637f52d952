import * as net from "node:net";
import * as tls from "node:tls";
import type { Certificate } from "./certificate.ts";

export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;
export const endStream = 1;
export const endHeaders = 4;

/** One frame of HTTP/2 (RFC 9113 section 4.1), right or wrong. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Four bytes each. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

/** A header that is sent as it is, not by number (RFC 7541 section 6.2.2). */
export function header(name: string, value: string): Buffer {
  const text = (part: string): Buffer => {
    return Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]);
  };
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

export interface RawHttp2 extends AsyncDisposable {
  readonly port: number;
  /** How many there were. */
  connections: number;
}

/** Speaks TLS and agrees on HTTP/2; then `answer` writes what it likes to each request. */
export async function startRawHttp2(
  certificate: Certificate,
  answer: (socket: tls.TLSSocket, connection: number, request: number) => void,
): Promise<RawHttp2> {
  const sockets = new Set<tls.TLSSocket>();
  const server = tls.createServer({ ...certificate, ALPNProtocols: ["h2"] }, (socket) => {
    sockets.add(socket);
    const connection = ++route.connections;
    let requests = 0;
    socket.on("error", () => undefined);
    socket.write(frame(frameType.settings, 0, 0, new Uint8Array()));
    socket.on("data", (bytes: Buffer) => {
      // A request is one HEADERS frame, somewhere after the preface and SETTINGS.
      const request = Buffer.from([frameType.headers, endStream | endHeaders, 0]);
      if (bytes.includes(request)) answer(socket, connection, ++requests);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const route: RawHttp2 = {
    port: (server.address() as net.AddressInfo).port,
    connections: 0,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return route;
}
