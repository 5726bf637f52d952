import assert from "node:assert/strict";
import { test } from "node:test";
import { isPlaceText } from "@causeway/kernel";
import fc from "fast-check";
import { placeLifeSeconds, WaitingPlaces } from "../../src/shield/waiting-places.ts";
import { type AddressPrefix, prefixOf } from "../../src/tls/address-prefix.ts";
import { key, now, otherKey, signedText } from "../support/tickets.ts";

const keys = [key, otherKey].map((each) => ({ ...each, createdAt: 0 }));

function placesOf(audience: string, of = keys): WaitingPlaces {
  const places = new WaitingPlaces(audience);
  places.setKeys(of);
  return places;
}

function at(address: string): AddressPrefix {
  const from = prefixOf(address);
  assert.ok(from);
  return from;
}

const places = placesOf("web-1");
const here = at("192.0.2.1");
const given = places.give(here, 10, now) ?? "";

test("a place holds from when its bearer was told to come until some minutes later", () => {
  assert.ok(isPlaceText(given));
  const lateness = (seconds: number): number | undefined => {
    return places.verify(given, here, now + seconds)?.lateMs;
  };
  assert.equal(lateness(8.9), undefined, "who does not wait has none");
  assert.equal(lateness(9), 0, "Retry-After counts whole seconds");
  assert.equal(lateness(10), 0);
  assert.equal(lateness(14.5), 4_500);
  assert.equal(lateness(10 + placeLifeSeconds - 1), (placeLifeSeconds - 1) * 1000);
  assert.equal(lateness(10 + placeLifeSeconds), undefined);
});

test("a place is one network's, one route's, and of the keys of today", () => {
  const due = now + 10;
  assert.ok(places.verify(given, at("192.0.2.99"), due), "of the same /24");
  assert.equal(places.verify(given, at("192.0.3.1"), due), undefined);
  assert.equal(placesOf("web-2").verify(given, here, due), undefined);
  assert.ok(placesOf("web-1", keys.toReversed()).verify(given, here, due), "another origin's");
  assert.equal(placesOf("web-1", []).verify(given, here, due), undefined);
  assert.equal(placesOf("web-1", []).give(here, 10, now), undefined);
  const rotated = keys.map((each) => ({ ...each, secret: "u".repeat(43) }));
  assert.equal(placesOf("web-1", rotated).verify(given, here, due), undefined);
});

test("each place is another one", () => {
  const ids = [1, 2].map(() => {
    return places.verify(places.give(here, 0, now) ?? "", here, now)?.id;
  });
  assert.equal(new Set(ids).size, 2);
});

test("what was changed, or signed as a ticket, is no place", () => {
  const due = now + 10;
  const [header = "", claims = "", signature = ""] = given.split(".");
  const earlier = Buffer.from(JSON.stringify({ jti: "A".repeat(22), nbf: 0, exp: due + 1 }));
  const wrong = [
    "",
    `${header}.${claims}.`,
    `${header}.${claims}.${signature}.`,
    `${header}.${earlier.toString("base64url")}.${signature}`,
    `${header}.${claims}.${"A".repeat(43)}`,
    given.replace(/.$/, (last) => (last === "A" ? "B" : "A")),
    `${given}${"A".repeat(300)}`,
    signedText(JSON.stringify({ typ: "place", kid: key.kid }), earlier.toString()),
  ];
  for (const text of wrong) assert.equal(places.verify(text, here, due), undefined, text);
});

test("nothing that is shown as a place breaks anything", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), fc.nat(2), (text, part) => {
      const parts = given.split(".").map((each, index) => (index === part ? text : each));
      const place = places.verify(parts.join("."), here, now + 10);
      assert.equal(place === undefined, parts.join(".") !== given);
    }),
  );
});
