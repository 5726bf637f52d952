import assert from "node:assert/strict";
import { test } from "node:test";
import { networkKeyOf, prefixOf } from "../src/tls/address-prefix.ts";

function prefixes(address: string): readonly [string, string] | undefined {
  const prefix = prefixOf(address);
  return (
    prefix && [Buffer.from(prefix.near).toString("hex"), Buffer.from(prefix.wide).toString("hex")]
  );
}

test("an address of IPv4 is a /32 in a /24, in whichever form it comes", () => {
  const expected = ["00000000000000000000ffffcb007107", "00000000000000000000ffffcb0071"];
  for (const form of ["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107"]) {
    assert.deepEqual(prefixes(form), expected, form);
  }
});

test("an address of IPv6 is a /64 in a /48, however it is shortened", () => {
  const expected = ["20010db800010002", "20010db80001"];
  for (const form of [
    "2001:db8:1:2::3",
    "2001:db8:1:2:0:0:0:3",
    "2001:db8:1:2:ffff::",
    "2001:DB8:1:2::1.2.3.4",
  ]) {
    assert.deepEqual(prefixes(form), expected, form);
  }
  assert.deepEqual(prefixes("fe80::1%eth0"), ["fe80000000000000", "fe8000000000"]);
  assert.deepEqual(prefixes("::"), ["0000000000000000", "000000000000"]);
  assert.deepEqual(prefixes("::1"), ["0000000000000000", "000000000000"]);
});

test("what is no address has no prefix", () => {
  for (const text of ["", "localhost", "1.2.3", "1.2.3.4.5", ":::", "/run/socket"]) {
    assert.equal(prefixOf(text), undefined, text);
  }
  assert.equal(prefixOf(undefined), undefined);
});

test("addresses have one key if they are of one network, and only then", () => {
  const networks = [
    ["203.0.113.7", "203.0.113.255", "::ffff:203.0.113.9", "::ffff:cb00:7101"],
    ["203.0.114.7", "203.0.114.0"],
    ["20.30.113.7"],
    ["2001:db8:1:2::3", "2001:db8:1:ffff::", "2001:DB8:1::1.2.3.4"],
    ["2001:db8:2::3"],
    ["", "localhost", "1.2.3", undefined],
  ];
  const keys = networks.map((addresses) => new Set(addresses.map(networkKeyOf)));
  for (const [at, each] of keys.entries()) assert.equal(each.size, 1, networks[at]?.join());
  assert.equal(new Set(keys.flatMap((each) => [...each])).size, networks.length);
});
