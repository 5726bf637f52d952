import { availableParallelism } from "node:os";
import path from "node:path";
import { type NodePorts, nodePorts, proxySettings } from "@causeway/client/node";
import { type CausewayError, pollSeconds, toProductId, UsageError } from "@causeway/kernel";
import {
  type FillProgress,
  type Mirror,
  type Mirrored,
  openMirror,
  watchRoutes,
} from "@causeway/mirror";
import {
  descriptorLog,
  type EdgeChoice,
  edgeChoices,
  type Origin,
  startOrigin,
} from "@causeway/origin";
import { Option } from "commander";
import { describeFailure } from "../failure.ts";
import { formatBytes, formatCount } from "../format.ts";
import { aborted } from "../interrupt.ts";
import { type ListenPlace, listenPlace } from "../listen-place.ts";
import { collectRoutes } from "../route-option.ts";
import { tellNews } from "../routes/tell-news.ts";
import { StepScreen } from "../step-screen.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context, collect, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface MirrorVerbOptions {
  readonly trust?: string;
  readonly route?: readonly string[];
  readonly dir: string;
  readonly product?: readonly string[];
  readonly serve?: ListenPlace;
  readonly edge: EdgeChoice;
  readonly watch?: number;
  readonly tellNeighbours?: boolean;
}

const example =
  "causeway mirror --trust 1.root.json --route https://updates.contoso.example --dir /srv/contoso --serve 8080 --watch 300";
const stopGraceMs = 10_000;

/** `causeway mirror`: a verified copy of a repository, for others. */
export const registerMirror: Register = (program, context) => {
  addVerb(program, "mirror", "Keep a verified copy of a repository for others.", example)
    .option("--trust <file>", "the vendor's first root.json; needed once per folder")
    .option(
      "--route <url>",
      "http or https URL of the repository, or a file or folder here; repeat",
      collectRoutes,
    )
    .requiredOption("--dir <tree>", "the folder of the copy, which any web server may serve")
    .option("--product <id>", "this product's patches alone; repeat (default: all)", collect)
    .option("--serve <place>", "serve it meanwhile, at [HOST:]PORT", listenPlace)
    .addOption(
      new Option(
        "--edge <how>",
        "with --serve: start an HAProxy in front: where there is one, never, or by all means",
      )
        .choices(edgeChoices)
        .default("auto"),
    )
    .option("--tell-neighbours", "with --serve: let machines of the same networks find it")
    .option(
      "--watch <seconds>",
      "look for news about so often, until it is stopped",
      wholeNumber(pollSeconds.min, pollSeconds.max),
    )
    .action((options: MirrorVerbOptions) => mirror(options, context));
};

async function mirror(options: MirrorVerbOptions, context: Context): Promise<void> {
  const { dir, route = [], trust, serve } = options;
  const isTold = options.tellNeighbours === true;
  if (isTold && serve === undefined) {
    throw new UsageError("USAGE_ARGUMENT", "--tell-neighbours needs --serve: they come to that.");
  }
  if (isTold && serve !== undefined && /^(?:127\.|::1$|localhost$)/.test(serve.host)) {
    const message = `--tell-neighbours: no other machine reaches ${serve.host}; write --serve ${serve.port}.`;
    throw new UsageError("USAGE_ARGUMENT", message);
  }
  const products = (options.product ?? []).map(toProductId);
  const ports = nodePorts({ proxies: proxySettings(process.env) });
  const kept = await openMirror({
    folder: dir,
    routes: route,
    ports,
    products,
    signal: context.signal,
    onAnnouncement: (news) => tellNews(news, context.terminal),
    ...(trust !== undefined && { trust }),
  });
  let origin: Origin | undefined;
  let telling: { stop(): Promise<void> } | undefined;
  try {
    if (serve !== undefined) origin = await serveTree(dir, serve, options.edge, context);
    if (isTold && origin !== undefined) telling = await tellMirror(options, origin, ports);
    await keep(kept, { ...options, ports, url: origin?.url ?? null }, context);
    if (origin !== undefined) await aborted(context.signal);
  } finally {
    kept.close();
    await telling?.stop();
    await origin?.close(stopGraceMs);
  }
}

/** Once there is something in it. */
async function tellMirror(
  { dir, trust }: Pick<MirrorVerbOptions, "dir" | "trust">,
  { port }: Origin,
  ports: NodePorts,
): Promise<{ stop(): Promise<void> }> {
  const { repositoryOf, tellOnceHolding } = await import("@causeway/neighbour"); // only for who tells
  const folder = path.resolve(dir);
  const stateFolder = path.join(folder, ".mirror");
  const given = { ...(trust !== undefined && { trust }), clock: ports.clock };
  const repository = await repositoryOf({ stateFolder, ...given });
  return tellOnceHolding({ folder, repository, port, ports });
}

async function serveTree(
  dir: string,
  place: ListenPlace,
  edge: EdgeChoice,
  { terminal }: Context,
): Promise<Origin> {
  const origin = await startOrigin({
    tree: path.resolve(dir),
    shield: "on",
    ...place,
    workers: availableParallelism(),
    log: descriptorLog(process.stderr.fd),
    edge,
  });
  terminal.say(`serving ${path.resolve(dir)} at ${origin.url}; Ctrl-C ends it`);
  return origin;
}

interface KeepOptions extends Pick<MirrorVerbOptions, "dir" | "watch"> {
  readonly ports: NodePorts;
  /** Where it is served. */
  readonly url: string | null;
}

/** Brings it up to date: once, or until the user ends it. Tells the result of the first time. */
async function keep(
  kept: Mirror,
  { dir, watch, ports, url }: KeepOptions,
  { terminal, signal }: Context,
): Promise<void> {
  const screen = new StepScreen(terminal, { fetch: "fetching" }, formatBytes);
  const onProgress = (progress: FillProgress): void => screen.show({ step: "fetch", ...progress });
  let isFirst = true;
  const onUpdate = (mirrored: Mirrored): void => {
    screen.done();
    const told = { dir: path.resolve(dir), url, ...mirrored };
    if (isFirst) terminal.result(told, summary(told));
    else if (mirrored.downloaded > 0 && mirrored.isNews) terminal.say(summary(told));
    isFirst = false;
  };
  if (watch === undefined) {
    onUpdate(await kept.update(onProgress).finally(() => screen.done()));
    return;
  }
  const onFailure = (error: CausewayError): void => {
    screen.done();
    terminal.warn(describeFailure(error).text);
  };
  const windowMs = watch * 1000;
  try {
    await watchRoutes(kept, { windowMs, ports, signal, onProgress, onUpdate, onFailure });
  } catch (error) {
    if (!signal.aborted) throw error; // else it was told to end, and does
  } finally {
    screen.done();
  }
}

function summary(told: Mirrored & { readonly dir: string }): string {
  const { versions, targets, bytes, downloaded, removed, dropped, routes } = told;
  const held = `${formatCount(targets, "file", "files")}, ${formatBytes(bytes)}`;
  const lines = [`${told.dir}: state ${versions.timestamp}, ${held}, verified`];
  const gone = removed === 0 ? "" : `, ${formatCount(removed, "old file", "old files")} removed`;
  lines.push(`  ${formatBytes(downloaded)} downloaded${gone}`);
  for (const product of dropped) lines.push(`  the vendor has no product "${product}" any more`);
  for (const route of routes.filter(({ state }) => state !== "ok")) {
    lines.push(`  ${route.state.padEnd(5)} ${route.url}: ${route.why ?? ""}`);
  }
  return printable(lines.join("\n"));
}
