import { canonicalJson, Fields, parseJson, type Random, type Store } from "@causeway/kernel";
import { unlessRefused } from "../../metadata/trust-state.ts";
import { orNothing } from "../../or-nothing.ts";

const file = "installation.json";
const kind = "causeway-installation";
const lengthMax = 1024;
const words = 4; // 128 bits: no two are alike

/**
 * The random id by which an installation draws among routes; made when there is none, or it is
 * damaged. It never leaves the machine.
 */
export async function installationId(store: Store, random: Random): Promise<string> {
  const bytes = await orNothing(store.read(file, lengthMax));
  const kept = bytes && unlessRefused(() => decode(bytes));
  if (kept !== undefined) return kept;
  const id = Array.from({ length: words }, () => hexOf(random.uint32())).join("");
  await orNothing(store.write(file, canonicalJson({ _type: kind, id }), "owner"));
  return id;
}

function decode(bytes: Uint8Array): string | undefined {
  const fields = new Fields(parseJson(bytes, kind), kind);
  if (fields.string("_type") !== kind) return undefined;
  return fields.matching("id", isId);
}

function isId(text: string): text is string {
  return /^[0-9a-f]{32}$/.test(text);
}

function hexOf(word: number): string {
  return word.toString(16).padStart(8, "0");
}
