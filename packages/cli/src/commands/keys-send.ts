import { asSentence, Fields, HostError, parseJson, UsageError } from "@causeway/kernel";
import { encodeTicketKeys, readTicketKeys } from "@causeway/origin";
import { askAdmin } from "../admin-request.ts";
import { adminUrl } from "../admin-url.ts";
import { printable } from "../terminal.ts";
import { ticketKeysFile } from "../ticket-keys-file.ts";
import { addVerb, type Register } from "../verb.ts";

interface SendOptions {
  readonly origin: string;
  readonly dir: string;
  readonly file?: string;
}

const keysMax = 16; // more than any origin has
const notes = `
They take the place of those in the origin's own file (--ticket-keys of causeway serve), and count in
every worker, and at its HAProxy, within a second. The admin port is reached on its machine, or by
ssh -L: keys are sent to loopback alone.
`;

/** `causeway keys send`: puts the vendor's ticket keys into a running origin. */
export const registerSend: Register = (keys, { terminal, signal }) => {
  const example = "causeway keys send --origin http://127.0.0.1:9100 --dir vendor";
  addVerb(keys, "send", "Swap the ticket keys of a running origin for these.", example, notes)
    .requiredOption("--origin <url>", "its admin port, as http://127.0.0.1:9100")
    .option("--dir <dir>", "the vendor's folder", ".")
    .option("--file <file>", "the keys (default: keys/tickets.json of --dir)")
    .action(async ({ origin, dir, file = ticketKeysFile(dir) }: SendOptions) => {
      const url = new URL("ticket-keys", adminUrl(origin));
      refuseFarHost(url);
      const sent = await readTicketKeys(file);
      if (sent === undefined) {
        throw new UsageError("KEY_MISSING", `there is no ${file}; causeway keys rotate tickets.`);
      }
      const answer = await askAdmin(url, signal, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: Buffer.from(encodeTicketKeys(sent)).toString(),
      });
      if (answer.kind === "failed") {
        throw new HostError("HOST_IO", `${url.href}: ${asSentence(answer.why)}`);
      }
      const taken = shownKeys(answer.text, url);
      const lines = taken.map(({ kid, state }) => `  ${kid}  ${state}`);
      terminal.result(
        { origin, keys: taken },
        printable([`${url.href}: it has taken ${taken.length} ticket keys`, ...lines].join("\n")),
      );
    });
};

/** An admin port is on loopback: elsewhere something else would get the secrets, in plain text. */
function refuseFarHost({ host, hostname }: URL): void {
  if (/^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(hostname)) return;
  const what = `${host} is another machine, and keys are secret: bring its admin port here by ssh -L.`;
  throw new UsageError("USAGE_ARGUMENT", what);
}

/** What an origin says of its keys. @throws {TrustError} `TRUST_MALFORMED` */
function shownKeys(
  text: string,
  { href }: URL,
): readonly { readonly kid: string; readonly state: string }[] {
  const shown = new Fields(parseJson(Buffer.from(text), href), href);
  return shown.objects("keys", keysMax).map((key) => {
    return { kid: key.string("kid"), state: key.string("state") };
  });
}
