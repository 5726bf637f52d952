import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:https";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import type { OriginOptions } from "../src/origin.ts";
import { TestAuthority } from "./support/certificate.ts";
import { ask, dial, head, statusOf, untilClosed } from "./support/http.ts";
import { metricOf } from "./support/metrics.ts";
import { eventually, type TestOrigin, testOrigin } from "./support/origin.ts";
import { noise } from "./support/repository.ts";

const run = promisify(execFile);
const line = "GET /metadata/timestamp.json HTTP/1.1";

interface SecureOrigin extends TestOrigin {
  readonly authority: TestAuthority;
  readonly tlsPort: number;
}

/** HTTPS on a port of its own beside plain HTTP, unless `alone`. */
async function secureOrigin(
  t: TestContext,
  { alone, ...options }: Partial<OriginOptions> & { readonly alone?: boolean } = {},
): Promise<SecureOrigin> {
  const authority = new TestAuthority(t);
  const tls = { ...authority.files, ...(alone !== true && { port: 0 }) };
  const origin = await testOrigin(t, { adminPort: 0, tls, ...options });
  return { ...origin, authority, tlsPort: Number(new URL(origin.tlsUrl ?? "").port) };
}

/** A connection over TLS that takes any bytes. */
async function dialSecure({ authority, tlsPort }: SecureOrigin): Promise<TLSSocket> {
  const socket = connect({ port: tlsPort, host: "127.0.0.1", ca: authority.ca });
  await once(socket, "secureConnect");
  socket.on("error", () => {});
  return socket;
}

/** What OpenSSL's own client says and receives. */
async function sClient(
  { tlsPort }: SecureOrigin,
  args: readonly string[],
  input: string,
): Promise<string> {
  const child = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${tlsPort}`, ...args]);
  child.stdin.on("error", () => {}); // it may end first
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out + err;
}

test("curl gets a file over HTTPS, and is offered HTTP/1.1 only", async (t) => {
  const origin = await secureOrigin(t);
  const bytes = noise(3_000_000);
  const path = origin.repository.addTarget(bytes);
  const args = ["-sS", "--http2", "--cacert", origin.authority.caFile, "-w", "%{http_version}"];
  const { stdout } = await run("curl", [...args, `${origin.tlsUrl}${path}`], {
    encoding: "buffer",
    maxBuffer: 8_000_000,
  });
  assert.equal(stdout.subarray(-3).toString(), "1.1");
  assert.ok(stdout.subarray(0, -3).equals(bytes));
  const h2 = await sClient(origin, ["-alpn", "h2"], "");
  assert.match(h2, /no application protocol/);
});

test("plain HTTP stays beside HTTPS on its own port, or goes where none is wanted", async (t) => {
  const both = await secureOrigin(t);
  assert.match(both.url, /^http:/);
  assert.equal((await ask(`${both.url}metadata/timestamp.json`)).status, 200);
  const alone = await secureOrigin(t, { alone: true });
  assert.equal(alone.url, alone.tlsUrl);
  assert.match(alone.url, /^https:/);
  const plain = dial(alone.tlsPort);
  plain.write(head(line));
  assert.doesNotMatch(await untilClosed(plain), /HTTP/);
});

for (const workers of [1, 3]) {
  test(`a session is taken up again by any of ${workers} workers, in TLS 1.2 and 1.3`, async (t) => {
    const origin = await secureOrigin(t, { workers });
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const session = origin.authority.at(`session${version}`);
      const asked = ["-ign_eof", version];
      const first = await sClient(origin, [...asked, "-sess_out", session], head(line));
      assert.match(first, /^New, TLSv1\.[23]/m);
      for (let round = 0; round < 8; round++) {
        const again = await sClient(origin, [...asked, "-sess_in", session], head(line));
        assert.match(again, /^Reused, TLSv1\.[23]/m, version);
        assert.match(again, /HTTP\/1\.1 200 OK/);
      }
    }
  });
}

test("sessions are sealed with a new key from time to time", async (t) => {
  const origin = await secureOrigin(t, { limits: { tlsSessionKeyMs: 300 } });
  const session = origin.authority.at("session");
  await sClient(origin, ["-ign_eof", "-sess_out", session], head(line));
  await eventually("the session is known no more", async () => {
    const again = await sClient(origin, ["-ign_eof", "-sess_in", session], head(line));
    assert.match(again, /HTTP\/1\.1 200 OK/);
    return /^New, /m.test(again);
  });
});

test("nothing older than TLS 1.2 is spoken, and nobody gets a second handshake", async (t) => {
  const origin = await secureOrigin(t);
  const old = await sClient(origin, ["-tls1_1", "-cipher", "ALL@SECLEVEL=0"], "");
  assert.match(old, /alert protocol version/);
  const again = spawn("openssl", [
    "s_client",
    "-tls1_2",
    "-connect",
    `127.0.0.1:${origin.tlsPort}`,
  ]);
  t.after(() => again.kill());
  again.stdout.resume();
  again.stdin.write("R\n"); // s_client's letter for a renegotiation
  assert.match(await text(again.stderr), /no renegotiation|handshake failure|unexpected eof/i);
});

test("what is no TLS, breaks off or goes wrong later ends quietly, is counted, and leaves nothing", async (t) => {
  const origin = await secureOrigin(t);
  for (const bytes of [head(line), "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "\x16\x03\x01", ""]) {
    const socket = dial(origin.tlsPort);
    socket.end(Buffer.from(bytes, "latin1"));
    assert.doesNotMatch(await untilClosed(socket), /HTTP/);
  }
  const plain = dial(origin.tlsPort);
  await once(plain, "connect");
  const secured = connect({ socket: plain, host: "127.0.0.1", ca: origin.authority.ca });
  await once(secured, "secureConnect");
  secured.write(`${line}\r\nHost: a\r\n\r\n`);
  await once(secured, "data"); // the server's side of the handshake is over, too
  const broken = untilClosed(secured);
  plain.write(Buffer.from("\x17\x03\x03\x00\x13no record of TLS !!", "latin1"));
  await broken;
  await eventually("all of it is counted, and over", async () => {
    const failed = await metricOf(origin, 'tls_handshakes_total{outcome="failed"}');
    const under = await metricOf(origin, "tls_handshakes_under_way");
    const wrong = await metricOf(origin, 'connections_dropped_total{reason="tls"}');
    return (
      failed === 4 && under === 0 && wrong === 1 && (await metricOf(origin, "connections")) === 0
    );
  });
  assert.deepEqual(
    origin.logged.map(({ event }) => event),
    ["serving"],
  );
});

test("the bounds of plain connections hold over TLS, whether it is alone or not", async (t) => {
  const limits = { headerTimeMs: 500, sendGraceMs: 300, sendBytesPerSecondMin: 64 * 1024 };
  for (const alone of [true, false]) {
    const origin = await secureOrigin(t, { alone, limits });
    const path = origin.repository.addTarget(noise(16 * 1024 * 1024));
    const slow = await dialSecure(origin);
    slow.write("GET /metadata/timestamp.json HTTP/1.1\r\nHost: a\r\nX: ");
    assert.equal(statusOf(await untilClosed(slow)), 408);
    const stuck = await dialSecure(origin);
    stuck.pause();
    stuck.write(head(`GET /${path} HTTP/1.1`));
    await eventually("the reader that takes nothing is dropped", async () => {
      return (await metricOf(origin, 'connections_dropped_total{reason="slow-reader"}')) === 1;
    });
    stuck.destroy();
  }
});

test("a client that ends its side after its request still gets the answer", async (t) => {
  const origin = await secureOrigin(t);
  const path = origin.repository.addTarget(noise(2_000_000));
  const socket = await dialSecure(origin);
  socket.end(head(`GET /${path} HTTP/1.1`));
  assert.ok((await untilClosed(socket)).length > 2_000_000);
});

test("closing finishes the answer under way over TLS, and cuts it after the grace", async (t) => {
  for (const alone of [true, false]) {
    const origin = await secureOrigin(t, { alone });
    const bytes = noise(16 * 1024 * 1024);
    const path = origin.repository.addTarget(bytes);
    const url = `${origin.tlsUrl}${path}`;
    const reading = request(url, { ca: origin.authority.ca, agent: false }).end();
    const [response] = (await once(reading, "response")) as [import("node:http").IncomingMessage];
    const closed = origin.close(10_000);
    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).length;
    assert.equal(received, bytes.length);
    await closed;
    const second = await secureOrigin(t, { alone });
    const other = second.repository.addTarget(bytes);
    const stuck = await dialSecure(second);
    stuck.pause();
    stuck.write(head(`GET /${other} HTTP/1.1`));
    const sent = 'sent_bytes_total{class="patch",client="newcomer"}';
    await eventually("it is served", async () => (await metricOf(second, sent)) > 0);
    const began = performance.now();
    await second.close(200);
    assert.ok(performance.now() - began < 5_000);
    stuck.destroy();
  }
});

test("requests pipelined over TLS, all their records in one packet, are all answered", async (t) => {
  const origin = await secureOrigin(t);
  const bytes = noise(300_000);
  const path = origin.repository.addTarget(bytes);
  const right = `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  await ask(new URL(path, origin.url)); // from now on it is in memory, and begins to be sent at once
  const far = dial(origin.tlsPort);
  const packet: Buffer[] = [];
  let secure = false;
  const near = new Duplex({
    read: () => {},
    write: (record: Buffer, _encoding, written) => {
      if (secure) packet.push(record);
      else far.write(record);
      written();
    },
  });
  far.on("data", (record: Buffer) => near.push(record));
  const socket = connect({ socket: near, host: "127.0.0.1", ca: origin.authority.ca });
  await once(socket, "secureConnect");
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  secure = true;
  for (let round = 0; round < 8; round++) {
    await new Promise((resolve) => {
      socket.write(right, resolve);
    });
  }
  far.write(Buffer.concat(packet));
  await eventually("all are answered", () => received > 8 * bytes.length);
  far.destroy();
});
