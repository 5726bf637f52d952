import { isIPv6 } from "node:net";
import { invariant } from "@causeway/kernel";
import { edgeLimits as limits } from "./edge-limits.ts";
import { edgeFiles, refusedRing } from "./edge-names.ts";
import { type Endpoint, endpointText } from "./endpoint.ts";
import { commentText, haproxyWord } from "./engine-words.ts";
import { backendRules, haproxyBackends } from "./haproxy-backends.ts";
import { haproxyPlaceGiven, haproxyPlaces } from "./haproxy-places.ts";
import type { HaproxyPlan, TlsPlan } from "./haproxy-plan.ts";
import { haproxyShares, haproxyTables } from "./haproxy-shares.ts";
import { haproxyStrays } from "./haproxy-strays.ts";
import { haproxyTickets } from "./haproxy-tickets.ts";
import { isOpenAcl, openRuleAcls } from "./open-rules.ts";

/** Texts of `http-error` and `http-request`, for whoever is not served. */
const retryAfter = 'hdr Retry-After "%[rand(20),add(5)]" hdr Cache-Control no-store';
const page = `content-type "text/html; charset=utf-8" file ${edgeFiles.busy}`;

/**
 * A configuration that HAProxy 2.6 accepts. Everything from outside goes through `haproxyWord`, or
 * has a shape without any character that means something there.
 * @throws {UsageError} `USAGE_NAME` a name that no configuration can carry
 */
export function haproxyConfig(plan: HaproxyPlan): string {
  const listens = plan.listen.length + (plan.tls?.listen.length ?? 0);
  invariant(plan.origins.length > 0 && listens > 0, "an edge stands before something");
  invariant(/^[\w-]{1,64}$/.test(plan.audience), "an audience is a route's id, or ours");
  const sections = [
    [`# The edge ${plan.name} of ${commentText(plan.title)}, made by causeway edge haproxy.`],
    globalSection(plan),
    refusedSection(),
    defaultsSection(),
    peersSection(plan),
    ...(plan.listen.length === 0 ? [] : [plainFrontend(plan)]),
    ...(plan.tls === undefined ? [] : [tlsFrontend(plan, plan.tls)]),
    ...haproxyBackends(plan),
    ...haproxyTables(plan),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function globalSection({
  name,
  control,
  folder,
  user,
  connectionsMax,
}: HaproxyPlan): readonly string[] {
  const from = folder === undefined ? "config" : `origin ${haproxyWord(folder, "the folder")}`;
  return [
    "global",
    `  default-path ${from}`,
    `  localpeer ${name}`,
    ...(user === undefined ? [] : [`  user ${user}`, `  group ${user}`]),
    // Where too few files may be open it warns, and takes fewer clients, instead of none at all.
    "  no strict-limits",
    `  maxconn ${connectionsMax}`,
    `  stats socket ${haproxyWord(control, "the socket")} mode 600 level admin`,
    "  stats timeout 10s",
    "  log stderr format raw daemon notice",
    `  tune.http.maxhdr ${limits.headerCountMax}`,
    `  tune.maxaccept ${limits.acceptedPerTurn}`,
    // For `lat_ns_tot`: how long a request has waited for the core.
    "  profiling.tasks on",
    "  hard-stop-after 30s",
  ];
}

function refusedSection(): readonly string[] {
  const size = `  size ${limits.refusedBytesMax}`;
  return [`ring ${refusedRing}`, "  format raw", "  maxlen 128", size];
}

/** Rules that keep a line of each good ticket that is turned away, and of nothing else. */
function refusedLog(): readonly string[] {
  return [
    "  no log",
    "  no option dontlog-normal",
    `  log ring@${refusedRing} format raw daemon err`,
    '  log-format "%Ts %ts %[var(txn.over)] %[var(txn.sub)]"',
    // Who gets a server's answer was not turned away here.
    "  http-response set-log-level silent unless { var(txn.over) -m bool }",
  ];
}

function defaultsSection(): readonly string[] {
  return [
    "defaults",
    "  mode http",
    "  log global",
    // Servers that come and go are told; requests are not, since a flood would fill the disk.
    "  option dontlog-normal",
    "  option http-ignore-probes",
    "  option redispatch 1",
    "  retries 2",
    // Only GET and HEAD get so far, and asking twice for a file changes nothing.
    "  retry-on conn-failure empty-response",
    "  http-reuse safe",
    `  timeout connect ${limits.connectMs}ms`,
    `  timeout queue ${limits.queueMs}ms`,
    `  timeout http-request ${limits.requestMs}ms`,
    `  timeout http-keep-alive ${limits.keepAliveMs}ms`,
    `  timeout client ${limits.idleMs}ms`,
    "  timeout client-fin 5s",
    `  timeout server ${limits.idleMs}ms`,
    "  timeout server-fin 5s",
    `  timeout tarpit ${limits.tarpitMs}ms`,
    ...[429, 502, 503, 504].map((status) => `  http-error status ${status} ${page} ${retryAfter}`),
  ];
}

function peersSection({ peers }: HaproxyPlan): readonly string[] {
  if (peers.length === 0) return [];
  return [
    "peers edges",
    ...peers.map(({ name, endpoint }) => `  peer ${name} ${endpointText(endpoint)}`),
  ];
}

function plainFrontend(plan: HaproxyPlan): readonly string[] {
  // HTTP/2 without TLS is for nobody but a flood.
  const binds = plan.listen.map((at) => `${bind(at)} proto h1`);
  return ["frontend route", ...binds, ...rules(plan, plan.connectionsMax, [])];
}

/** A port of its own, so that neither a flood here nor one there takes the other's connections. */
function tlsFrontend(plan: HaproxyPlan, tls: TlsPlan): readonly string[] {
  const { handshakesCalm, handshakesPerAddress, handshakesMax } = limits;
  const tlsConnectionsMax = Math.min(limits.tlsConnectionsMax, Math.floor(plan.connectionsMax / 4));
  const crt = `ssl crt ${haproxyWord(tls.pemFile, "the certificate")}`;
  const closed = `!${isOpenAcl("handshakes")}`;
  const excess = `{ fe_sess_rate gt ${handshakesCalm} } { sc0_conn_rate gt ${handshakesPerAddress} }`;
  return [
    "frontend route_tls",
    // As an origin speaks it: RFC 8996, and no HTTP/2, which would be one more thing to flood.
    ...tls.listen.map((at) => `${bind(at)} ${crt} ssl-min-ver TLSv1.2 alpn http/1.1`),
    `  maxconn ${tlsConnectionsMax}`,
    ...rules(plan, tlsConnectionsMax, [
      "  # A handshake costs ten requests, so who may begin one is decided before its first byte.",
      `  tcp-request connection reject if ${excess} ${closed}`,
      `  tcp-request connection reject if { fe_sess_rate gt ${handshakesMax} } ${closed}`,
    ]),
  ];
}

/**
 * Never both families on one socket: an IPv4 address in IPv6 form has the network of all others.
 */
function bind(at: Endpoint): string {
  return `  bind ${endpointText(at)}${isIPv6(at.host) ? " v6only" : ""}`;
}

/**
 * What is done with each connection, and each request, wherever it comes in.
 * @param further rules for connections
 */
function rules(
  plan: HaproxyPlan,
  connectionsMax: number,
  further: readonly string[],
): readonly string[] {
  const { behind } = plan;
  const crowded = Math.floor((connectionsMax * limits.crowdedPercent) / 100);
  return [
    ...refusedLog(),
    `  acl crowded fe_conn gt ${crowded}`,
    ...behind.map((network) => `  acl behind_proxy src ${network}`),
    "",
    "  # Rules that operators have opened, each until a time.",
    ...openRuleAcls(),
    "",
    "  # The last line: with no slots left nobody gets in, so whoever holds many gets no more.",
    `  tcp-request connection track-sc0 src,ipmask(32,64) table connections`,
    `  tcp-request connection reject if crowded { sc0_conn_cur gt ${limits.crowdedPerAddressMax} }` +
      ` !${isOpenAcl("connections")}${behind.length > 0 ? " !behind_proxy" : ""}`,
    ...further,
    ...(behind.length > 0
      ? ["  http-request set-src req.hdr_ip(x-forwarded-for,-1) if behind_proxy"]
      : []),
    "",
    "  http-request set-var(sess.now) date()",
    "",
    ...haproxyStrays(),
    "",
    "  # Who asks is for us to say.",
    "  http-request del-header Forwarded",
    "  http-request del-header X-Forwarded- -m beg",
    "  http-request del-header X-Real-IP",
    "  http-request set-header X-Forwarded-For %[src]",
    "  acl by_ipv6 src -m sub :",
    "  http-request set-header Forwarded for=%[src] unless by_ipv6",
    `  http-request set-header Forwarded 'for="[%[src]]"' if by_ipv6`,
    "",
    ...haproxyTickets(plan, edgeFiles.keys),
    "",
    ...haproxyPlaces(plan),
    "",
    ...haproxyShares(plan, `${page} ${retryAfter}`),
    "",
    "  # A server that fails is busy for whoever asks; connections are for those who can wait least.",
    "  http-after-response set-header Connection close if crowded !{ var(txn.ticketed) -m bool }",
    `  http-after-response set-status 503 if { status 502 504 }`,
    ...haproxyPlaceGiven(),
    "",
    ...backendRules(plan),
  ];
}
