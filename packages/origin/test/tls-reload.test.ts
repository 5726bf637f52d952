import assert from "node:assert/strict";
import fs from "node:fs";
import { Agent, get } from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { test } from "node:test";
import { connect } from "node:tls";
import { TestAuthority } from "./support/certificate.ts";
import { eventually, sleep, testOrigin } from "./support/origin.ts";
import { childrenOf } from "./support/processes.ts";
import { noise } from "./support/repository.ts";

/** The name in the certificate that a new connection is shown. */
function nameShown(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const socket = connect({ port: Number(port), host: "127.0.0.1", ca }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

function askSecure(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
      });
      response.once("end", () => resolve(length));
      response.once("error", reject);
    }).once("error", reject);
  });
}

for (const workers of [1, 2]) {
  test(`a new pair is used by ${workers} workers without a restart, and under load no connection is lost`, async (t) => {
    const authority = new TestAuthority(t);
    const origin = await testOrigin(t, { workers, tls: authority.files });
    const url = `${origin.url}${origin.repository.addTarget(noise(200_000))}`;
    const kept = new Agent({ keepAlive: true, maxSockets: 4, ca: authority.ca });
    const fresh = new Agent({
      keepAlive: false,
      maxSockets: 4,
      ca: authority.ca,
      maxCachedSessions: 0,
    });
    t.after(() => {
      kept.destroy();
      fresh.destroy();
    });
    const over = new AbortController();
    let answers = 0;
    const load = [kept, kept, kept, fresh, fresh].map(async (agent) => {
      while (!over.signal.aborted) {
        assert.equal(await askSecure(url, agent), 200_000);
        answers++;
      }
    });
    for (const name of ["second", "third"]) {
      authority.put(authority.issue(name));
      await eventually("every worker shows it", async () => {
        const shown = Array.from({ length: 8 }, () => nameShown(origin.url, authority.ca));
        return (await Promise.all(shown)).every((each) => each === name);
      });
    }
    over.abort();
    await Promise.all(load);
    assert.ok(answers > 20, String(answers));
    const changes = origin.logged.filter(({ event }) => event === "tls-certificate-changed");
    assert.equal(changes.length, 2);
  });
}

test("a half-written pair keeps the old one, is told once, and is used when it is whole", async (t) => {
  const authority = new TestAuthority(t);
  const origin = await testOrigin(t, { tls: authority.files });
  const events = (name: string) => origin.logged.filter(({ event }) => event === name);
  const { cert, key } = authority.issue("second");
  authority.write("cert.pem", cert);
  await eventually("it is told", () => events("tls-certificate-kept").length === 1);
  assert.equal(events("tls-certificate-kept")[0]?.fields["code"], "TLS_MISMATCH");
  authority.write("cert.pem", cert.slice(0, 300));
  await sleep(1_200);
  authority.write("key.pem", "");
  await sleep(1_200);
  assert.equal(await nameShown(origin.url, authority.ca), "first");
  assert.equal(events("tls-certificate-kept").length, 1);
  authority.put({ cert, key });
  await eventually("the new one is shown", async () => {
    return (await nameShown(origin.url, authority.ca)) === "second";
  });
  authority.write("key.pem", "");
  await eventually("the next fault is told again", () => {
    return events("tls-certificate-kept").length === 2;
  });
});

test("a new pair that cannot be read for a moment is used when it can be", async (t) => {
  const authority = new TestAuthority(t);
  const origin = await testOrigin(t, { tls: authority.files });
  const busy = t.mock.method(fs.promises, "open", async () => {
    throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
  });
  syncBuiltinESMExports();
  authority.put(authority.issue("second"));
  await eventually("it is told", () => {
    return origin.logged.some(({ event }) => event === "tls-certificate-kept");
  });
  busy.mock.restore();
  syncBuiltinESMExports();
  await eventually("the new one is shown", async () => {
    return (await nameShown(origin.url, authority.ca)) === "second";
  });
});

test("a worker that is started again shows the newest pair, too", async (t) => {
  const authority = new TestAuthority(t);
  const origin = await testOrigin(t, { workers: 2, adminPort: 0, tls: authority.files });
  authority.put(authority.issue("second"));
  await eventually("it is shown", async () => {
    return (await nameShown(origin.url, authority.ca)) === "second";
  });
  for (const pid of childrenOf(process.pid, "worker-main")) process.kill(pid, "SIGKILL");
  await eventually("new workers show it", async () => {
    const names = await Promise.all(
      Array.from({ length: 6 }, () => nameShown(origin.url, authority.ca).catch(() => "none")),
    );
    return names.every((name) => name === "second");
  });
});
