import { edgeLimits as limits } from "./edge-limits.ts";
import { edgeFiles, placeKeyName } from "./edge-names.ts";
import type { HaproxyPlan } from "./haproxy-plan.ts";

/** What every place begins with that an HAProxy gives; no origin of ours signs with such a key. */
const start = Buffer.from(JSON.stringify({ typ: "place", kid: "edge" })).toString("base64url");

const sealed = "%[var(txn.place)] %[src,ipmask(24,48)]";
const seal = "var(txn.sealed),hmac(sha256,txn.place_key),ub64enc";

/**
 * Rules that set `txn.in_place` when a newcomer was refused here and comes back when it was told to,
 * from the same network; `txn.used` then is how much it did with that place in the last ten seconds.
 * A place is `start`, the second from which it holds and a random number, and what seals both.
 */
export function haproxyPlaces({ name }: HaproxyPlan): readonly string[] {
  const shown = "{ var(txn.place) -m found }";
  return [
    "  # Places: who comes back when it was told to, which no flood does, goes before other newcomers.",
    `  http-request set-var(txn.place_key) str(${placeKeyName}),map_str(${edgeFiles.placeKey})`,
    "  http-request set-var(txn.place) var(txn.token),field(2,.) " +
      `if { var(txn.token),field(1,.) -m str ${start} } { var(txn.token),length le 256 }`,
    `  http-request set-var-fmt(txn.sealed) "${sealed}" if ${shown}`,
    `  http-request set-var(txn.seal) ${seal} if ${shown}`,
    `  http-request set-var(txn.early) var(txn.place),field(1,-),sub(sess.now) if ${shown}`,
    `  http-request set-var(txn.used) var(txn.place),table_http_req_rate(tickets_${name}) if ${shown}`,
    `  acl in_place var(txn.token),field(3,.),strcmp(txn.seal) eq 0`,
    "  http-request set-var(txn.in_place) bool(false)",
    `  http-request set-var(txn.in_place) bool(true) if ${shown} in_place ` +
      `{ var(txn.early) -m int lt 2 } { var(txn.early) -m int gt -${limits.placeSeconds} } ` +
      `{ var(txn.used) -m int lt ${limits.addressShare} }`,
    `  http-request track-sc1 var(txn.place) table tickets_${name} if { var(txn.in_place) -m bool }`,
  ];
}

/** Rules that give a newcomer a place with what refuses it. */
export function haproxyPlaceGiven(): readonly string[] {
  const refused =
    "if { status 429 503 } { var(txn.place_key) -m found } !{ var(txn.ticketed) -m bool } " +
    "!{ res.hdr(causeway-ticket) -m found }";
  const rule = (text: string): string => `  http-after-response ${text} ${refused}`;
  return [
    rule("set-var(txn.wait) rand(20),add(5)"),
    rule("set-var(txn.from) date(),add(txn.wait)"),
    rule('set-var-fmt(txn.place) "%[var(txn.from)]-%[rand]-%[rand]"'),
    rule(`set-var-fmt(txn.sealed) "${sealed}"`),
    rule(`set-var(txn.seal) ${seal}`),
    rule('set-header Retry-After "%[var(txn.wait)]"'),
    rule(`set-header Causeway-Ticket "${start}.%[var(txn.place)].%[var(txn.seal)]"`),
  ];
}
