import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type Delivery, RouteError } from "@causeway/kernel";
import { isVouchedFor } from "../src/node/connect/vouching.ts";
import { httpTransport } from "../src/node/http-transport.ts";
import type { Certificate } from "./support/certificate.ts";
import { type Issue, issue } from "./support/issuer.ts";

const past = [2000, 2001] as const;
const future = [2090, 2091] as const;
const always = [2000, 2091] as const;

const root = await issue({ name: "root", isAuthority: true, years: always });
const between = await issue({ name: "between", isAuthority: true, years: always, by: root });

async function leaf(change: Partial<Issue>): Promise<Certificate> {
  const issued = await issue({ name: "localhost", years: past, by: between, ...change });
  return { key: issued.key, cert: `${issued.cert}${between.cert}` };
}

/** Asks a server that has the certificate; of two requests, the answer to the second one. */
async function ask(
  t: TestContext,
  certificate: Certificate,
  { ca = root.cert, credentials = "" } = {},
): Promise<Delivery> {
  const options = { ...certificate, allowHTTP1: true };
  const server = http2.createSecureServer(options, (_, response) => void response.end("signed"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const transport = httpTransport({ ca: [ca] });
  t.after(() => {
    transport.close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = new URL(`https://${credentials}localhost:${port}/metadata/timestamp.json`);
  const { signal } = new AbortController();
  const first = await transport.open({ url, signal });
  first.close();
  return transport.open({ url, signal });
}

async function textOf({ body }: Delivery): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts).toString();
}

function isRefused(error: unknown): boolean {
  assert.ok(error instanceof RouteError);
  assert.equal(error.code, "ROUTE_UNREACHABLE");
  assert.match(error.message, /certificate/);
  return true;
}

for (const [when, years] of Object.entries({ past, future })) {
  test(`a certificate of the ${when} serves a machine whose clock may be wrong`, async (t) => {
    const delivery = await ask(t, await leaf({ years }));
    assert.equal(await textOf(delivery), "signed");
    assert.equal(delivery.headers.has("date"), false, "it has no say in what time it is");
  });
}

test("a certificate of today does as ever, and tells the time", async (t) => {
  const delivery = await ask(t, await leaf({ years: always }));
  assert.equal(await textOf(delivery), "signed");
  assert.equal(delivery.headers.has("date"), true);
});

test("authorities, too, may have been good at another time", async (t) => {
  const old = await issue({ name: "old root", isAuthority: true, years: past });
  const delivery = await ask(t, await issue({ name: "localhost", years: past, by: old }), {
    ca: old.cert,
  });
  assert.equal(await textOf(delivery), "signed");
});

test("credentials do not go over a certificate of the past", async (t) => {
  const certificate = await leaf({});
  await assert.rejects(ask(t, certificate, { credentials: "name:password@" }), isRefused);
});

test("a certificate of the past for another host is refused", async (t) => {
  await assert.rejects(ask(t, await leaf({ name: "elsewhere.example" })), isRefused);
});

test("a certificate of the past that nobody known vouches for is refused", async (t) => {
  const stranger = await issue({ name: "root", isAuthority: true, years: always });
  await assert.rejects(ask(t, await leaf({ by: stranger })), isRefused);
  await assert.rejects(ask(t, await issue({ name: "localhost", years: past })), isRefused);
});

test("a signature counts, not the issuer's name", async () => {
  const stranger = await issue({ name: "root", isAuthority: true, years: always });
  const of = ({ cert }: Certificate): X509Certificate => new X509Certificate(cert);
  const direct = { name: "localhost", years: past };
  const good = of(await issue({ ...direct, by: root }));
  const bad = of(await issue({ ...direct, by: stranger }));
  assert.equal(isVouchedFor(good, "localhost", [of(root)]), true);
  assert.equal(isVouchedFor(bad, "localhost", [of(root)]), false);
});

test("a certificate of the past that was issued by no authority is refused", async (t) => {
  const plain = await issue({ name: "plain.example", years: always, by: root });
  const { key, cert } = await issue({ name: "localhost", years: past, by: plain });
  await assert.rejects(ask(t, { key, cert: `${cert}${plain.cert}` }), isRefused);
});
