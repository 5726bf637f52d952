import { edgeLimits as limits } from "./edge-limits.ts";
import { edgeNames, type HaproxyPlan } from "./haproxy-plan.ts";
import { isOpenAcl } from "./open-rules.ts";

const near = "src,ipmask(32,64)";
const wide = "src,ipmask(24,48)";

/**
 * Rules that put requests in order: ticket holders by the age of their first ticket, others by how
 * little their address and network ask; and that hold back a flood's excess while others wait.
 * @param refusal the arguments of the answer that it gets in the end
 */
export function haproxyShares(plan: HaproxyPlan, refusal: string): readonly string[] {
  const ticketed = "{ var(txn.ticketed) -m bool }";
  const inPlace = "{ var(txn.in_place) -m bool }";
  const closed = `!${isOpenAcl("address-shares")}`;
  const docs = ["newcomers", "newcomer_docs", "crowd_docs"];
  const files = ["newcomer_files", "spare_files", "crowd_files"];
  const waiting = [...docs, ...files].map((name) => {
    return `  acl others_wait queue(${name}) gt ${limits.waitingMin}`;
  });
  return [
    "  # Newcomers: counted by address and network, at all edges together.",
    `  http-request track-sc1 ${near} table near_${plan.name} unless ${ticketed} or ${inPlace}`,
    `  http-request track-sc2 ${wide} table wide_${plan.name} unless ${ticketed} or ${inPlace}`,
    "  http-request set-var(txn.near) int(0)",
    "  http-request set-var(txn.wide) int(0)",
    ...edgeNames(plan).flatMap((name) => [
      `  http-request set-var(txn.near) ${near},table_http_req_rate(near_${name}),add(txn.near)`,
      `  http-request set-var(txn.wide) ${wide},table_http_req_rate(wide_${name}),add(txn.wide)`,
    ]),
    "  # What its address has used does not count against who is in its place.",
    `  http-request set-var(txn.near) var(txn.used) if ${inPlace}`,
    `  http-request set-var(txn.wide) int(0) if ${inPlace}`,
    "",
    "  # The order of waiting. Within a class the lower offset goes first.",
    "  http-request set-priority-class int(1) if page",
    `  http-request set-priority-class int(-1) if !page ${inPlace}`,
    `  http-request set-priority-offset var(txn.age),neg if ${ticketed}`,
    // Milliseconds of waiting that each request of the last ten seconds costs whoever asked.
    "  http-request set-var(txn.wide_ms) var(txn.wide),mul(5)",
    "  http-request set-var(txn.weight) var(txn.near),mul(20),add(txn.wide_ms)",
    "  http-request set-var(txn.weight) int(500000) if { var(txn.weight) -m int gt 500000 }",
    `  http-request set-priority-offset var(txn.weight) unless ${ticketed}`,
    "",
    "  # Answers that one machine, or one address without tickets, has sent at once.",
    "  http-request set-var(txn.at_once) sc1_conn_cur",
    `  http-request set-var(txn.at_once) var(txn.at_once),div(txn.fleet) if ${ticketed}`,
    `  acl holds_many var(txn.at_once) -m int gt ${limits.atOnce}`,
    "",
    "  # Excess is held, then refused: an answer at once is an invitation to ask again.",
    ...waiting,
    `  acl excess var(txn.near) -m int gt ${limits.addressShare}`,
    `  acl excess var(txn.wide) -m int gt ${limits.networkShare}`,
    `  acl unheard rand(4) lt ${limits.unheardOf4}`,
    "  acl first http_first_req",
    `  http-request silent-drop if crowded excess !${ticketed} ${closed} !${isOpenAcl("connections")}`,
    `  http-request tarpit status 429 ${refusal} if others_wait excess !first !${ticketed} ${closed}`,
    `  http-request tarpit status 429 ${refusal} if others_wait excess first unheard !${ticketed} ${closed}`,
    "",
    "  # Tickets are for calm times: an origin behind a line has no line of its own to know them by.",
    // A place in the line, which comes with a refusal, is no ticket.
    `  http-response del-header Causeway-Ticket if others_wait { status 200 } !${ticketed}`,
  ];
}

/**
 * What an edge remembers. Each writes tables of its own, which its peers only read: the protocol
 * overwrites and does not add (HAProxy's manual, section 3.5), so that the sum is made by whoever
 * asks.
 */
export function haproxyTables(plan: HaproxyPlan): readonly (readonly string[])[] {
  const shared = plan.peers.length > 0 ? " peers edges" : "";
  const rate = `expire 60s${shared} store http_req_rate(10s),conn_cur`;
  const table = (title: string, line: string): readonly string[] => {
    return [`backend ${title}`, `  stick-table ${line}`];
  };
  return [
    table(
      "connections",
      `type ipv6 size ${limits.addressesMax} expire 60s store conn_cur,conn_rate(10s)`,
    ),
    // Apart from the share of an address: who else is there asks for files.
    table("strays", `type ipv6 size ${limits.addressesMax} expire 60s store http_req_rate(10s)`),
    ...edgeNames(plan).flatMap((each) => [
      table(`tickets_${each}`, `type string len 64 size ${limits.ticketsMax} ${rate}`),
      table(`near_${each}`, `type ipv6 size ${limits.addressesMax} ${rate}`),
      table(`wide_${each}`, `type ipv6 size ${limits.networksMax} ${rate}`),
    ]),
  ];
}
