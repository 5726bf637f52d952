import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { now, TestRepository } from "../../../packages/trust/test/support/test-repository.ts";
import { run } from "../../command.ts";

/** The adapter, as the public suite sees it: commands, a folder, and a server that counts. */
export class SuiteClient {
  readonly repository: TestRepository;
  readonly metadataFolder: string;
  readonly targetFolder: string;
  /** Metadata paths that were asked for, as they stood in the URL. */
  readonly requests: string[] = [];
  readonly targetRequests: string[] = [];
  readonly #url: string;

  constructor(repository: TestRepository, folder: string, server: Server) {
    this.repository = repository;
    this.metadataFolder = join(folder, "metadata");
    this.targetFolder = join(folder, "targets");
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (request, response) => {
      const path = (request.url ?? "/").slice(1);
      const [folderName, ...rest] = path.split("/");
      (folderName === "metadata" ? this.requests : this.targetRequests).push(rest.join("/"));
      const bytes = repository.fetch(path);
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    });
  }

  async init(root: Uint8Array = this.repository.firstRoot): Promise<number> {
    const file = `${this.metadataFolder}-initial.json`;
    await writeFile(file, root);
    return this.#run(["init", file]);
  }

  refresh(at = now): Promise<number> {
    return this.#run(["--metadata-url", `${this.#url}/metadata/`, "refresh"], at);
  }

  download(path: string, at = now): Promise<number> {
    const target = ["--target-name", path, "--target-dir", this.targetFolder];
    const urls = ["--metadata-url", `${this.#url}/metadata/`];
    const base = ["--target-base-url", `${this.#url}/targets/`];
    return this.#run([...urls, ...target, ...base, "download"], at);
  }

  /** Versions by the name of their file, as the suite reads them. */
  async trusted(): Promise<Record<string, number>> {
    const names = await readdir(this.metadataFolder);
    const found = names
      .filter((name) => name.endsWith(".json"))
      .map(async (name) => {
        const document: unknown = JSON.parse((await this.stored(name)).toString());
        const { version } = (document as { signed: { version: number } }).signed;
        return [name.slice(0, -".json".length), version] as const;
      });
    return Object.fromEntries(await Promise.all(found));
  }

  stored(name: string): Promise<Buffer> {
    return readFile(join(this.metadataFolder, name));
  }

  /** Contents of all files that were downloaded, sorted. */
  async downloaded(): Promise<readonly string[]> {
    const names = await readdir(this.targetFolder).catch(() => []);
    const contents = names.map((name) => readFile(join(this.targetFolder, name), "utf8"));
    return (await Promise.all(contents)).toSorted();
  }

  #run(args: readonly string[], at = now): Promise<number> {
    const complain = (): void => {};
    return run(["--metadata-dir", this.metadataFolder, ...args], { now: at, complain });
  }
}

/** Gives `body` a new repository on a server, and a client with empty folders. */
export async function withClient(body: (client: SuiteClient) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-conformance-"));
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await body(new SuiteClient(new TestRepository(), folder, server));
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
}
