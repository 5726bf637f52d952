import assert from "node:assert/strict";
import { once } from "node:events";
import * as http2 from "node:http2";
import * as net from "node:net";
import { suite, test } from "node:test";
import { type RouteCode } from "@causeway/kernel";
import { httpTransport, type NodeTransport } from "../src/node/http-transport.ts";
import { nodePorts } from "../src/node/index.ts";
import { type ExchangeRequest, exchange } from "../src/routes/exchange.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { selfSigned } from "./support/certificate.ts";
import {
  endHeaders,
  endStream,
  frame,
  frameType,
  header,
  startRawHttp2,
  words,
} from "./support/http2-frames.ts";
import { quickExchange } from "./support/quick.ts";
import { isRouteError } from "./support/route-error.ts";

const { clock, random } = nodePorts();
const certificate = await selfSigned("localhost");
const ca = [certificate.cert];
const file = Uint8Array.from({ length: 6_000_000 }, (_, at) => at % 251);

async function ask(
  transport: NodeTransport,
  port: number,
  path: string,
  request: Partial<ExchangeRequest> = {},
): Promise<Buffer> {
  const { signal } = new AbortController();
  const limits = quickExchange;
  const whole = { path, lengthMax: file.length, limits, signal, ...request };
  const route = parseRoute(`https://localhost:${port}/`);
  const parts: Uint8Array[] = [];
  for await (const bytes of (await exchange({ clock, random, transport }, route, whole)).body) {
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

let endlessSent = 0;

type Answer = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

const answers: Readonly<Record<string, Answer>> = {
  honest(stream, headers) {
    const [, start = "0", last = file.length - 1] = /(\d+)-(\d+)/.exec(headers.range ?? "") ?? [];
    const body = file.subarray(Number(start), Number(last) + 1);
    const named = `bytes ${start}-${last}/${file.length}`;
    const ranged = headers.range !== undefined;
    stream.respond({
      ":status": ranged ? 206 : 200,
      "content-length": body.length,
      ...(ranged && { "content-range": named }),
    });
    stream.end(body);
  },
  missing: (stream) => {
    stream.respond({ ":status": 404, "content-length": 9 });
    stream.end("not found");
  },
  busy: (stream) => stream.respond({ ":status": 503, "retry-after": "7" }, { endStream: true }),
  silent: () => undefined,
  stalls: (stream) => {
    stream.respond({ ":status": 200, "content-length": file.length });
    stream.write(file.subarray(0, 1_000));
  },
  truncates: (stream) => {
    stream.respond({ ":status": 200, "content-length": file.length });
    stream.write(file.subarray(0, 1_000), () =>
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
    );
  },
  endless: (stream) => {
    stream.respond({ ":status": 200 });
    const more = (): void => {
      for (let drained = true; drained && !stream.destroyed; endlessSent += 65_536) {
        drained = stream.write(Buffer.alloc(65_536));
      }
    };
    stream.on("drain", more);
    more();
  },
  portal: (stream) => {
    stream.respond({ ":status": 200, "content-type": "text/html" });
    stream.end("<title>Welcome</title>");
  },
  hints: (stream, headers) => {
    stream.additionalHeaders({ ":status": 103 });
    answers["honest"]?.(stream, headers);
  },
  flood: (stream) => {
    for (let at = 0; at < 100; at++) stream.additionalHeaders({ ":status": 103 });
  },
  hides: (stream) => {
    stream.respond({ ":status": 200, "x-a": ["1", "2"], "content-encoding": "br" });
    stream.end("x");
  },
};

interface Server extends AsyncDisposable {
  readonly port: number;
  connections: number;
  readonly sessions: Set<http2.ServerHttp2Session>;
}

/** What a path begins with says how it is answered. */
async function startServer(): Promise<Server> {
  const server = http2.createSecureServer(certificate);
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on("session", (session) => {
    started.connections++;
    sessions.add(session);
    session.on("error", () => undefined).on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    answers[headers[":path"]?.slice(1) ?? ""]?.(stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const started: Server = {
    port: (server.address() as net.AddressInfo).port,
    connections: 0,
    sessions,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
  return started;
}

test("many requests at once share one connection", async () => {
  await using server = await startServer();
  const transport = httpTransport({ ca });
  assert.equal((await ask(transport, server.port, "honest")).length, file.length);
  const range = { start: 7, end: 4_242 };
  const all = Array.from({ length: 8 }, () => ask(transport, server.port, "honest", { range }));
  for (const bytes of await Promise.all(all)) {
    assert.deepEqual(bytes, Buffer.from(file.subarray(7, 4_242)));
  }
  assert.equal((await ask(transport, server.port, "hints")).length, file.length);
  await assert.rejects(ask(transport, server.port, "missing"), isRouteError("ROUTE_MISSING"));
  assert.equal(server.connections, 1);
  transport.close();
});

suite("a faulty route is named as over HTTP/1.1", () => {
  const fates: readonly (readonly [path: string, code: RouteCode, message: RegExp])[] = [
    ["missing", "ROUTE_MISSING", /404/],
    ["busy", "ROUTE_REFUSED", /asks to wait 7 s/],
    ["silent", "ROUTE_UNREACHABLE", /no answer for 0\.5 s/],
    ["stalls", "ROUTE_STALLED", /nothing for 0\.4 s/],
    ["truncates", "ROUTE_TRUNCATED", /./],
    ["endless", "ROUTE_ENDLESS", /over 6000000 bytes/],
    ["portal", "ROUTE_MISLABELLED", /login page/],
    ["hides", "ROUTE_MISLABELLED", /br/],
    ["flood", "ROUTE_UNREACHABLE", /interim answers on and on/],
  ];
  for (const [path, code, message] of fates) {
    test(path, async () => {
      await using server = await startServer();
      const transport = httpTransport({ ca });
      await assert.rejects(ask(transport, server.port, path), isRouteError(code, message));
      assert.equal((await ask(transport, server.port, "honest")).length, file.length, "once more");
      transport.close();
    });
  }
});

test("a connection that the server ended while idle is no fault of the route", async () => {
  await using server = await startServer();
  const transport = httpTransport({ ca });
  for (const end of ["close", "destroy"] as const) {
    await ask(transport, server.port, "honest");
    for (const session of server.sessions) session[end]();
    assert.equal((await ask(transport, server.port, "honest")).length, file.length);
  }
  assert.equal(server.connections, 3);
  transport.close();
});

test("a connection on which nothing comes any more is not used again", async () => {
  await using server = await startServer();
  const carried: (readonly [net.Socket, net.Socket])[] = [];
  const relay = net.createServer((near) => {
    const far = net.connect(server.port, "127.0.0.1");
    for (const end of [near, far]) end.on("error", () => undefined);
    near.pipe(far).pipe(near);
    carried.push([near, far]);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  const { port } = relay.address() as net.AddressInfo;
  const transport = httpTransport({ ca });
  const freeze = (): void => {
    for (const [near, far] of carried) near.unpipe(far).pause();
  };
  for (const ended of ["while it was idle", "within a body"]) {
    await ask(transport, port, "honest");
    const stalled = ended === "within a body" ? ask(transport, port, "stalls") : undefined;
    if (stalled !== undefined) await assert.rejects(stalled, isRouteError("ROUTE_STALLED"));
    else {
      freeze();
      await assert.rejects(ask(transport, port, "honest"), isRouteError("ROUTE_UNREACHABLE"));
    }
    assert.equal((await ask(transport, port, "honest")).length, file.length, ended);
  }
  assert.equal(carried.length, 3);
  transport.close();
  relay.close();
  for (const end of carried.flat()) end.destroy();
});

test("bodies that nobody reads are held back at the window", async () => {
  await using server = await startServer();
  const transport = httpTransport({ ca });
  const url = new URL(`https://localhost:${server.port}/endless`);
  endlessSent = 0;
  const { signal } = new AbortController();
  const deliveries = [await transport.open({ url, signal })];
  for (let at = 0; at < 7; at++) deliveries.push(await transport.open({ url, signal }));
  await clock.sleep(500);
  const mebibytes = endlessSent / 1024 / 1024;
  assert.ok(mebibytes >= 16 && mebibytes < 18, `${mebibytes} MiB`); // two for each
  for (const delivery of deliveries) delivery.close();
  transport.close();
});

const ok = (): Buffer => {
  return frame(frameType.headers, endHeaders | endStream, 1, Buffer.from([0x88])); // :status 200
};

suite("what is refused unread goes out again, over another connection", () => {
  const refusals: Readonly<Record<string, Buffer>> = {
    goaway: frame(frameType.goaway, 0, 0, words(0, 0)),
    "goaway with an error": frame(frameType.goaway, 0, 0, words(0, 11)),
    refused: frame(frameType.reset, 0, 1, words(7)),
  };
  for (const [name, refusal] of Object.entries(refusals)) {
    test(name, async () => {
      await using server = await startRawHttp2(certificate, (socket, connection) => {
        socket.write(connection < 3 ? refusal : ok());
      });
      const transport = httpTransport({ ca });
      assert.equal((await ask(transport, server.port, "x")).length, 0);
      assert.equal(server.connections, 3);
      transport.close();
    });
    test(`${name}, for ever`, async () => {
      await using server = await startRawHttp2(certificate, (socket) => socket.write(refusal));
      const transport = httpTransport({ ca });
      await assert.rejects(ask(transport, server.port, "x"), isRouteError("ROUTE_UNREACHABLE"));
      assert.ok(server.connections <= 6, `${server.connections}`);
      transport.close();
    });
  }
});

test("a connection that is reset just as it is used again is no fault of the route", async () => {
  await using server = await startRawHttp2(certificate, (socket, _, request) => {
    if (request === 1) socket.write(ok());
    else socket.destroy();
  });
  const transport = httpTransport({ ca });
  const open = async (): Promise<void> => {
    const { signal } = new AbortController();
    const delivery = await transport.open({
      url: new URL(`https://localhost:${server.port}/`),
      signal,
    });
    delivery.close();
  };
  await open();
  await open();
  assert.equal(server.connections, 2);
  transport.close();
});

suite("control frames that come steadily, each of them answered, are a flood too", () => {
  const floods: Readonly<Record<string, Buffer>> = {
    settings: frame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 255, 255])),
    pings: frame(frameType.ping, 0, 0, Buffer.alloc(8)),
  };
  for (const [name, one] of Object.entries(floods)) {
    test(name, async (t) => {
      const few = Buffer.concat(Array.from({ length: 50 }, () => one));
      await using server = await startRawHttp2(certificate, (socket) => {
        const timer = setInterval(() => socket.write(few), 1);
        t.after(() => clearInterval(timer));
      });
      const transport = httpTransport({ ca });
      const start = clock.steady();
      await assert.rejects(ask(transport, server.port, "x"), isRouteError("ROUTE_UNREACHABLE"));
      assert.ok(clock.steady() - start < 400);
      transport.close();
    });
  }
});

suite("a connection that brings much while nobody asks for anything is ended", () => {
  const floods: Readonly<Record<string, Buffer>> = {
    "window updates": frame(8, 0, 0, words(1)),
    "other places to ask": frame(10, 0, 0, Buffer.from('\0\x09https://ah2=":1"')),
  };
  for (const [name, one] of Object.entries(floods)) {
    test(name, async (t) => {
      const many = Buffer.concat(Array.from({ length: 500 }, () => one));
      const ended = Promise.withResolvers<void>();
      await using server = await startRawHttp2(certificate, (socket) => {
        socket.write(ok());
        const timer = setInterval(() => socket.write(many), 5);
        socket.on("close", ended.resolve);
        t.after(() => clearInterval(timer));
      });
      const transport = httpTransport({ ca });
      assert.equal((await ask(transport, server.port, "x")).length, 0);
      await ended.promise; // else the test takes too long
      transport.close();
    });
  }
});

suite("a hostile server is given up before it costs anything", () => {
  const push = Buffer.concat([words(2), Buffer.from([0x82, 0x87, 0x84])]);
  const pieces = header("x-y", "z".repeat(100));
  const hostile: Readonly<Record<string, () => Buffer>> = {
    "headers that never end": () => frame(frameType.continuation, 0, 1, pieces),
    "empty headers that never end": () => frame(frameType.continuation, 0, 1, Buffer.alloc(0)),
    settings: () => frame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 255, 255])),
    pings: () => frame(frameType.ping, 0, 0, Buffer.alloc(8)),
    pushes: () => frame(frameType.push, endHeaders, 1, push),
    garbage: () => Buffer.from("HTTP/1.1 200 OK\r\n\r\n"),
  };
  for (const [name, make] of Object.entries(hostile)) {
    test(name, async () => {
      let sent = 0;
      await using server = await startRawHttp2(certificate, (socket) => {
        if (name.includes("headers"))
          socket.write(frame(frameType.headers, 0, 1, Buffer.from([0x88])));
        const bytes = Buffer.concat(Array.from({ length: 100 }, make));
        const more = (): void => {
          for (let drained = true; drained && !socket.destroyed; sent += bytes.length) {
            drained = socket.write(bytes);
          }
        };
        socket.on("drain", more);
        more();
      });
      const transport = httpTransport({ ca });
      const start = clock.steady();
      await assert.rejects(ask(transport, server.port, "x"), isRouteError("ROUTE_UNREACHABLE"));
      const ms = clock.steady() - start;
      transport.close();
      assert.ok(ms < 400, `${ms} ms: the deadline is not what ended it`);
      assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes`);
    });
  }
});
