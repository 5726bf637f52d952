import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, Socket } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import { readPlainRequest } from "../../src/plain/plain-request.ts";

const bytesMax = 8_192;

function read(text: string, most = bytesMax): ReturnType<typeof readPlainRequest> {
  return readPlainRequest(Buffer.from(text, "latin1"), new Socket(), most);
}

test("what clients send is plain", () => {
  const lines = [
    "GET /targets/a%41.bin?x=/?y HTTP/1.1",
    "Host: causeway.test:8080",
    "Connection: Keep-Alive",
    "User-Agent: a (b; c) d/1",
    "Authorization: Bearer a.b-c_d",
  ];
  const request = read(`${lines.join("\r\n")}\r\n\r\n`);
  assert.equal(request?.method, "GET");
  assert.equal(request?.url, "/targets/a%41.bin?x=/?y");
  assert.deepEqual(request?.rawHeaders.slice(0, 4), [
    "Host",
    "causeway.test:8080",
    "Connection",
    "Keep-Alive",
  ]);
  assert.equal(request?.headers.authorization, "Bearer a.b-c_d");
  assert.notEqual(read("GET / HTTP/1.1\r\n\r\n"), undefined, "that it lacks a host is said later");
});

test("whatever could be read in two ways is left to Node's parser", () => {
  const whole = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  const others = [
    "",
    whole.slice(0, -1),
    whole.slice(0, -2),
    `${whole}G`,
    `${whole}${whole}`,
    `\r\n${whole}`,
    ` ${whole}`,
    whole.replace("GET", "HEAD"),
    whole.replace("GET", "get"),
    whole.replace("GET ", "GET  "),
    whole.replace("GET ", "GET\t"),
    whole.replace("/a", "*"),
    whole.replace("/a", "http://a/a"),
    whole.replace("/a", "/a b"),
    whole.replace("/a", "/a#b"),
    whole.replace("/a", "/\u00e9"),
    whole.replace("/a", "/a\0"),
    whole.replace("1.1", "1.0"),
    whole.replace("1.1", "2.0"),
    whole.replace("1.1\r\n", "1.1\n"),
    whole.replace("1.1\r\n", "1.1 \r\n"),
    whole.replace("Host: a\r\n", "Host: a\n"),
    whole.replace("Host: a\r\n", "Host: a\r"),
    whole.replace("Host: a", "Host : a"),
    whole.replace("Host: a", " Host: a"),
    whole.replace("Host: a", "Host:a"),
    whole.replace("Host: a", "Host:  a"),
    whole.replace("Host: a", "Host: a "),
    whole.replace("Host: a", "Host: "),
    whole.replace("Host: a", "Host"),
    whole.replace("Host: a", "Host: a\r\n b"),
    whole.replace("Host: a", "Host: a\r\nhost: a"),
    whole.replace("Host: a", "Host: a\r\nX: \u00e9"),
    whole.replace("Host: a", "Host: a\r\nX: b\0"),
    whole.replace("Host: a", "Host: a\r\nX: b\rc"),
    whole.replace("Host: a", "Host: a\r\nX_Y: b"),
    whole.replace("Host: a", "Host: a\r\nContent-Length: 0"),
    whole.replace("Host: a", "Host: a\r\nTransfer-Encoding: chunked"),
    whole.replace("Host: a", "Host: a\r\nTransfer-encoding: identity"),
    whole.replace("Host: a", "Host: a\r\nExpect: 100-continue"),
    whole.replace("Host: a", "Host: a\r\nUpgrade: h2c"),
    whole.replace("Host: a", "Host: a\r\nTE: trailers"),
    whole.replace("Host: a", "Host: a\r\nConnection: upgrade"),
    whole.replace("Host: a", "Host: a\r\nConnection: close, te"),
    "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ];
  for (const text of others) assert.equal(read(text), undefined, JSON.stringify(text));
});

test("a head over the bound is not plain", () => {
  const text = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  assert.notEqual(read(text, text.length), undefined);
  assert.equal(read(text, text.length - 1), undefined);
});

test("whatever is plain is read by Node's parser in the same way", async (t) => {
  const server = createServer(
    { insecureHTTPParser: false, requireHostHeader: false },
    ({ method, url, httpVersion, headers, rawHeaders }, response) => {
      const body = JSON.stringify({ method, url, httpVersion, headers, rawHeaders });
      response.end(body);
    },
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const readByNode = async (bytes: string): Promise<unknown> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: "127.0.0.1" });
    socket.end(bytes, "latin1");
    const [, body = ""] = (await textOf(socket)).split("\r\n\r\n");
    return JSON.parse(body);
  };
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(requests(), async (bytes) => {
      const request = read(bytes);
      if (request === undefined) return;
      plain++;
      const { method, url, httpVersion, headers, rawHeaders } = request;
      const own = { method, url, httpVersion, headers: { ...headers }, rawHeaders };
      assert.deepEqual(own, await readByNode(bytes));
    }),
    { numRuns: 1_000 },
  );
  assert.ok(plain > 50, `${plain} of them were plain`);
});

/** Heads of which some are plain, and most are nearly so. */
function requests(): fc.Arbitrary<string> {
  const odd = fc.constantFrom(
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\0",
    ":",
    "a",
    "\u00e9",
    "%",
    '"',
  );
  const rarely = (usual: string): fc.Arbitrary<string> => {
    return fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
  };
  const target = fc.string({
    unit: fc.constantFrom(..."ab1/?%&=;:@!$'()*+,.~-_[]#\"|".split("")),
    maxLength: 9,
  });
  const names = ["Host", "Accept", "range", "If-None-Match", "Cookie", "X-A", "constructor", "DNT"];
  const value = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 });
  const field = fc
    .tuple(fc.constantFrom(...names), rarely(": "), value, rarely("\r\n"))
    .map((parts) => parts.join(""));
  return fc
    .tuple(
      fc.constantFrom("GET", "GET", "GET", "HEAD", "GE"),
      rarely(" /"),
      target,
      rarely(" HTTP/1.1"),
      rarely("\r\n"),
      fc.array(field, { maxLength: 4 }).map((fields) => fields.join("")),
      rarely("\r\n"),
    )
    .map((parts) => parts.join(""));
}
