import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { HostError, placeStart } from "@causeway/kernel";
import { readFleetTicket } from "../src/node/index.ts";
import { decodeFleetTicket, type FleetTicket, firstTicket } from "../src/routes/fleet-ticket.ts";
import { ticketMsMax } from "../src/routes/ticket.ts";
import { clientOf, ports, vendor } from "./support/customer.ts";
import { now, product, startRoutes } from "./support/field.ts";
import { tempFolder } from "./support/temp-folder.ts";
import { ticketUntil } from "./support/tickets.ts";

const day = 86_400_000;
const steady = 5_000;
const end = now + 7 * day;

function fleetTicket(url: string, expires = end): FleetTicket {
  const text = ticketUntil(expires / 1000, "fleet-acme");
  return { url, text };
}

function fileOf({ url, text }: FleetTicket, members: object = {}): Uint8Array {
  const all = { _type: "causeway-fleet-ticket", fleet: "acme", machines: 500, url, ticket: text };
  return Buffer.from(JSON.stringify({ ...all, ...members }));
}

test("the ticket given by hand goes first, but for what the route made of it, and after its end", () => {
  const given = fleetTicket("https://updates.example/");
  const first = (text: string | undefined, by = given, wall = now): string | undefined => {
    const kept = text === undefined ? undefined : { text, until: steady + 1_000 };
    return firstTicket(kept, by, wall, steady)?.text;
  };
  const own = ticketUntil((now + day) / 1000, "machine");
  assert.equal(first(undefined), given.text);
  assert.equal(first(own), given.text);
  assert.equal(first(`${placeStart}e30.e30.s`), given.text, "a place is worth less");
  const renewed = ticketUntil(end / 1000, "fleet-acme", [9001]);
  assert.equal(first(renewed), renewed, "under today's key, and with today's entrances");
  const next = fleetTicket(given.url, end + 30 * day);
  assert.equal(first(renewed, next), next.text, "the vendor gave a new one");
  assert.equal(first("a.b.c"), given.text);

  const late = end;
  assert.equal(first(own, given, late), own);
  assert.equal(first(undefined, given, late), given.text, "the clock may be wrong");
  assert.equal(firstTicket(undefined, undefined, now, steady), undefined);
  const until = (wall: number): number | undefined => {
    return firstTicket(undefined, given, wall, steady)?.until;
  };
  assert.equal(until(late - 1_000), steady + 1_000);
  assert.equal(until(0), steady + ticketMsMax);
  assert.equal(until(late), steady + ticketMsMax);
});

test("a ticket given by hand is shown to its route from the first request on, and to no other", async () => {
  await using temp = await tempFolder();
  await using routes = await startRoutes(["honest", "honest"], vendor.files());
  const [own, mirror] = routes.servers;
  assert.ok(own !== undefined && mirror !== undefined);
  const given = fleetTicket(own.url);
  const client = clientOf(temp.path, routes.urls, vendor.trust, ports, {
    tickets: [given],
  });
  const told = await client.check(product, { platform: "any" });
  assert.doesNotMatch(JSON.stringify(told), /eyJ/);
  assert.deepEqual(new Set(own.authorizations), new Set([`Bearer ${given.text}`]));
  assert.ok(mirror.authorizations.length > 0);
  assert.deepEqual(new Set(mirror.authorizations), new Set([undefined]));

  const stranger = fleetTicket("https://updates.example/");
  await using other = await tempFolder();
  const before = own.authorizations.length;
  await clientOf(other.path, routes.urls, vendor.trust, ports, { tickets: [stranger] }).check(
    product,
    {
      platform: "any",
    },
  );
  assert.deepEqual(new Set(own.authorizations.slice(before)), new Set([undefined]));
});

test("what the route renewed is shown in the next run; a new one of the vendor takes its place", async () => {
  await using temp = await tempFolder();
  await using routes = await startRoutes(["honest"], vendor.files());
  const [own] = routes.servers;
  assert.ok(own !== undefined);
  own.wall = () => now;
  const given = fleetTicket(own.url);
  const renewed = ticketUntil(end / 1000, "fleet-acme", []);
  const shownIn = async (by: FleetTicket): Promise<string | undefined> => {
    const before = own.authorizations.length;
    const client = clientOf(temp.path, routes.urls, vendor.trust, ports, { tickets: [by] });
    await client.check(product, { platform: "any" });
    return own.authorizations[before];
  };
  own.headers = { "causeway-ticket": renewed };
  assert.equal(await shownIn(given), `Bearer ${given.text}`);
  assert.equal(await shownIn(given), `Bearer ${renewed}`);
  const next = fleetTicket(own.url, end + day);
  assert.equal(await shownIn(next), `Bearer ${next.text}`);
});

test("a fleet's ticket is read without what is for people, or of a later release", () => {
  const given = fleetTicket("https://updates.example/");
  assert.deepEqual(decodeFleetTicket(fileOf(given, { contact: "it@acme.example" })), given);
});

test("what is no ticket of a fleet is refused, without a word of what is in it", () => {
  const given = fleetTicket("https://updates.example/");
  const wrong: readonly Uint8Array[] = [
    Buffer.from(""),
    Buffer.from("{"),
    Buffer.from("[]"),
    Buffer.from(given.text),
    Buffer.alloc(4 * 1024 + 1, " "),
    fileOf(given, { _type: "causeway-policy" }),
    fileOf(given, { _type: undefined }),
    fileOf(given, { url: "file:///srv/" }),
    fileOf(given, { url: "https://name:word@updates.example/" }),
    fileOf(given, { url: "https://updates.example/?a" }),
    fileOf(given, { url: "https://updates.example" }),
    fileOf(given, { url: `https://updates.example/${"a".repeat(1_024)}/` }),
    fileOf(given, { ticket: `${given.text}\r\nX: y` }),
    fileOf(given, { ticket: `${given.text}.d` }),
    fileOf(given, { ticket: `${given.text}${"x".repeat(1_024)}` }),
    fileOf(given, { ticket: 1 }),
  ];
  for (const [at, bytes] of wrong.entries()) {
    assert.throws(
      () => decodeFleetTicket(bytes),
      ({ code, message }: { code: string; message: string }) => {
        return code === "TRUST_MALFORMED" && !message.includes(given.text.slice(0, 40));
      },
      `${at}`,
    );
  }
});

test("a file that is no ticket is told, without a word of what is in it", async () => {
  await using temp = await tempFolder();
  const file = path.join(temp.path, "acme.json");
  const given = fleetTicket("https://updates.example/");
  const wrong = (message: RegExp): object => ({ code: "USAGE_ARGUMENT", message });
  await assert.rejects(readFleetTicket(file), wrong(/acme\.json: there is no such file\./));
  await writeFile(file, given.text);
  await assert.rejects(
    readFleetTicket(file),
    wrong(/should be the ticket that the vendor gave\.$/),
  );
  await assert.rejects(readFleetTicket(file), ({ message }: Error) => !message.includes("eyJ"));
  await writeFile(file, " ".repeat(1_000_000));
  await assert.rejects(readFleetTicket(file), { code: "HOST_CORRUPT_STATE" });
  await writeFile(file, fileOf(given));
  assert.deepEqual(await readFleetTicket(file), given);
  await mkdir(path.join(temp.path, "folder"));
  await assert.rejects(readFleetTicket(path.join(temp.path, "folder")), HostError);
});
