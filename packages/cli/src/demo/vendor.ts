import { mkdir, writeFile } from "node:fs/promises";
import { type Added, addRelease, initVendor, publish } from "@causeway/publisher";
import { formatBytes } from "../format.ts";
import { StepScreen } from "../step-screen.ts";
import type { Context } from "../verb.ts";
import type { Material } from "./material.ts";
import { advisory, story } from "./story.ts";
import type { Workplace } from "./workplace.ts";

const stepNames = { read: "  reading", pack: "  packing", delta: "  making the delta" };

/** Plays the vendor: keys, the unpatched version, the patch, and the publishing of both. */
export async function playVendor(
  place: Workplace,
  material: Material,
  { terminal, signal }: Context,
): Promise<Added> {
  const dir = place.path("vendor");
  const passphrase = (): Promise<string> => Promise.resolve("");
  await initVendor(dir, {
    name: story.repository,
    products: [story.product],
    dev: true,
    passphrase,
  });
  const advisoryFile = place.path("CVE-2003-0352.json");
  await writeFile(advisoryFile, JSON.stringify(advisory));
  const screen = new StepScreen(terminal, stepNames, formatBytes);
  const add = async (file: string, version: string, advisories: string[]): Promise<Added> => {
    try {
      return await addRelease(dir, {
        file,
        product: story.product,
        version,
        name: story.patchName,
        severity: "critical",
        advisories,
        onProgress: screen.show,
        signal,
      });
    } finally {
      screen.clear();
    }
  };
  const { unpatched, patched } = story.versions;
  if (material.old !== undefined) await add(material.old, unpatched, []);
  const added = await add(material.file, patched, [advisoryFile]);
  await publish(dir, { passphrase, signal });
  await mkdir(place.path("customer"));
  return added;
}
