import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { chunkLengths } from "@causeway/kernel";
import { freePort } from "../../../../test/support/listening.ts";

/** What a repository's route may do, besides serving what it has. */
export const faults = [
  "dead",
  "resets",
  "refuses-403",
  "misses-404",
  "busy-429",
  "busy-503",
  "hangs-before-headers",
  "hangs-in-body",
  "drips",
  "redirects-away",
  "redirects-on-and-on",
  "lies",
  "truncates",
  "endless",
  "login-page",
  "gzips",
  "ignores-ranges",
  "multipart",
  "wrong-range",
  "no-http",
] as const;
export type Fault = (typeof faults)[number];
export type Behaviour =
  | "honest"
  | "honest-403"
  | "refuses-503"
  | "redirects-within"
  | "redirects-to"
  | "ends-early"
  | "breaks-off"
  | "cuts"
  | Fault;

/** Files by their path below the route, as `metadata/timestamp.json`. */
export type Files = Pick<ReadonlyMap<string, Uint8Array>, "get">;

export interface FaultyRoute {
  readonly url: string;
  /** `METHOD /path` of each request, in order. */
  readonly requests: readonly string[];
  /** Those that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** How many there ever were. */
  connections: number;
  /** Called when one was dealt with. */
  onConnection: () => void;
  /** Called when an answer was begun, or given. */
  onAnswer: () => void;
  /** What `Authorization` was sent with each request. */
  readonly authorizations: readonly (string | undefined)[];
  /** Where "redirects-to" leads. */
  location: string;
  /** Where it redirects a file to, whatever it does else; undefined: nowhere. */
  leads: (path: string, isFirstTime: boolean) => string | undefined;
  behaviour: Behaviour;
  /** What it does the first time that a file is asked for; else as ever. */
  firstTime: Behaviour | undefined;
  files: Files;
  /** A file of which it never says anything, by its path. */
  silentOn: string | undefined;
  /** What its clock shows: each answer has a Date. Undefined: none has. */
  wall: () => number | undefined;
  /** Sent with each answer. */
  headers: Readonly<Record<string, string | string[]>>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** One request, and the answer that an honest route gives to it. */
interface Reply {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly status: number;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** A real HTTP server on loopback that behaves as told. */
export async function startRoute(behaviour: Behaviour, files: Files): Promise<FaultyRoute> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const seen = new Set<string>();
  const server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const date = route.wall();
    response.sendDate = false;
    if (date !== undefined) response.setHeader("date", new Date(date).toUTCString());
    authorizations.push(request.headers.authorization);
    for (const [name, value] of Object.entries(route.headers)) response.setHeader(name, value);
    response.on("error", () => undefined);
    const path = new URL(request.url ?? "/", "http://route/").pathname.slice(1);
    if (path === route.silentOn) return;
    const led = ledTo(route, path, !seen.has(path));
    const file = route.files.get(decodeURIComponent(path).replace(/^moved\//, ""));
    const reply = honestReply(request, file, route.behaviour === "ignores-ranges");
    const first = seen.has(path) ? undefined : route.firstTime;
    seen.add(path);
    if (led !== undefined) response.writeHead(302, { location: led }).end();
    else behaviours[first ?? route.behaviour]({ request, response, ...reply });
    route.onAnswer();
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    route.connections++;
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    if (route.behaviour === "resets") socket.resetAndDestroy();
    if (route.behaviour === "no-http") socket.end("SSH-2.0-OpenSSH_9.2\r\n");
    route.onConnection();
  });
  // What is dead stays so: a port of the system's would be given to a route that begins later.
  const reserved = behaviour === "dead" ? await freePort() : 0;
  await new Promise<void>((resolve) => {
    server.listen(reserved, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const route: FaultyRoute = {
    url: `http://127.0.0.1:${port}/`,
    requests,
    sockets,
    connections: 0,
    onConnection: () => undefined,
    onAnswer: () => undefined,
    authorizations,
    location: "",
    leads: () => undefined,
    behaviour,
    firstTime: undefined,
    files,
    silentOn: undefined,
    wall: Date.now,
    headers: {},
    close: stop,
    [Symbol.asyncDispose]: stop,
  };
  if (behaviour === "dead") await stop();
  return route;
}

function ledTo(route: FaultyRoute, path: string, isFirst: boolean): string | undefined {
  return route.behaviour === "redirects-to" ? route.location : route.leads(path, isFirst);
}

function honestReply(
  request: http.IncomingMessage,
  file: Uint8Array | undefined,
  whole: boolean,
): Pick<Reply, "status" | "headers" | "body"> {
  if (file === undefined) return { status: 404, headers: {}, body: Buffer.from("not found") };
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  if (range === null || whole) {
    return { status: 200, headers: { "content-length": file.length }, body: file };
  }
  const [start, last] = [Number(range[1]), Math.min(Number(range[2]), file.length - 1)];
  if (start >= file.length) return { status: 416, headers: {}, body: new Uint8Array() };
  const body = file.subarray(start, last + 1);
  const name = `bytes ${start}-${last}/${file.length}`;
  return {
    status: 206,
    headers: { "content-length": body.length, "content-range": name },
    body,
  };
}

function serve({ response, status, headers, body }: Reply): void {
  response.writeHead(status, headers).end(body);
}

/** Answers honestly when there is no file to spoil. */
function spoiled(spoil: (reply: Reply) => void): (reply: Reply) => void {
  return (reply) => (reply.status < 300 ? spoil(reply) : serve(reply));
}

/** So little that the rest is not worth a request. */
const truncatesAfter = 2_000;
/** Less than some chunks have, packed or not. */
export const cutsAfter = 20_000;
/** One chunk of any length fits. */
const breaksOffAfter = chunkLengths.max;
const page = "<!doctype html><title>Welcome to Hotel Wi-Fi</title>";
const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);

function refuse(status: number, headers: http.OutgoingHttpHeaders = {}): (reply: Reply) => void {
  return ({ response }) => {
    const told = { "content-type": "text/plain", ...headers, ...response.getHeaders() };
    response.writeHead(status, told).end("no");
  };
}

function breakOff(reply: Reply, after: number): void {
  const { request, response, status, headers, body } = reply;
  if (body.length <= after) {
    serve(reply);
    return;
  }
  response.writeHead(status, headers);
  response.write(body.subarray(0, after), () => request.socket.destroy());
}

const behaviours: Record<Behaviour, (reply: Reply) => void> = {
  honest: serve,
  "honest-403": (reply) => serve({ ...reply, status: reply.status === 404 ? 403 : reply.status }),
  "refuses-503": refuse(503),
  dead: serve, // it is not listening
  resets: ({ request }) => request.socket.resetAndDestroy(),
  "refuses-403": refuse(403),
  "misses-404": refuse(404),
  "busy-429": refuse(429, { "retry-after": "120" }),
  "busy-503": refuse(503, { "retry-after": "7" }),
  "hangs-before-headers": () => undefined,
  "hangs-in-body": spoiled(({ response, status, headers, body }) => {
    response.writeHead(status, headers).write(half(body));
  }),
  drips: spoiled(({ response, status, headers, body }) => {
    response.writeHead(status, headers);
    let at = 0;
    const timer = setInterval(() => {
      if (at < body.length) response.write(body.subarray(at, ++at));
      else response.end();
    }, 10);
    response.on("close", () => clearInterval(timer));
  }),
  "redirects-to": () => undefined, // answered where the location is known
  "redirects-within": (reply) => {
    if (reply.request.url?.startsWith("/moved/") === true) serve(reply);
    else reply.response.writeHead(301, { location: `/moved${reply.request.url}` }).end();
  },
  "redirects-away": ({ response }) => {
    response.writeHead(302, { location: "http://127.0.0.1:9/x" }).end();
  },
  "redirects-on-and-on": ({ request, response }) => {
    response.writeHead(302, { location: `/metadata/x${request.url?.length}` }).end();
  },
  lies: spoiled(({ response, status, headers, body }) => {
    const wrong = Uint8Array.from(body);
    wrong[body.length >> 1] = (wrong[body.length >> 1] ?? 0) ^ 1;
    response.writeHead(status, headers).end(wrong);
  }),
  truncates: spoiled(({ request, response, status, headers, body }) => {
    response.writeHead(status, headers);
    response.write(half(body).subarray(0, truncatesAfter), () => request.socket.destroy());
  }),
  "ends-early": spoiled(({ response, status, headers, body }) => {
    const range = headers["content-range"];
    response.writeHead(status, { ...(range !== undefined && { "content-range": range }) });
    response.end(half(body)); // chunked, so that nothing in HTTP tells that bytes are missing
  }),
  "breaks-off": spoiled((reply) => breakOff(reply, breaksOffAfter)),
  cuts: spoiled((reply) => breakOff(reply, cutsAfter)),
  endless: ({ request, response }) => {
    const { range } = request.headers;
    if (range === undefined) response.writeHead(200);
    else response.writeHead(206, { "content-range": `${range.replace("=", " ")}/*` });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(16384, " ")));
    };
    response.on("drain", more);
    more();
  },
  "login-page": ({ response }) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
  },
  gzips: spoiled(({ response, status, headers, body }) => {
    const packed = gzipSync(body);
    const others = { "content-encoding": "gzip", "content-length": packed.length };
    response.writeHead(status, { ...headers, ...others }).end(packed);
  }),
  "ignores-ranges": serve,
  multipart: spoiled(({ response, body }) => {
    response.writeHead(206, { "content-type": "multipart/byteranges; boundary=x" });
    response.end(Buffer.concat([Buffer.from("--x\r\n\r\n"), body]));
  }),
  "wrong-range": spoiled(({ response, headers, body }) => {
    const name = `bytes 1-${body.length}/${body.length + 1}`;
    response.writeHead(206, { ...headers, "content-range": name }).end(body);
  }),
  "no-http": ({ request }) => {
    request.socket.destroy();
  },
};
