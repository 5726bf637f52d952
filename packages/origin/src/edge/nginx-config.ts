import { isIPv6 } from "node:net";
import { duplicatesMax } from "../limits.ts";
import { serverConnections } from "./edge-limits.ts";
import { endpointText } from "./endpoint.ts";
import { commentText, nginxDollar, nginxPlainWord, nginxWord } from "./engine-words.ts";
import type { NginxPlan } from "./nginx-plan.ts";

/** Segments as our origin takes them: no dot in front, nothing that a file system reads as other. */
const below = "(?=(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,254})+$)";
const dataTypes = [
  "application/json json",
  "text/plain txt",
  "application/metalink4+xml meta4",
  "application/x-bittorrent torrent",
  "application/zstd zst",
];
const pageTypes = [
  ...dataTypes,
  "text/html html",
  "text/css css",
  "text/javascript js",
  "image/svg+xml svg",
  "image/png png",
  "application/xml xml",
  "application/atom+xml atom",
];
const forever = '"public, max-age=31536000, immutable"';

/**
 * A configuration that nginx 1.22 accepts. Everything from outside goes through `nginxWord`, or has
 * a shape without any character that means something there.
 *
 * What it cannot do: `Repr-Digest`, as it neither hashes nor turns hexadecimal into base64; and
 * strong ETags that are the content's hash: its own are time and length, so copies of a tree need
 * equal times (`rsync --times`) to be one route.
 * @throws {UsageError} `USAGE_NAME` a name that no configuration can carry
 */
export function nginxConfig(plan: NginxPlan): string {
  const { title, pidFile } = plan;
  const lines = [
    `# The static tree of ${commentText(title)}, made by causeway edge nginx.`,
    "# There is no Repr-Digest: nginx neither hashes nor turns hexadecimal into base64. An ETag is",
    "# time and length, so copies of the tree need equal times (rsync --times).",
    "worker_processes auto;",
    "worker_rlimit_nofile 65536;",
    `pid ${nginxPlainWord(pidFile, "the pid file")};`,
    "error_log stderr warn;",
    `events { worker_connections ${serverConnections.nginx}; multi_accept on; }`,
    "http {",
    ...httpLines(plan).map(indent),
    "  server {",
    ...serverLines(plan).map((line) => indent(indent(line))),
    "  }",
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function indent(line: string): string {
  return `  ${line}`;
}

function httpLines({ behind }: NginxPlan): readonly string[] {
  return [
    nginxDollar,
    // A flood would fill the disk with lines.
    "access_log off;",
    "server_tokens off;",
    "sendfile on; tcp_nopush on; gzip off;",
    "default_type application/octet-stream;",
    // Bounds as the origin's; without a body there is nothing to wait for.
    "client_header_timeout 10s; client_body_timeout 1s; send_timeout 10s;",
    "keepalive_timeout 15s; keepalive_requests 1000;",
    "client_header_buffer_size 2k; large_client_header_buffers 4 8k; client_max_body_size 1;",
    "reset_timedout_connection on; lingering_close off; lingering_time 1s; lingering_timeout 1s;",
    "limit_conn_zone $binary_remote_addr zone=addresses:16m;",
    "limit_req_zone $binary_remote_addr zone=rates:16m rate=50r/s;",
    "limit_conn_status 429; limit_req_status 429; limit_conn_log_level info; limit_req_log_level info;",
    // Spread by the request's own random number, so that nobody comes back together.
    "map $request_id $causeway_wait { default 9; ~^[0-3] 5; ~^[4-7] 12; ~^[8-b] 18; ~^[c-f] 24; }",
    ...behind.map((network) => `set_real_ip_from ${network};`),
    ...(behind.length > 0 ? ["real_ip_header X-Forwarded-For; real_ip_recursive off;"] : []),
  ];
}

function serverLines(plan: NginxPlan): readonly string[] {
  const { listen, tree, behind } = plan;
  // Whoever is in front knows tickets, and has judged already.
  const perAddress = ["limit_conn addresses 64;", "limit_req zone=rates burst=200 nodelay;"];
  return [
    ...listen.map((at) => {
      return `listen ${endpointText(at)} default_server${isIPv6(at.host) ? " ipv6only=on" : ""};`;
    }),
    "server_name _;",
    `root ${nginxWord(tree, "the tree")};`,
    "merge_slashes off; absolute_redirect off; disable_symlinks on from=$document_root;",
    "etag on; if_modified_since exact; max_ranges 1;",
    ...(behind.length > 0 ? [] : perAddress),
    "error_page 403 404 = @missing;",
    "error_page 405 = @method;",
    "error_page 413 = @body;",
    "error_page 429 = @wait;",
    "if ($request_method !~ ^(?:GET|HEAD)$) { return 405; }",
    "if ($http_transfer_encoding) { return 413; }",
    "if ($http_content_length ~ [1-9]) { return 413; }",
    "location / { return 404; }",
    "location = /security/ { rewrite ^ /security/index.html last; }",
    // Consistent snapshots: a version of a role is written once (TUF 1.0.34 section 6.2).
    ...location(
      plan,
      `^/metadata${below}.*/[1-9][0-9]*\\.[^./][^/]*\\.json$`,
      forever,
      dataTypes,
      [],
    ),
    ...location(plan, `^/metadata${below}`, "no-cache", dataTypes, []),
    ...location(plan, `^/targets${below}.*/[0-9a-f]{64}\\.[^/]+$`, forever, dataTypes, [
      "open_file_cache max=2048 inactive=60s; open_file_cache_valid 60s;",
    ]),
    ...location(plan, `^/targets${below}`, "no-cache", dataTypes, []),
    ...location(plan, `^/security${below}`, '"public, max-age=60"', pageTypes, []),
    ...answer("@missing", 404, "There is no such file here.", []),
    ...answer("@method", 405, "Only GET and HEAD are served.", ['Allow "GET, HEAD"']),
    ...answer("@body", 413, "Requests with a body are not served.", []),
    ...answer("@wait", 429, "Too many requests from you. Please wait, or use another route.", [
      "Retry-After $causeway_wait",
    ]),
  ];
}

/** @param more lines of its own */
function location(
  { duplicates }: NginxPlan,
  pattern: string,
  cache: string,
  types: readonly string[],
  more: readonly string[],
): readonly string[] {
  const links = duplicates.slice(0, duplicatesMax).map((base) => {
    return `<${base.replace(/\/$/, "")}\u0000>; rel=duplicate`;
  });
  // The path comes from a variable, and has passed the pattern: nothing in it can begin a header.
  const link = nginxWord(links.join(", ").replaceAll("\u0000", "\u{f8ff}"), "a route's URL");
  return [
    `location ~ "${pattern}" {`,
    ...[
      ...more,
      `types { ${types.map((type) => `${type};`).join(" ")} }`,
      "charset utf-8; charset_types text/plain text/css text/javascript;",
      `add_header Cache-Control ${cache};`,
      ...(links.length > 0 ? [`add_header Link ${link.replaceAll("\u{f8ff}", "$uri")};`] : []),
      "add_header Access-Control-Allow-Origin *;",
      'add_header Access-Control-Expose-Headers "Content-Range, ETag, Link";',
      "add_header X-Content-Type-Options nosniff;",
      "try_files $uri =404;",
    ].map(indent),
    "}",
  ];
}

function answer(
  name: string,
  status: number,
  text: string,
  headers: readonly string[],
): readonly string[] {
  return [
    `location ${name} {`,
    ...[
      "internal;",
      'default_type "text/plain; charset=utf-8";',
      ...["Cache-Control no-cache", "Access-Control-Allow-Origin *", ...headers].map((header) => {
        return `add_header ${header} always;`;
      }),
      `add_header X-Content-Type-Options nosniff always;`,
      `return ${status} "${text}\\n";`,
    ].map(indent),
    "}",
  ];
}
