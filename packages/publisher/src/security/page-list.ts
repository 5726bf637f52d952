import { canonicalJson, Fields, parseJson, type Sha256, TrustError } from "@causeway/kernel";
import { sha256Of } from "../disk/digest.ts";
import type { TreeFile } from "../publish/tree.ts";

/** Files that are made together, from the same inputs. */
export interface PageGroup {
  readonly key: string;
  /** Digest of the inputs. */
  readonly fingerprint: Sha256;
  readonly files: readonly TreeFile[];
}

/**
 * Where the list of all generated files lies, in the repository and on each carrier: what it says
 * need not be made, or copied, again. The dot keeps web servers from showing it.
 */
export const pageListPath = "security/.files.json";
export const pageListBytesMax = 64 * 1024 * 1024; // 100,000 patches stay below it

const groupsMax = 400_000;
const filesMax = 16; // of a group

export function encodePageList(groups: readonly PageGroup[]): Uint8Array {
  const list = groups.map(({ key, fingerprint, files }) => ({
    key,
    fingerprint,
    files: files.map(({ path, length, sha256 }) => ({ path, length, sha256 })),
  }));
  return canonicalJson({ _type: "causeway-pages", groups: list });
}

/** @returns no groups when there is no list, or a damaged one: then all files are made anew */
export function decodePageList(bytes: Uint8Array | undefined): readonly PageGroup[] {
  if (bytes === undefined) return [];
  try {
    const fields = new Fields(parseJson(bytes, pageListPath), pageListPath);
    if (fields.string("_type") !== "causeway-pages") return [];
    return fields.objects("groups", groupsMax).map((group) => ({
      key: group.string("key"),
      fingerprint: group.sha256("fingerprint"),
      files: group.objects("files", filesMax).map((file) => ({
        path: file.matching("path", isPagePath),
        length: file.integer("length", 0),
        sha256: file.sha256("sha256"),
      })),
    }));
  } catch (error) {
    if (error instanceof TrustError) return [];
    throw error;
  }
}

/** The list itself, as a file of the tree. */
export function pageListFile(bytes: Uint8Array): TreeFile {
  return { path: pageListPath, length: bytes.length, sha256: sha256Of(bytes) };
}

/** True for a path that stays inside `security/`, and that every route serves. */
export function isPagePath(text: string): text is string {
  return text.length <= 512 && /^security(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199})+$/.test(text);
}
