import assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Place } from "@causeway/kernel";
import { isWithin, placeOf, placeOfAddress } from "../src/node/connect/place.ts";
import { httpTransport } from "../src/node/http-transport.ts";

/** What a list might name, in all the ways that URLs have to write it. */
const hosts: readonly (readonly [host: string, place: Place | "nowhere"])[] = [
  ["updates.example", "public"],
  ["xn--pdates-cta.example", "public"],
  ["192.0.2.1", "public"],
  ["[2001:db8::1]", "public"],
  ["[::ffff:192.0.2.1]", "public"],
  ["[64:ff9b::c000:201]", "public"],
  ["localhost", "loopback"],
  ["localhost.", "loopback"],
  ["LOCALHOST", "loopback"],
  ["a.localhost", "loopback"],
  ["127.0.0.1", "loopback"],
  ["127.0.0.1.", "loopback"],
  ["127.1", "loopback"],
  ["2130706433", "loopback"],
  ["0x7f000001", "loopback"],
  ["0x7f.0.0x1", "loopback"],
  ["017700000001", "loopback"],
  ["0177.0.0.01", "loopback"],
  ["１２７.0.0.1", "loopback"],
  ["127。0。0。1", "loopback"],
  ["%31%32%37.0.0.1", "loopback"],
  ["[::1]", "loopback"],
  ["[0:0:0:0:0:0:0:1]", "loopback"],
  ["[::ffff:127.0.0.1]", "loopback"],
  ["[::ffff:7f00:1]", "loopback"],
  ["[::127.0.0.1]", "loopback"],
  ["[64:ff9b::127.0.0.1]", "loopback"],
  ["10.0.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.168.1.1", "private"],
  ["3232235777", "private"],
  ["100.64.0.1", "private"],
  ["[fd00::1]", "private"],
  ["[::ffff:10.0.0.1]", "private"],
  ["[64:ff9b::10.0.0.0]", "private"],
  ["0.0.0.0", "nowhere"],
  ["0", "nowhere"],
  ["169.254.169.254", "nowhere"],
  ["2852039166", "nowhere"],
  ["[fe80::1]", "nowhere"],
  ["[::ffff:169.254.169.254]", "nowhere"],
  ["[::]", "nowhere"],
  ["224.0.0.1", "nowhere"],
  ["255.255.255.255", "nowhere"],
  ["[ff02::1]", "nowhere"],
  ["[2002:7f00:1::]", "nowhere"],
  ["[2001:0:a00:1::]", "nowhere"],
];

test("a host is where its address is, however it is written", () => {
  for (const [host, place] of hosts) {
    assert.equal(placeOf(new URL(`http://${host}:8443/`)), place, host);
  }
  assert.equal(placeOf(new URL("file:///etc/")), "nowhere");
  assert.equal(placeOfAddress("fe80::1%eth0"), "nowhere");
  assert.equal(placeOfAddress("updates.example"), "nowhere", "no address at all");
});

test("what is far enough off is no nearer than allowed", () => {
  const near = (["public", "private", "loopback", "nowhere"] as const).map((place) => [
    isWithin(place, "public"),
    isWithin(place, "private"),
    isWithin(place, "loopback"),
  ]);
  assert.deepEqual(near, [
    [true, true, true],
    [false, true, true],
    [false, false, true],
    [false, false, false],
  ]);
});

test("a name that turns out to lead nearer than it may is not connected to", async (t) => {
  let asked = 0;
  const server = http.createServer((_, response) => {
    asked++;
    response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const found = [{ address: "127.0.0.1", family: 4 as const }];
  const names = { system: async () => found, servers: async () => found };
  const transport = httpTransport({ names });
  t.after(() => {
    transport.close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const open = async (host: string, reach?: Place): Promise<number> => {
    const url = new URL(`http://${host}:${port}/`);
    const { signal } = new AbortController();
    const delivery = await transport.open({ url, signal, ...(reach && { reach }) });
    delivery.close();
    return delivery.status;
  };
  for (const host of ["updates.example", "127.0.0.1", "localhost"]) {
    for (const reach of ["public", "private"] as const) {
      await assert.rejects(open(host, reach), { code: "ROUTE_UNREACHABLE", astray: true });
    }
  }
  assert.equal(asked, 0);
  assert.equal(await open("updates.example", "loopback"), 200);
  assert.equal(await open("updates.example"), 200, "what was given by hand may lead anywhere");
});
