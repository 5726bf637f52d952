import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import { suite, test } from "node:test";
import { type RouteCode, RouteError } from "@causeway/kernel";
import { proxyRule } from "../src/node/connect/proxy-rule.ts";
import { httpTransport, type NodeTransport } from "../src/node/http-transport.ts";
import { nodePorts } from "../src/node/index.ts";
import { fetchDocument } from "../src/routes/document.ts";
import { parseRoute } from "../src/routes/parse-route.ts";
import { selfSigned } from "./support/certificate.ts";
import { startFullListener } from "./support/full-listener.ts";
import { quickExchange } from "./support/quick.ts";
import { startTinyproxy } from "./support/tinyproxy.ts";

const { clock, random } = nodePorts();
const certificate = await selfSigned("127.0.0.1", "localhost");
const ca = [certificate.cert];

/** A server on loopback for one test. */
class Listening implements AsyncDisposable {
  readonly port: number;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on("connection", (socket: net.Socket) => {
      this.#sockets.add(socket.on("error", () => undefined));
    });
  }

  static async on(server: net.Server): Promise<Listening> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Listening(server);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Says which request it got. */
const echo: http.RequestListener = ({ url, headers }, response) => {
  response.end(JSON.stringify([url, headers.host, headers["proxy-authorization"]]));
};

function over(proxy: string): NodeTransport {
  return httpTransport({ ca, proxyFor: proxyRule({ http: proxy, https: proxy }, true) });
}

async function ask(transport: NodeTransport, url: string): Promise<string> {
  const { signal } = new AbortController();
  const request = { path: "metadata/x", lengthMax: 1_000, limits: quickExchange, signal };
  const document = await fetchDocument({ clock, random, transport }, parseRoute(url), request);
  return new TextDecoder().decode(document.bytes);
}

async function fails(proxy: string, url: string, code: RouteCode, message: RegExp): Promise<void> {
  const transport = over(proxy);
  await assert.rejects(ask(transport, url), (error: unknown) => {
    assert.ok(error instanceof RouteError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /s3cret/);
    return true;
  });
  transport.close();
}

test("tinyproxy carries http and https, with its name and password", async () => {
  await using plain = await Listening.on(http.createServer(echo));
  await using secure = await Listening.on(https.createServer(certificate, echo));
  await using proxy = await startTinyproxy(secure.port);
  const transport = over(`http://me:s3cret@127.0.0.1:${proxy.port}`);
  for (const _ of ["first", "again"]) {
    const [path, host, leaked] = JSON.parse(
      await ask(transport, `http://localhost:${plain.port}/a`),
    );
    assert.deepEqual([path, host], ["/a/metadata/x", `localhost:${plain.port}`]);
    assert.equal(leaked, null, "the route does not learn the proxy's password");
    const [tunnelled] = JSON.parse(await ask(transport, `https://localhost:${secure.port}/b`));
    assert.equal(tunnelled, "/b/metadata/x");
  }
  assert.equal(secure.connections, 1, "the tunnel is kept for the next request");
  transport.close();
  assert.match(await proxy.log(), new RegExp(`CONNECT localhost:${secure.port}`));
  const [bare, wrong] = [`http://127.0.0.1:${proxy.port}`, `http://me:no@127.0.0.1:${proxy.port}`];
  const urls = [`http://localhost:${plain.port}/`, `https://localhost:${secure.port}/`] as const;
  await fails(bare, urls[0], "PROXY_AUTHENTICATION", /asks for a name and a password \(407\)/);
  await fails(bare, urls[1], "PROXY_AUTHENTICATION", /asks for a name and a password \(407\)/);
  await fails(wrong, urls[1], "PROXY_AUTHENTICATION", /refuses its name and password/);
  const good = `http://me:s3cret@127.0.0.1:${proxy.port}`;
  await fails(good, `https://localhost:${plain.port}/`, "PROXY_REFUSED", /answered 403 to CONNECT/);
});

suite("a proxy that fails is named, without its password", () => {
  for (const scheme of ["http", "https"]) {
    const route = `${scheme}://updates.example/`;
    test(`${scheme}: it refuses`, async () => {
      await fails(
        "http://me:s3cret@127.0.0.1:9",
        route,
        "PROXY_UNREACHABLE",
        /127\.0\.0\.1:9 refuses/,
      );
    });
    test(`${scheme}: it has no address`, async () => {
      await fails(
        "http://me:s3cret@no.invalid:1",
        route,
        "PROXY_UNREACHABLE",
        /no\.invalid:1 has a name/,
      );
    });
    test(`${scheme}: it does not take the connection`, async () => {
      await using full = await startFullListener("127.0.0.2");
      const proxy = `http://me:s3cret@127.0.0.2:${full.port}`;
      await fails(proxy, route, "PROXY_UNREACHABLE", /did not take the connection for 0\.5 s/);
    });
    test(`${scheme}: it takes the connection and says nothing`, async () => {
      await using silent = await Listening.on(net.createServer());
      const proxy = `http://me:s3cret@127.0.0.1:${silent.port}`;
      await fails(proxy, route, "ROUTE_UNREACHABLE", /no answer .* over the proxy http:\/\/127/);
    });
  }
  const answers: readonly (readonly [answer: string, code: RouteCode, message: RegExp])[] = [
    ["SSH-2.0-OpenSSH_9.2\r\n", "PROXY_REFUSED", /speaks no HTTP/],
    ["HTTP/1.1 502 Bad\r\ncontent-length: 99\r\n\r\n", "PROXY_REFUSED", /answered 502/],
    ["HTTP/1.1 200 OK\r\n\r\nearly", "PROXY_REFUSED", /spoke before the route/],
    [`HTTP/1.1 200 OK\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, "PROXY_REFUSED", /speaks no HTTP/],
    ["HTTP/1.1 103 Hint\r\n\r\n".repeat(50), "PROXY_REFUSED", /answered 103/],
    ["", "PROXY_UNREACHABLE", /reset the connection/],
  ];
  for (const [answer, code, message] of answers) {
    test(`https: it answers ${JSON.stringify(answer.slice(0, 24))}`, async () => {
      const server = net.createServer((socket) => socket.once("data", () => socket.end(answer)));
      await using proxy = await Listening.on(server);
      const url = `http://me:s3cret@127.0.0.1:${proxy.port}`;
      await fails(url, "https://updates.example/", code, message);
    });
  }
});

test("a proxy may itself be reached over TLS", async () => {
  const server = https.createServer(certificate, echo);
  server.on("connect", ({ url = "" }, socket: net.Socket) => {
    const to = net.connect(Number(url.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      socket.pipe(to).pipe(socket);
    });
    for (const end of [to, socket]) end.on("error", () => undefined);
  });
  await using proxy = await Listening.on(server);
  await using secure = await Listening.on(https.createServer(certificate, echo));
  const transport = over(`https://localhost:${proxy.port}`);
  assert.match(await ask(transport, `https://localhost:${secure.port}/`), /metadata\/x/);
  assert.match(
    await ask(transport, "http://updates.example/"),
    /http:\/\/updates\.example\/metadata/,
  );
  transport.close();
});

test("a proxy that answered before is not blamed when the next answer does not come", async () => {
  let asked = 0;
  const server = http.createServer((_, response) => {
    if (++asked === 1) response.end();
  });
  await using proxy = await Listening.on(server);
  const transport = over(`http://127.0.0.1:${proxy.port}`);
  await ask(transport, "http://updates.example/");
  await assert.rejects(ask(transport, "http://updates.example/"), { code: "ROUTE_UNREACHABLE" });
  transport.close();
});

test("a silent proxy is given up when the caller does", async () => {
  await using silent = await Listening.on(net.createServer());
  const transport = over(`http://127.0.0.1:${silent.port}`);
  const controller = new AbortController();
  const reason = new Error("enough");
  const open = transport.open({
    url: new URL("https://updates.example/"),
    signal: controller.signal,
    onStep: (step) => step === "proxied" && controller.abort(reason),
  });
  await assert.rejects(open, reason);
  transport.close();
});
