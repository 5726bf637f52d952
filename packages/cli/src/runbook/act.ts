import type { Acted, ActionArguments, Verb } from "@causeway/control";
import { durationMs, type JsonInput } from "@causeway/kernel";
import {
  type Announced,
  announce,
  previewAnnouncement,
  publish,
  refresh,
} from "@causeway/publisher";
import { OutputFile } from "../output-file.ts";
import { lowerTtl, moveName, restoreTtl, retireName } from "./act-on-names.ts";
import { editList, outcomeOf } from "./act-on-routes.ts";
import { publishOptions, type Stage } from "./stage.ts";

type Act<Each extends Verb> = (args: ActionArguments[Each], stage: Stage) => Promise<Acted>;

/** What each verb does: the code of the command of that name. */
const acts: { readonly [Each in Verb]: Act<Each> } = {
  say: (text) => Promise.resolve({ before: null, after: null, told: [text] }),
  "names lower": lowerTtl,
  "names restore": restoreTtl,
  "names retire": retireName,
  "names move": moveName,
  "routes add": (args, stage) => editList({ verb: "routes add", args }, stage),
  "routes drain": (args, stage) => editList({ verb: "routes drain", args }, stage),
  "routes restore": (args, stage) => editList({ verb: "routes restore", args }, stage),
  "routes retire": (args, stage) => editList({ verb: "routes retire", args }, stage),
  "routes seal": (args, stage) => editList({ verb: "routes seal", args }, stage),
  "routes open": (args, stage) => editList({ verb: "routes open", args }, stage),
  publish: async (_, stage) => {
    if (stage.isDry) return nothing("would publish what was added");
    return outcomeOf(await publish(stage.runbook.dir, publishOptions(stage)));
  },
  refresh: async (_, stage) => {
    if (stage.isDry) return nothing("would sign snapshot and timestamp if they are due");
    return outcomeOf(await refresh(stage.runbook.dir, publishOptions(stage)));
  },
  announce: announceRoutes,
};

type ActionOf<Each extends Verb> = {
  readonly [One in Each]: { readonly verb: One; readonly args: ActionArguments[One] };
}[Each];

/**
 * Does what a step says, or tells what it would do.
 * @throws {CausewayError} as the command would
 */
export function act<Each extends Verb>(action: ActionOf<Each>, stage: Stage): Promise<Acted> {
  return acts[action.verb](action.args, stage);
}

async function announceRoutes(args: ActionArguments["announce"], stage: Stage): Promise<Acted> {
  const { isDry, now, passphrase, log, runbook } = stage;
  const ms = durationMs(args.for ?? "7d") ?? 0;
  const said = { urls: args.routes, isPrivate: args.private === true, now, until: now() + ms };
  if (isDry) {
    const { urls } = await previewAnnouncement(runbook.dir, said);
    return nothing(`would sign a code with ${urls.join(" ")}`);
  }
  const sign = (): Promise<Announced> => announce(runbook.dir, { ...said, passphrase, log });
  const announced = args.out === undefined ? await sign() : await signInto(args.out, sign);
  const { text, sequence, expires, urls } = announced;
  const after: JsonInput = { text, sequence, expires, urls: [...urls] };
  const where = args.out === undefined ? text : `it is in ${args.out}`;
  return { before: null, after, told: [`announcement ${sequence}, until ${expires}: ${where}`] };
}

async function signInto(path: string, sign: () => Promise<Announced>): Promise<Announced> {
  const file = await OutputFile.open(path, 0o600); // until somebody publishes it
  return file.fill(async () => {
    const announced = await sign();
    return { content: `${announced.text}\n`, value: announced };
  });
}

function nothing(told: string): Acted {
  return { before: null, after: null, told: [told] };
}
