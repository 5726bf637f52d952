import { stat } from "node:fs/promises";
import * as path from "node:path";
import type { Got } from "@causeway/client";
import { openClient, proxySettings, thisPlatform } from "@causeway/client/node";
import { UsageError } from "@causeway/kernel";
import { DownloadScreen } from "../download-screen.ts";
import { fleetTickets } from "../fleet-tickets.ts";
import { formatBytes, formatSeconds, formatSpan } from "../format.ts";
import { holdForOthers, neighboursOf } from "../neighbours.ts";
import { collectRoutes } from "../route-option.ts";
import { tellNews } from "../routes/tell-news.ts";
import { SmallMemory } from "../small-memory.ts";
import { defaultStateFolder } from "../state-folder.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, collect, type Register } from "../verb.ts";

interface GetOptions {
  readonly version?: string;
  readonly platform: string;
  readonly trust?: string;
  readonly route?: string[];
  readonly ticket?: string[];
  readonly region?: string;
  readonly state: string;
  readonly output?: string;
  readonly have?: string[];
  readonly neighbours?: boolean;
}

const example =
  "causeway get contoso-reader --trust 1.root.json --route https://updates.contoso.example -o reader";
const environment = `
Environment:
  HTTP_PROXY, HTTPS_PROXY, ALL_PROXY  the proxy to http or https routes, or to both, as
                                      http://name:password@proxy.example:3128
  NO_PROXY                            what is reached directly: .intra.example, 10.0.0.0/8, a:8443
`;
const waitForOtherMs = 10 * 60_000;
const clockSkewToldS = 300; // less is of no consequence to any expiry

/** `causeway get`: the newest verified patch, over any route that survives. */
export const registerGet: Register = (program, context) => {
  addVerb(
    program,
    "get",
    "Get a product's newest patch, verified, over any route.",
    example,
    environment,
  )
    .argument("<product>", "the product's id")
    .option("--version <v>", "this version instead of the newest")
    .option("--platform <os-arch>", "what it must run on", thisPlatform())
    .option("--trust <file>", "the vendor's root.json; needed once per state folder")
    .option(
      "--route <url>",
      "http or https URL of the repository, or a file or folder here; may be repeated",
      collectRoutes,
    )
    .option(
      "--ticket <file>",
      "a ticket that the vendor gave, for one of the routes; repeat",
      collect,
    )
    .option("--region <name>", "where this machine stands, in the vendor's words, as eu-west")
    .option("--state <dir>", "what is trusted and known", defaultStateFolder())
    .option("-o, --output <file>", "where to put it (default: its own name, in this folder)")
    .option("--have <file>", "an older version to take bytes from; may be repeated", collect)
    .option(
      "--neighbours",
      "look for it on this machine's own networks too (default with --ticket)",
    )
    .option("--no-neighbours", "ask nobody there")
    .action(async (product: string, options: GetOptions) => {
      const got = await get(product, options, context);
      context.terminal.result(got, summary(got));
    });
};

async function get(product: string, options: GetOptions, context: Context): Promise<Got> {
  const { terminal, signal } = context;
  const { platform, version, output, trust, region, state, have = [] } = options;
  if (output !== undefined) await requireFolderOf(output);
  const routes = options.route ?? [];
  const tickets = await fleetTickets(options.ticket ?? [], routes, terminal);
  // A fleet's machines stand side by side; a single user's may stand in any café.
  const areWanted = options.neighbours ?? options.ticket !== undefined;
  const neighbours = areWanted ? await neighboursOf(state, trust, context) : [];
  const client = await openClient({
    routes,
    tickets,
    ...(areWanted && { neighbours }),
    stateFolder: state,
    lockWaitMs: waitForOtherMs,
    proxies: proxySettings(process.env),
    onAnnouncement: (news) => tellNews(news, terminal),
    onWait: ({ pid }) => terminal.say(`waiting for process ${pid ?? "?"}, which uses ${state}`),
    ...(trust !== undefined && { trust }),
    ...(region !== undefined && { region }),
  });
  const memory = new SmallMemory();
  const screen = new DownloadScreen(terminal);
  try {
    const got = await client.get(product, {
      platform,
      have,
      signal,
      onProgress: (event) => {
        if (event.kind === "progress") memory.downloaded(event.downloaded);
        screen.show(event);
      },
      ...(output !== undefined && { output }),
      ...(version !== undefined && { version }),
    });
    screen.done();
    if (areWanted) await holdForOthers(got, { state, platform, routes, neighbours }, context);
    return got;
  } finally {
    screen.done();
    client.close();
  }
}

/** A mistyped path makes no folders. */
async function requireFolderOf(output: string): Promise<void> {
  const folder = path.dirname(path.resolve(output));
  if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return;
  throw new UsageError("USAGE_ARGUMENT", `there is no folder ${folder}; make it, or correct -o.`);
}

function summary(got: Got): string {
  const lines = [
    `${got.file}: ${got.product} ${got.version}, ${formatBytes(got.length)}, verified`,
    `  ${formatBytes(got.downloaded)} downloaded, ${formatBytes(got.reused)} already here, ${formatSeconds(got.seconds)}`,
  ];
  for (const route of got.routes) {
    const why = route.state === "ok" ? "" : `: ${route.why ?? ""}`;
    lines.push(
      `  ${route.state.padEnd(5)} ${formatBytes(route.bytes).padStart(8)}  ${route.url}${why}`,
    );
  }
  lines.push(...clockLine(got.clock));
  return printable(lines.join("\n"));
}

function clockLine({ skewSeconds, trusted }: Got["clock"]): string[] {
  if (skewSeconds === null || (trusted && Math.abs(skewSeconds) <= clockSkewToldS)) return [];
  const by = formatSpan(Math.abs(skewSeconds));
  const off = `${by} ${skewSeconds > 0 ? "ahead" : "behind"}`;
  if (trusted) return [`  by the routes' clocks this machine's is ${off}; check it`];
  return [`  this machine's clock is ${off} and was not believed; set it`];
}
