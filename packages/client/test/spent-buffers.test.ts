import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { test } from "node:test";
import type { Delivery } from "@causeway/kernel";
import { nodePorts } from "../src/node/index.ts";
import { giveBack, ParsedBuffers } from "../src/node/spent-buffers.ts";

const MiB = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024, "causeway");

/** Sends `length` bytes of one buffer to whoever asks, so that nothing here is garbage. */
async function serving(length: number): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`);
      let left = length;
      const send = (): void => {
        while (left > 0) {
          left -= piece.length;
          if (!socket.write(piece)) break;
        }
        if (left > 0) socket.once("drain", send);
      };
      send();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** What `read` makes of an answer of so many bytes. */
async function answered<Value>(
  length: number,
  read: (delivery: Delivery) => Promise<Value>,
): Promise<Value> {
  const server = await serving(length);
  const { transport } = nodePorts();
  try {
    const { port } = server.address() as net.AddressInfo;
    const { signal } = new AbortController();
    const url = new URL(`http://127.0.0.1:${port}/`);
    return await read(await transport.open({ url, headers: {}, signal }));
  } finally {
    transport.close();
    server.close();
  }
}

test("what a body brought is given back when its next piece is asked for", async () => {
  const lengths = await answered(MiB, async ({ body }) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const bytes of body) {
      length += bytes.length;
      assert.equal(bytes.indexOf(0), -1);
      pieces.push(bytes);
    }
    assert.equal(length, MiB);
    return pieces.map((bytes) => bytes.length);
  });
  assert.deepEqual([...new Set(lengths)], [0]);
});

test("a long body leaves no heap of buffers behind for the collector", async () => {
  const before = process.memoryUsage().arrayBuffers;
  const most = await answered(256 * MiB, async ({ body }) => {
    let found = 0;
    for await (const _ of body) found = Math.max(found, process.memoryUsage().arrayBuffers);
    return found;
  });
  assert.ok(most - before < 4 * MiB, `${(most - before) / MiB} MiB`);
});

test("a part of a buffer is left alone: somebody else may have the rest", () => {
  const whole = new Uint8Array(8);
  giveBack(whole.subarray(1));
  giveBack(whole.subarray(0, 4));
  assert.equal(whole.length, 8);
  giveBack(whole);
  assert.equal(whole.length, 0);
  giveBack(whole);
});

test("what a parser hands on without copying it is not taken from its reader", () => {
  const parsed = new ParsedBuffers();
  const read = new Uint8Array(8);
  parsed.onData(read);
  parsed.made(read.subarray(2));
  parsed.onData(read);
  assert.equal(read.length, 8);
  const copying = new ParsedBuffers();
  copying.onData(read);
  copying.made(read.slice(2));
  copying.onData(read);
  assert.equal(read.length, 0);
});
