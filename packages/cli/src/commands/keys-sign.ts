import {
  type ListDifference,
  type RouteChange,
  type Signed,
  signPending,
} from "@causeway/publisher";
import { formatCount } from "../format.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { describeChange, toldChange } from "../routes/change-route.ts";
import { printable } from "../terminal.ts";
import { addVerb, type Register } from "../verb.ts";

interface SignVerbOptions {
  readonly dir: string;
  readonly key?: string;
  readonly dryRun?: boolean;
  readonly digest?: string;
  readonly passphraseFile?: string;
}

/** `causeway keys sign`: the signatures of keys that lie elsewhere than the vendor's folder. */
export const registerSign: Register = (keys, context) => {
  const { terminal } = context;
  addVerb(
    keys,
    "sign",
    "Add the signatures of the offline keys here to a pending document.",
    "causeway keys sign /media/usb/2.root.json --dir ceremony",
  )
    .argument("<file>", "the pending document, as keys/pending/2.root.json")
    .option("--key <id>", "sign with this key only, by the start of its id")
    .option("--dir <dir>", "the folder that holds keys/, and repository/ for routes", ".")
    .option("--dry-run", "tell what would be signed, and sign nothing")
    .option("--digest <sha256>", "sign only what a dry run told with this digest")
    .option("--passphrase-file <file>", "holds the passphrase of the keys")
    .action(async (file: string, options: SignVerbOptions) => {
      const signed = await signPending(options.dir, {
        file,
        passphrase: passphrasesFrom(options.passphraseFile, context).known,
        log: logTo(terminal),
        isDry: options.dryRun === true,
        ...(options.digest !== undefined && { digest: options.digest }),
        ...(options.key !== undefined && { keyId: options.key }),
      });
      const lines = signedLines(file, signed);
      if (options.dryRun === true)
        lines.push(`  to sign it: keys sign with --digest ${signed.digest}`);
      terminal.result(toldSigned(signed), printable(lines.join("\n")));
    });
};

function toldSigned({ routes, ...signed }: Signed): object {
  if (routes === undefined) return signed;
  return { ...signed, routes: { ...routes, changes: routes.changes.map(toldChange) } };
}

function signedLines(file: string, signed: Signed): string[] {
  const { role, version, expires, digest, added } = signed;
  const count = formatCount(added.length, "signature", "signatures");
  return [
    `${file}: ${role} ${version}, expires ${expires}, ${count} added`,
    ...(signed.routes === undefined ? [] : differenceLines(signed.routes)),
    `  digest ${digest}`,
    `  signed by ${signed.signatures.map((id) => id.slice(0, 8)).join(", ")}`,
    `  ${nextStep(signed)}`,
  ];
}

/** What the list says, beside the one that is public; first what cannot be taken back. */
function differenceLines({ changes, unreadable, pollSeconds }: ListDifference): readonly string[] {
  const { before, after } = pollSeconds;
  const retired = changes.filter(isRetirement);
  const others = changes.filter((change) => !isRetirement(change));
  const lines = [
    ...retired.map((change) => `${describeChange(change)}, for good`),
    ...others.map(describeChange),
    ...unreadable.map(({ shard, routes }) => {
      const count = formatCount(routes, "sealed route", "sealed routes");
      return `${count} of shard ${shard} that keys/shards.json here does not open`;
    }),
    ...(before === after ? [] : [`poll ${before ?? "none"}, now ${after ?? "none"} (seconds)`]),
  ];
  if (lines.length === 0) return ["  changes nothing but how long it is good"];
  return ["  changes, beside what is public:", ...lines.map((line) => `    ${line}`)];
}

function isRetirement({ after }: RouteChange): boolean {
  return after?.state === "retired";
}

function nextStep({ role, own }: Signed): string {
  const publish = "bring it back to the vendor's keys/pending and run causeway publish there";
  if (own === undefined) return `once enough keys have signed, ${publish}`;
  // A new root needs those of the one before, too, and they cannot be told here.
  const whose = role === "root" ? "of its own keys" : "of the role's keys";
  const missing = own.threshold - own.signatures;
  if (missing <= 0) return `${own.signatures} ${whose} have signed, which is enough: ${publish}`;
  return `it needs ${missing} more ${whose}: run causeway keys sign on it where one is`;
}
