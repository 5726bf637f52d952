import { nodePorts } from "@causeway/client/node";
import { type AppliedBundle, applyBundle } from "@causeway/mirror";
import type { Command } from "commander";
import { formatBytes, formatCount } from "../format.ts";
import { pathHere } from "../route-option.ts";
import { defaultStateFolder } from "../state-folder.ts";
import { StepScreen } from "../step-screen.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Context } from "../verb.ts";

interface ApplyVerbOptions {
  readonly trust?: string;
  readonly state: string;
}

const example = "causeway bundle apply /media/stick/contoso.causeway --trust 1.root.json";
const notes = `
From then on "causeway get" with that state has what was in the bundle, without the stick and
without a network.
`;
const waitForOtherMs = 10 * 60_000;

/** `causeway bundle apply`: what a bundle has, verified, into a customer's state. */
export function addBundleApply(bundle: Command, context: Context): void {
  addVerb(bundle, "apply", "Verify a bundle, and keep what is in it.", example, notes)
    .argument("<file>", "the bundle, or its first part: its path, or its file: URL")
    .option("--trust <file>", "the vendor's root.json; needed once per state folder")
    .option("--state <dir>", "what is trusted and known", defaultStateFolder())
    .action((file: string, options: ApplyVerbOptions) => apply(file, options, context));
}

async function apply(
  file: string,
  { state, trust }: ApplyVerbOptions,
  { terminal, signal }: Context,
): Promise<void> {
  const screen = new StepScreen(terminal, { copy: "copying" }, formatBytes);
  const ports = nodePorts();
  try {
    const applied = await applyBundle(
      {
        file: pathHere(file),
        stateFolder: state,
        ...(trust !== undefined && { trust }),
        ports,
        lockWaitMs: waitForOtherMs,
        onWait: ({ pid }) => terminal.say(`waiting for process ${pid ?? "?"}, which uses ${state}`),
        signal,
      },
      (progress) => screen.show({ step: "copy", ...progress }),
    );
    screen.done();
    terminal.result(applied, summary(applied));
  } finally {
    screen.done();
    ports.transport.close();
  }
}

function summary({ folder, versions, isNews, targets, bytes, products }: AppliedBundle): string {
  const held = `${formatCount(targets, "file", "files")}, ${formatBytes(bytes)}`;
  const news = isNews ? "" : ", which was here already";
  const lines = [`${folder}: state ${versions.timestamp}${news}; ${held}, verified`];
  if (products !== null) {
    lines.push(`  of these products alone: ${products.join(", ") || "none"}`);
  }
  return printable(lines.join("\n"));
}
