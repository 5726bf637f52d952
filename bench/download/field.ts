import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Network, routeMbits } from "./network.ts";
import type { Program } from "./programs.ts";
import { type BenchRepository, isPatch, makeRepository } from "./repository.ts";
import { type Moment, type Ran, runProgram } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { type RouteServers, startServers } from "./servers.ts";

/** A run, and whether what it left is the patch. */
export interface Result extends Ran {
  readonly right: boolean;
}

const calmMs = 300; // so that what a killed program was still being sent is no part of the next run

/** Four routes, a repository on each, and the programs that fetch from them. */
export class Field {
  readonly #folder = mkdtempSync(join(tmpdir(), "causeway-bench-"));
  readonly #network: Network;
  #servers: readonly RouteServers[] = [];
  readonly #repository: BenchRepository;
  #count = 0;

  private constructor() {
    this.#repository = makeRepository(this.#folder);
    this.#network = Network.make(4);
  }

  static async open(): Promise<Field> {
    const field = new Field();
    field.#servers = await startServers(field.#network, field.#folder, field.#repository.trees);
    return field;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server.stop();
    this.#network.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A folder of its own for each attempt; one that is killed leaves there what it has. */
  newFolder(): string {
    this.#count++;
    return mkdtempSync(join(this.#folder, `run${this.#count}-`));
  }

  /** Runs `program` once through `scenario`. */
  async run(program: Program, scenario: Scenario, secondsMax: number): Promise<Result> {
    await this.#prepare(scenario);
    const folder = this.newFolder();
    const routes = scenario.kinds.map((kind, at) => this.#servers[at]?.url(kind) ?? "");
    let lost = false;
    const lose = (moment: Moment): undefined => {
      if (lost || !scenario.lostWhen(moment)) return;
      lost = true;
      for (const at of scenario.lost) this.#lose(at);
    };
    lose({ ms: 0, fileMs: undefined, received: 0 });
    try {
      return await this.#fetch(program, routes, folder, secondsMax, lose);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Runs `program` over healthy routes, in a folder where it may have been before. */
  async resume(
    program: Program,
    folder: string,
    secondsMax: number,
    watch: (moment: Moment) => "kill" | undefined,
  ): Promise<Result> {
    await this.#prepare(undefined);
    const routes = this.#servers.map((server) => server.url("honest"));
    return this.#fetch(program, routes, folder, secondsMax, watch);
  }

  async #fetch(
    program: Program,
    routes: readonly string[],
    folder: string,
    secondsMax: number,
    watch: (moment: Moment) => "kill" | undefined,
  ): Promise<Result> {
    const place = { namespace: this.#network.client, folder, servers: this.#servers };
    const command = program.command(this.#repository, routes, folder);
    const ran = await runProgram(place, command, secondsMax, watch);
    return { ...ran, right: isPatch(this.#repository, join(folder, "out")) };
  }

  async #prepare(scenario: Scenario | undefined): Promise<void> {
    for (const [at, link] of this.#network.links.entries()) {
      this.#network.shape(link, scenario?.mbits[at] ?? routeMbits);
    }
    await sleep(calmMs);
  }

  #lose(at: number): void {
    const link = this.#network.links[at];
    if (link !== undefined) this.#network.blackhole(link);
  }
}
