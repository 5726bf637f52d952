import type { SigningKey } from "../../packages/origin/src/shield/ticket.ts";

/** Common to the HAProxys that are configured here by hand, in front of `nginxPort`. */
function haproxyLines(
  port: number,
  nginxPort: number,
  frontend: readonly string[],
  server: string,
): readonly string[] {
  return [
    "global",
    "  no strict-limits",
    "  maxconn 16000",
    "  nbthread 1",
    "defaults",
    "  mode http",
    "  timeout http-request 5s",
    "  timeout http-keep-alive 5s",
    "  timeout client 10s",
    "  timeout server 10s",
    "  timeout connect 1s",
    "  timeout queue 800ms",
    "frontend files",
    `  bind 127.0.0.1:${port} backlog 4096`,
    ...frontend.map((line) => `  ${line}`),
    "  default_backend nginx",
    "backend nginx",
    `  server nginx 127.0.0.1:${nginxPort} ${server}`,
  ];
}

/** What is told to do against floods: rates and connections of each address are limited. */
export function stickTableHaproxy(port: number, nginxPort: number): readonly string[] {
  const rules = [
    "stick-table type ip size 1m expire 60s store conn_cur,conn_rate(10s),http_req_rate(10s)",
    "tcp-request connection track-sc0 src",
    "tcp-request connection reject if { sc0_conn_cur gt 8 } || { sc0_conn_rate gt 50 }",
    "http-request deny deny_status 429 if { sc0_http_req_rate gt 50 }",
  ];
  return haproxyLines(port, nginxPort, rules, "maxconn 32");
}

/**
 * As somebody would write it who knows of our tickets: they are verified, and go first into a
 * short queue before few slots.
 */
export function handMadeHaproxy(
  port: number,
  nginxPort: number,
  { secret }: SigningKey,
): readonly string[] {
  const rules = [
    `http-request set-var(txn.good) http_auth_bearer,jwt_verify("HS256","${secret}")`,
    "http-request set-priority-class int(-1) if { var(txn.good) -m int 1 }",
  ];
  return haproxyLines(port, nginxPort, rules, "maxconn 6");
}
