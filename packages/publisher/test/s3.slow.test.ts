import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { forEachBounded } from "@causeway/kernel";
import { sha256Of } from "../src/disk/digest.ts";
import type { CarriedRoute, CarrierError, PublishResult, S3Config } from "../src/index.ts";
import { publish, readConfig } from "../src/index.ts";
import { CarrierProcess } from "../src/publish/carrier-process.ts";
import { S3Carrier } from "../src/publish/s3/s3-carrier.ts";
import { type Ceph, startCeph } from "./support/ceph.ts";
import { type Lie, LyingProxy } from "./support/lying-proxy.ts";
import { treeDigests } from "./support/tree-digests.ts";
import { day, patchBytes, TestVendor } from "./support/vendor.ts";

const skip = existsSync("/usr/bin/radosgw") ? false : "radosgw is not installed";
let ceph: Ceph;
let client: S3Client;
let buckets = 0;

before(async () => {
  if (skip !== false) return;
  ceph = await startCeph();
  process.env["AWS_EC2_METADATA_DISABLED"] = "true"; // asks nobody else for credentials
  process.env["AWS_ACCESS_KEY_ID"] = ceph.accessKey;
  process.env["AWS_SECRET_ACCESS_KEY"] = ceph.secretKey;
  const { endpoint } = ceph;
  client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true });
});
after(async () => {
  client?.destroy();
  await ceph?.stop();
});

const bytes = Buffer.from("hello");
const digest = sha256Of(bytes);
const hello = { path: `targets/${digest}.hello`, length: bytes.length, sha256: digest };

interface Shop {
  readonly config: S3Config;
  readonly vendor: TestVendor;
  readonly bucket: string;
  readonly proxy: LyingProxy;
}

/** A vendor with one bucket, reached over a proxy that is honest at first, and one folder. */
async function shop(t: TestContext): Promise<Shop> {
  const bucket = `bucket-${++buckets}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const proxy = new LyingProxy(ceph.port);
  const endpoint = await proxy.start();
  t.after(() => proxy.stop());
  const vendor = await TestVendor.make(t);
  await vendor.configure(
    "name: C\ncarriers:\n" +
      `  - { id: cloud, kind: s3, bucket: ${bucket}, prefix: /updates, endpoint: "${endpoint}" }\n` +
      "  - { id: web, kind: folder, path: ../web }\n",
  );
  const { carriers } = await readConfig(vendor.path("causeway.yaml"));
  const config = carriers.find((each) => each.kind === "s3");
  assert.ok(config !== undefined);
  return { vendor, bucket, proxy, config };
}

function routeOf({ routes }: PublishResult, id = "cloud"): CarriedRoute {
  const route = routes.find((each) => each.id === id);
  assert.ok(route !== undefined);
  return route;
}

/** Publishes, and expects that the bucket alone failed, so. */
async function failsOf(vendor: TestVendor): Promise<CarriedRoute> {
  const result = await vendor.publish();
  assert.ok(routeOf(result, "web").ok, "the other has it all the same");
  const route = routeOf(result);
  assert.equal(route.ok, false);
  return route;
}

async function bytesIn(bucket: string, path: string): Promise<Buffer | undefined> {
  try {
    const Key = `updates/${path}`;
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  } catch {
    return undefined;
  }
}

async function keysIn(bucket: string): Promise<readonly string[]> {
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  return (Contents ?? []).map(({ Key }) => (Key ?? "").replace("updates/", ""));
}

async function assertWhole({ vendor, bucket }: Pick<Shop, "vendor" | "bucket">): Promise<void> {
  const web = join(vendor.parent, "web");
  const paths = [...(await treeDigests(web)).keys()].map((path) => path.slice(1));
  assert.deepEqual([...(await keysIn(bucket))].toSorted(), paths.toSorted());
  await forEachBounded(paths, 8, async (path) => {
    assert.deepEqual(await bytesIn(bucket, path), await readFile(join(web, path)), path);
  });
}

test("a bucket gets exactly the tree, with what caches are to know, and no file twice", {
  skip,
}, async (t) => {
  const { vendor, bucket, proxy } = await shop(t);
  await vendor.add({ version: "1.0" });
  assert.ok(routeOf(await vendor.publish()).ok);
  await assertWhole({ vendor, bucket });
  const puts = proxy.passed.filter((line) => line.startsWith("PUT"));
  assert.match(puts.at(-1) ?? "", /metadata\/timestamp\.json/);
  const headers = async (path: string): Promise<readonly (string | undefined)[]> => {
    const Key = `updates/${path}`;
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    await found.Body?.transformToByteArray();
    return [found.CacheControl, found.ContentType];
  };
  const forever = "public, max-age=31536000, immutable";
  const patch = (await keysIn(bucket)).find((key) => key.endsWith(".reader")) ?? "";
  assert.deepEqual(await headers(patch), [forever, "application/octet-stream"]);
  assert.deepEqual(await headers("metadata/timestamp.json"), ["no-cache", "application/json"]);
  assert.deepEqual(await headers("metadata/1.root.json"), [forever, "application/json"]);
  proxy.passed.length = 0;
  assert.deepEqual(routeOf(await vendor.publish()), { id: "cloud", ok: true, bytes: 0 });
  assert.ok(proxy.passed.every((line) => line.startsWith("GET")));
});

test("a service that keeps other bytes, or none, is found, and nothing stays that would pass", {
  skip,
}, async (t) => {
  const { bucket, proxy, config } = await shop(t);
  const carrier = new S3Carrier(config, () => undefined);
  await carrier.prepare();
  const write = (): Promise<boolean> => carrier.write(hello, { kind: "bytes", bytes });
  proxy.lie = (method) => (method === "PUT" ? { kind: "answer", status: 200 } : undefined);
  await assert.rejects(write, { code: "CARRIER_LIED", message: /was taken, but is not there;/ });
  const answers = (change: (bytes: Buffer) => Buffer): void => {
    proxy.lie = (method, url) => {
      return method === "GET" && url.includes(hello.path) ? { kind: "change", change } : undefined;
    };
  };
  answers((answer) => answer.fill(0, 1, 2));
  await assert.rejects(write, { code: "CARRIER_LIED", message: /reads back with other bytes;/ });
  assert.deepEqual(await keysIn(bucket), []);
  answers((answer) => Buffer.concat([answer, answer]));
  await assert.rejects(write, { code: "CARRIER_LIED", message: /is longer than it can be/ });
  proxy.lie = () => undefined;
  assert.equal(await carrier.write(hello, { kind: "bytes", bytes: Buffer.from("hellO") }), false);
  assert.equal(await write(), true);
  assert.deepEqual(await bytesIn(bucket, hello.path), bytes);
  assert.deepEqual(await carrier.list(), [hello.path]);
  await carrier.remove([hello.path, `${hello.path}-gone`]);
  assert.deepEqual(await keysIn(bucket), []);
});

test("a service that keeps the old state is found, and mended when it is honest", {
  skip,
}, async (t) => {
  const { vendor, bucket, proxy } = await shop(t);
  await vendor.publish();
  const old = await bytesIn(bucket, "metadata/timestamp.json");
  await vendor.add({ version: "1.1" });
  proxy.lie = (method, url) => {
    const isTimestamp = method === "PUT" && url.includes("timestamp.json");
    return isTimestamp ? { kind: "answer", status: 200 } : undefined;
  };
  const { error } = await failsOf(vendor);
  assert.deepEqual([error?.code, old !== undefined], ["CARRIER_LIED", true]);
  assert.match(error?.message ?? "", /timestamp\.json was taken, but reads back with other bytes/);
  assert.deepEqual(await bytesIn(bucket, "metadata/timestamp.json"), old);
  proxy.lie = () => undefined;
  assert.ok(routeOf(await vendor.publish()).ok);
  assert.notDeepEqual(await bytesIn(bucket, "metadata/timestamp.json"), old);
});

test("bytes that were changed in the bucket are found and repaired on demand", {
  skip,
}, async (t) => {
  const { vendor, bucket, proxy } = await shop(t);
  await vendor.add({ version: "1.0" });
  await vendor.publish();
  proxy.lie = (method, url) => {
    if (method !== "GET" || !url.includes(".reader?")) return undefined;
    proxy.lie = () => undefined; // once
    return { kind: "change", change: (answer) => answer.fill(0, 100, 101) };
  };
  const { routes } = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  const { length } = patchBytes("1.0");
  assert.deepEqual(routes[1], { id: "cloud", ok: true, bytes: length });
  await assertWhole({ vendor, bucket });
  const names = await readdir(join(vendor.repository, "targets"), { recursive: true });
  const name = names.find((each) => each.endsWith(".reader")) ?? "";
  for (const tree of [vendor.repository, join(vendor.parent, "web")]) {
    await writeFile(join(tree, "targets", name), Buffer.alloc(length));
  }
  const restored = await publish(vendor.dir, { ...vendor.common(), everyByte: true });
  assert.ok(
    restored.routes.every(({ ok }) => ok),
    "from the bucket",
  );
  await assertWhole({ vendor, bucket });
});

test("a long file that was interrupted goes on where it stopped, and old halves go", {
  skip,
}, async (t) => {
  const { vendor, bucket, proxy, config } = await shop(t);
  const file = await vendor.file("reader", randomBytes(11 * 1024 * 1024));
  await vendor.add({ version: "1.0", file });
  const partOf = (url: string): number => Number(/partNumber=(\d+)/i.exec(url)?.[1] ?? 0);
  proxy.lie = (method, url) => (method === "PUT" && partOf(url) > 1 ? { kind: "cut" } : undefined);
  assert.equal((await failsOf(vendor)).error?.code, "CARRIER_UNREACHABLE");
  proxy.lie = () => undefined;
  const first = proxy.passed.filter((line) => partOf(line) > 0);
  proxy.passed.length = 0;
  assert.ok(routeOf(await vendor.publish()).ok);
  await assertWhole({ vendor, bucket });
  const later = proxy.passed.filter((line) => partOf(line) > 0);
  const isSame = (line: string): boolean => first.includes(line);
  assert.ok(first.length > 0 && !later.some(isSame), "no part was sent twice");
  const of = { Bucket: bucket };
  const key = "updates/targets/given-up";
  await client.send(new CreateMultipartUploadCommand({ ...of, Key: key }));
  for (const [days, left] of [
    [1, 1],
    [8, 0],
  ] as const) {
    const now = (): number => Date.now() + days * day;
    await new S3Carrier(config, () => undefined, now).prepare();
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(of));
    assert.equal(Uploads.length, left, `after ${days} days`);
  }
});

test("what is wrong with a bucket is told with a code and what to do about it", {
  skip,
}, async (t) => {
  const { bucket, proxy, config } = await shop(t);
  const fails = async (code: string, message: RegExp, lie?: Lie): Promise<void> => {
    proxy.lie = () => lie;
    const carrier = new S3Carrier(config, () => undefined);
    const writing = carrier.prepare().then(() => carrier.write(hello, { kind: "bytes", bytes }));
    await assert.rejects(writing, (error: CarrierError) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return error.message.startsWith(`s3://${new URL(config.endpoint ?? "").host}/${bucket}/`);
    });
  };
  process.env["AWS_SECRET_ACCESS_KEY"] = "another";
  await fails("CARRIER_DENIED", /credentials are wrong .*check AWS_ACCESS_KEY_ID or the profile/);
  process.env["AWS_ACCESS_KEY_ID"] = "nobody";
  await fails("CARRIER_DENIED", /\(InvalidAccessKeyId\)/);
  process.env["AWS_ACCESS_KEY_ID"] = "";
  await fails("CARRIER_DENIED", /no credentials; set AWS_ACCESS_KEY_ID/);
  process.env["AWS_ACCESS_KEY_ID"] = ceph.accessKey;
  process.env["AWS_SECRET_ACCESS_KEY"] = ceph.secretKey;
  await fails("CARRIER_UNREACHABLE", /check the endpoint and the network/, { kind: "cut" });
  const answer = (status: number, code: string): Lie => {
    const body = `<Error><Code>${code}</Code><Message>no</Message></Error>`;
    return { kind: "answer", status, body };
  };
  await fails("CARRIER_BUSY", /asks for fewer requests/, answer(503, "SlowDown"));
  await fails("CARRIER_CLOCK", /set the clock/, answer(403, "RequestTimeTooSkewed"));
  await fails("CARRIER_FULL", /make room/, answer(403, "QuotaExceeded"));
  await fails("CARRIER_MISSING", /set region or endpoint/, answer(301, "PermanentRedirect"));
  await fails("CARRIER_IO", /InternalError, 500/, answer(500, "InternalError"));
  await forbidWriting(bucket);
  await fails("CARRIER_DENIED", /need to list, read, write and delete/);
  const nowhere = new S3Carrier({ ...config, bucket: `${bucket}-no` }, () => undefined);
  const missing = { code: "CARRIER_MISSING", message: /there is no such bucket; make it/ };
  await assert.rejects(nowhere.prepare(), missing);
});

test("a service whose list has no end is given up", { skip }, async (t) => {
  const { proxy, config } = await shop(t);
  const more = "<IsTruncated>true</IsTruncated><NextContinuationToken>on</NextContinuationToken>";
  const body = `<ListBucketResult>${more}</ListBucketResult>`;
  proxy.lie = () => ({ kind: "answer", status: 200, body });
  const carrier = new S3Carrier(config, () => undefined);
  const endless = { code: "CARRIER_IO", message: /its list of objects has no end/ };
  await assert.rejects(carrier.prepare(), endless);
});

test("a service that takes connections and says nothing is given up", { skip }, async (t) => {
  const { proxy, config } = await shop(t);
  proxy.lie = () => ({ kind: "silent" });
  const options = { stallMs: 3000, signal: undefined, log: () => undefined };
  const carrier = new CarrierProcess(config, options);
  t.after(() => carrier.close());
  const stalled = { code: "HOST_IO", message: /no sign of life for 3 seconds; look at it and the/ };
  await assert.rejects(carrier.prepare(), stalled);
});

async function forbidWriting(bucket: string): Promise<void> {
  const Resource = `arn:aws:s3:::${bucket}/*`;
  const deny = { Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [deny] });
  await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
}
