import { edgeLimits as limits } from "./edge-limits.ts";
import { edgeNames, type HaproxyPlan } from "./haproxy-plan.ts";
import { isOpenAcl } from "./open-rules.ts";

/** An age in seconds beyond which tickets are equally old; HAProxy's offsets end at 524,287. */
const oldestSeconds = 500_000;

/**
 * Rules that set `txn.ticketed` when the request has a ticket of ours that is good, and within one
 * machine's share; `txn.age` then is how many seconds ago that machine was first seen. What fails
 * is no ticket, and its bearer a newcomer. No claim is read before the signature holds.
 * @param keys the map from a ticket's header to its secret
 */
export function haproxyTickets(plan: HaproxyPlan, keys: string): readonly string[] {
  const claim = (name: string, type: string): string => {
    return `  http-request set-var(txn.${name}) var(txn.token),jwt_payload_query('$.${name}'${type}) if signed`;
  };
  const names = edgeNames(plan);
  const ticketed = "{ var(txn.ticketed) -m bool }";
  const short = "{ var(txn.token),length le 1024 }";
  return [
    "  # Tickets: two keys at most, by the header that each of them signs.",
    "  http-request set-var(txn.ticketed) bool(false)",
    "  http-request set-var(txn.token) http_auth_bearer",
    `  http-request set-var(txn.secret) var(txn.token),field(1,.),map_str(${keys}) if ${short}`,
    '  http-request set-var(txn.signed) var(txn.token),jwt_verify("HS256",txn.secret) ' +
      "if { var(txn.secret) -m found }",
    "  acl signed var(txn.signed) -m int 1",
    "  http-request unset-var(txn.secret)",
    claim("aud", ""),
    claim("sub", ""),
    claim("exp", ",'int'"),
    claim("since", ",'int'"),
    claim("fleet", ",'int'"),
    "  http-request set-var(txn.left) var(txn.exp),sub(sess.now) if signed",
    "  http-request set-var(txn.age) date(),sub(txn.since) if signed",
    `  http-request set-var(txn.age) int(${oldestSeconds}) ` +
      `if signed { var(txn.age) -m int gt ${oldestSeconds} }`,
    "  http-request set-var(txn.age) int(0) if signed !{ var(txn.age) -m int ge 0 }",
    "  http-request set-var(txn.fleet) int(1) if signed !{ var(txn.fleet) -m int ge 1 }",
    `  http-request set-var(txn.ticketed) bool(true) if signed { var(txn.aud) -m str -- ${plan.audience} } ` +
      "{ var(txn.sub) -m found } { var(txn.left) -m int gt 0 }",
    "  # A ticket is worth one machine's share, or its fleet's. What is beyond goes as a newcomer.",
    "  http-request set-var(txn.asked) int(0)",
    ...names.map((name) => {
      const rate = `var(txn.sub),table_http_req_rate(tickets_${name}),add(txn.asked)`;
      return `  http-request set-var(txn.asked) ${rate} if ${ticketed}`;
    }),
    `  http-request set-var(txn.asked) var(txn.asked),div(txn.fleet) if ${ticketed}`,
    `  http-request set-log-level err if ${ticketed}`,
    "  http-request set-var(txn.over) bool(true) " +
      `if ${ticketed} { var(txn.asked) -m int ge ${limits.ticketShare} } !${isOpenAcl("ticket-shares")}`,
    "  http-request set-var(txn.ticketed) bool(false) if { var(txn.over) -m bool }",
    `  http-request track-sc1 var(txn.sub) table tickets_${plan.name} if ${ticketed}`,
  ];
}
