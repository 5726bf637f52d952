import assert from "node:assert/strict";
import { test } from "node:test";
import { signedAtField } from "@causeway/trust";
import { assertRefused } from "./support/refusal.ts";
import { TestClient } from "./support/test-client.ts";
import { day, now, TestRepository, utc } from "./support/test-repository.ts";
import { TufJsClient } from "./support/tuf-js-client.ts";

/** What the online roles sign at `at`: the timestamp for three days, the snapshot for fourteen. */
function signAt(repository: TestRepository, at: number): void {
  repository.timestamp[signedAtField] = utc(at);
  repository.timestamp.expires = utc(at + 3 * day);
  repository.snapshot.expires = utc(at + 14 * day);
  repository.publish("snapshot", "timestamp");
}

const decades = 20 * 365 * day;

test("expiry is never judged before the newest time of signing, however far back the clock is", () => {
  const repository = new TestRepository();
  signAt(repository, now);
  const old = new Map([...repository.published].map(([role, files]) => [role, [...files]]));
  const client = new TestClient(repository);
  client.refresh(now - decades);
  assert.equal(client.open().trustedTime(now - decades), now);
  signAt(repository, now + 5 * day);
  client.refresh(now - decades);
  assert.equal(client.open().trustedTime(now - decades), now + 5 * day);
  repository.published.set("timestamp", old.get("timestamp") ?? []);
  assertRefused(() => client.refresh(now - decades), "TRUST_ROLLBACK");
});

test("what had expired when the timestamp was signed is refused, although the clock is behind", () => {
  for (const role of ["root", "targets"]) {
    const repository = new TestRepository();
    const document = role === "root" ? repository.root : repository.targets;
    document.expires = utc(now + 10 * day);
    repository.publish(role);
    signAt(repository, now + 10 * day);
    const client = new TestClient(repository);
    assertRefused(() => client.refresh(now), "TRUST_EXPIRED", role);
  }
});

test("the newest time of signing outlives a crash, for it is in the timestamp that was kept", () => {
  const repository = new TestRepository();
  signAt(repository, now + 5 * day);
  const client = new TestClient(repository);
  const kept = client.state;
  client.refresh(now);
  for (const name of kept.keys()) if (name !== "timestamp.json") kept.delete(name);
  assert.equal(client.open(now).trustedTime(now), now + 5 * day);
});

test("a future that a stolen timestamp key signed is let go of with the key", () => {
  const repository = new TestRepository();
  repository.timestamp[signedAtField] = utc(now + decades);
  repository.timestamp.expires = utc(now + 2 * decades);
  repository.publish("timestamp");
  const client = new TestClient(repository);
  assertRefused(() => client.refresh(), "TRUST_EXPIRED", "root"); // by the thief's time
  const fresh = repository.addKey("timestamp");
  repository.root.roles["timestamp"] = { keyids: [fresh.keyid], threshold: 1 };
  repository.signers.set("timestamp", [fresh]);
  repository.publish("root");
  signAt(repository, now);
  client.refresh();
  assert.equal(client.open().newestSignedAt, now);
});

test("a time of signing is a UTC second before the end, or the document is refused", () => {
  const wrong = ["yesterday", 5, null, utc(now).replace("Z", ".000Z"), utc(now + 3 * day)];
  for (const value of wrong) {
    const repository = new TestRepository();
    repository.timestamp.expires = utc(now + 3 * day);
    repository.timestamp[signedAtField] = value;
    repository.publish("timestamp");
    const client = new TestClient(repository);
    assertRefused(() => client.refresh(), "TRUST_MALFORMED");
  }
});

test("tuf-js reads a timestamp that says when it was signed, as it reads any other", async () => {
  const repository = new TestRepository();
  repository.addTarget("file", "content");
  repository.publish("targets");
  signAt(repository, now);
  using other = new TufJsClient(repository);
  assert.equal(await other.isFound("file"), true);
});
