import { join } from "node:path";
import type { BenchTree } from "./bench-tree.ts";

/** The command that runs nginx with the lines of a configuration. */
export function nginx(tree: BenchTree, name: string, lines: readonly string[]): readonly string[] {
  const settings = "daemon off; user root; worker_rlimit_nofile 20000;";
  return ["nginx", "-e", "stderr", "-c", tree.config(name, lines), "-g", settings];
}

/** Serves the tree, at its best for a few hot files; `limits` are lines of `http`. */
export function nginxLines(
  { folder, tree }: BenchTree,
  port: number,
  limits: readonly string[],
): readonly string[] {
  return [
    `worker_processes 1; pid ${join(folder, "nginx.pid")};`,
    "events { worker_connections 16384; multi_accept on; }",
    "http {",
    "  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;",
    "  open_file_cache max=1000 inactive=60s; open_file_cache_valid 60s;",
    ...limits,
    `  server { listen 127.0.0.1:${port} backlog=4096; root ${tree}; }`,
    "}",
  ];
}

/** What is told to do against floods: requests and connections of each address are limited. */
export const nginxLimits = [
  "limit_req_zone $binary_remote_addr zone=rates:16m rate=5r/s;",
  "limit_conn_zone $binary_remote_addr zone=connections:16m;",
  "limit_req zone=rates burst=10 nodelay; limit_conn connections 8;",
  "limit_req_status 429; limit_conn_status 429;",
  "limit_req_log_level info; limit_conn_log_level info;",
  "client_header_timeout 5s; send_timeout 5s; keepalive_timeout 5s; max_ranges 1;",
  "reset_timedout_connection on;",
];
