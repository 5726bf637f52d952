import { HostError, UsageError } from "@causeway/kernel";
import { hostNameOf } from "../host-name.ts";
import type { OpenedRule } from "../shield/rulebook.ts";
import { type SigningKey, ticketHeader } from "../shield/ticket.ts";
import { edgeFiles } from "./edge-names.ts";
import { keyMapLines } from "./key-map.ts";
import { openedRulesIn, openRuleLines } from "./open-rules.ts";
import { tellHaproxy } from "./runtime-socket.ts";

/**
 * Changes an HAProxy of ours while it runs: each is in force when its promise resolves, and lost
 * when HAProxy starts again, unless the files say so too.
 */
export class LiveEdge {
  readonly #socket: string;

  /** @param socket the runtime socket, an absolute path */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Takes tickets that were signed with these keys, and no others. @throws {HostError} */
  async swapKeys(keys: readonly SigningKey[]): Promise<void> {
    await this.#swapMap(edgeFiles.keys, keyMapLines(keys));
  }

  /**
   * Takes tickets of these keys no more, by their ids.
   * @returns the lines of the map that are left, and the ids of which it had no key
   * @throws {HostError}
   */
  async revokeKeys(
    kids: readonly string[],
  ): Promise<{ readonly left: readonly string[]; readonly unknown: readonly string[] }> {
    const revoked = new Set(kids.map(ticketHeader));
    const before = await this.#entries(edgeFiles.keys);
    const left = before
      .filter(([header]) => !revoked.has(header))
      .map(([header, secret]) => `${header} ${secret}`);
    if (left.length < before.length) await this.#swapMap(edgeFiles.keys, left);
    const had = new Set(before.map(([header]) => header));
    return { left, unknown: kids.filter((kid) => !had.has(ticketHeader(kid))) };
  }

  /** Opens these rules, each until its end, and closes all others. @throws {HostError} */
  async setOpened(opened: readonly OpenedRule[]): Promise<void> {
    await this.#swapMap(edgeFiles.openRules, openRuleLines(opened));
  }

  /** The rules that were opened, each with its end, which may be over. @throws {HostError} */
  async opened(): Promise<readonly OpenedRule[]> {
    return openedRulesIn(await this.#entries(edgeFiles.openRules));
  }

  /**
   * Speaks TLS with another certificate from the next connection on.
   * @param file the one that the configuration names
   * @param pem the certificate, its chain and its key; at most about 15 KiB, as HAProxy's buffers
   * @throws {HostError} it goes on with the one before
   */
  async setCertificate(file: string, pem: string): Promise<void> {
    const lines = pem.split(/\r?\n/).filter((line) => line.trim() !== ""); // an empty one would end it
    const taken = await this.#tell(`set ssl cert ${file}`, lines);
    if (!taken.startsWith("Transaction created")) throw refused(`set ssl cert ${file}`, taken);
    const committed = await this.#tell(`commit ssl cert ${file}`);
    if (committed.endsWith("Success!")) return;
    await this.#tell(`abort ssl cert ${file}`);
    throw refused(`commit ssl cert ${file}`, committed);
  }

  /** Answers a constant text to whoever asks for that name. @throws {HostError} @throws {UsageError} */
  async retire(host: string): Promise<void> {
    const name = retirable(host);
    if ((await this.retired()).includes(name)) return;
    await this.#do(`add map ${edgeFiles.retired} ${name} retired`);
  }

  /** Serves that name again. @throws {HostError} @throws {UsageError} */
  async restore(host: string): Promise<void> {
    const name = retirable(host);
    if ((await this.retired()).includes(name))
      await this.#do(`del map ${edgeFiles.retired} ${name}`);
  }

  /** Retires these names, and restores all others. @throws {HostError} @throws {UsageError} */
  async setRetired(hosts: readonly string[]): Promise<void> {
    const before = await this.retired();
    for (const host of hosts) if (!before.includes(host)) await this.retire(host);
    for (const host of before) if (!hosts.includes(host)) await this.restore(host);
  }

  /** The names that are retired. @throws {HostError} */
  async retired(): Promise<readonly string[]> {
    return (await this.#entries(edgeFiles.retired)).map(([host]) => host);
  }

  /**
   * Gives a server nothing new and lets it finish, or takes it back.
   * @param server its name in the configuration, as `origin-1` or `files-2`
   * @throws {HostError} also when there is no such server
   * @throws {UsageError}
   */
  async setServer(server: string, state: "drain" | "ready"): Promise<void> {
    const [, kind] = /^(origin|files)-[1-9]\d{0,2}$/.exec(server) ?? [];
    if (kind === undefined) {
      const shown = JSON.stringify(server.slice(0, 80));
      throw new UsageError("USAGE_ARGUMENT", `${shown} is no server, as origin-1 or files-1.`);
    }
    const backends =
      kind === "origin"
        ? ["ticketed", "newcomers", "ticketed_docs", "newcomer_docs", "crowd_docs", "unlined"]
        : ["ticketed_files", "newcomer_files", "spare_files", "crowd_files", "unlined_files"];
    for (const backend of backends)
      await this.#do(`set server ${backend}/${server} state ${state}`);
  }

  /** Puts these lines in place of all that the map has, as one step. */
  async #swapMap(map: string, lines: readonly string[]): Promise<void> {
    const created = await this.#tell(`prepare map ${map}`);
    const [, version] = /^New version created: (\d+)$/.exec(created) ?? [];
    if (version === undefined) throw refused(`prepare map ${map}`, created);
    if (lines.length > 0) await this.#do(`add map @${version} ${map}`, lines);
    await this.#do(`commit map @${version} ${map}`);
  }

  /** Keys and values of the map. */
  async #entries(map: string): Promise<readonly (readonly [string, string])[]> {
    const command = `show map ${map}`;
    const shown = await this.#tell(command);
    return shown.split("\n").flatMap((line) => {
      if (line === "") return [];
      const [, key, value] = /^0x[0-9a-f]+ (\S+) (.*)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) throw refused(command, shown);
      return [[key, value] as const];
    });
  }

  #tell(command: string, payload?: readonly string[]): Promise<string> {
    return tellHaproxy(this.#socket, command, payload);
  }

  /** For a command that says nothing when it is done. The payload is in no message: it is keys. */
  async #do(command: string, payload?: readonly string[]): Promise<void> {
    const answer = await this.#tell(command, payload);
    if (answer !== "") throw refused(command, answer);
  }
}

function refused(command: string, answer: string): HostError {
  return new HostError("HOST_IO", `HAProxy refused "${command}": ${answer.slice(0, 200)}`);
}

/** As the configuration compares it: without case and port. */
function retirable(host: string): string {
  const name = hostNameOf(host);
  if (name !== undefined) return name;
  const shown = JSON.stringify(host.slice(0, 80));
  throw new UsageError("USAGE_ARGUMENT", `${shown} is no host name to retire.`);
}
