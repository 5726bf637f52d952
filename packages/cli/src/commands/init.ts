import { rotateTicketKeys } from "@causeway/origin";
import { initVendor } from "@causeway/publisher";
import { formatCount } from "../format.ts";
import { passphrasesFrom } from "../passphrase.ts";
import { logTo } from "../publisher-log.ts";
import { ticketKeysFile } from "../ticket-keys-file.ts";
import { addVerb, collect, type Register } from "../verb.ts";
import { wholeNumber } from "../whole-number.ts";

interface InitOptions {
  readonly name: string;
  readonly product?: string[];
  readonly rootThreshold?: number;
  readonly rootKeys?: number;
  readonly routesThreshold?: number;
  readonly routesKeys?: number;
  readonly dev?: true;
  readonly passphraseFile?: string;
}

const otherRoutesKeys =
  "move all routes keys but one to other machines: causeway keys sign signs there";

/** `causeway init`: keys and a valid, empty repository. */
export const registerInit: Register = (program, context) => {
  const { terminal } = context;
  addVerb(
    program,
    "init",
    "Make a vendor's folder: its keys and an empty signed repository.",
    "causeway init vendor --name Contoso --product contoso-reader",
  )
    .argument("<dir>", "the folder to make")
    .requiredOption("--name <name>", "the vendor's name")
    .option("--product <id>", "a product to list in causeway.yaml; may be repeated", collect)
    .option("--root-threshold <m>", "root keys that must agree (default: 2)", wholeNumber(1, 16))
    .option("--root-keys <n>", "root keys to make (default: 3, or M)", wholeNumber(1, 16))
    .option(
      "--routes-threshold <m>",
      "keys of routes that must agree (default: 1)",
      wholeNumber(1, 16),
    )
    .option("--routes-keys <n>", "keys of routes to make (default: M)", wholeNumber(1, 16))
    .option("--dev", "keys without a passphrase: for trying out, never for customers")
    .option("--passphrase-file <file>", "holds the passphrase of the new keys")
    .action(async (dir: string, options: InitOptions) => {
      const made = await initVendor(dir, {
        name: options.name,
        dev: options.dev === true,
        log: logTo(terminal),
        passphrase: passphrasesFrom(options.passphraseFile, context).chosen,
        ...(options.product && { products: options.product }),
        ...(options.rootThreshold !== undefined && { rootThreshold: options.rootThreshold }),
        ...(options.rootKeys !== undefined && { rootKeys: options.rootKeys }),
        ...(options.routesThreshold !== undefined && { routesThreshold: options.routesThreshold }),
        ...(options.routesKeys !== undefined && { routesKeys: options.routesKeys }),
      });
      await rotateTicketKeys(ticketKeysFile(made.dir));
      const root = made.keys.filter(({ role }) => role === "root").length;
      terminal.result(
        made,
        [
          `${made.dir}: an empty repository for ${made.repository}, signed`,
          `  customers pin ${made.root}`,
          `  move the ${formatCount(root, "root key", "root keys")} and the targets key in ${made.dir}/keys to offline places`,
          ...((options.routesThreshold ?? 1) > 1 ? [`  ${otherRoutesKeys}`] : []),
          `  next: causeway add FILE --dir ${dir} --product ID --version V`,
        ].join("\n"),
      );
    });
};
