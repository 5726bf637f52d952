import type { Line } from "../network/line.ts";
import type { Asked, Reply } from "../network/reply.ts";
import type { Host } from "../network/request.ts";
import type { Vendor } from "../vendor/vendor.ts";
import type { World } from "../world.ts";
import type { Behaviour } from "./behaviour.ts";
import { honestAnswer } from "./honest.ts";

const closed: Behaviour = { name: "closed", dead: true, reply: () => ({ kind: "refused" }) };

/** A route: a server with a copy of the vendor's tree, which it brings up to date now and then. */
export class RouteHost implements Host {
  readonly name: string;
  readonly line: Line;
  behaviour: Behaviour;
  readonly #world: World;
  readonly #vendor: Vendor;
  readonly #lagMs: number;
  #state = 0;
  #restUntil = 0;

  /** @param lagMs how long after the vendor it publishes the same */
  constructor(
    world: World,
    vendor: Vendor,
    traits: { readonly name: string; readonly line: Line; readonly lagMs: number },
    behaviour: Behaviour,
  ) {
    this.#world = world;
    this.#vendor = vendor;
    this.name = traits.name;
    this.line = traits.line;
    this.#lagMs = traits.lagMs;
    this.behaviour = behaviour;
    this.#state = vendor.newest.number;
  }

  /** World time until which its public address has asked somebody to leave it alone. */
  get restUntil(): number {
    return this.#restUntil;
  }

  get url(): string {
    return `http://${this.name}/`;
  }

  /** The vendor has published; the route follows. */
  follow(state: number): void {
    this.#world.after(this.#lagMs, () => this.catchUp(state));
  }

  catchUp(state: number): void {
    this.#state = Math.max(this.#state, state);
  }

  /** What it does at one of its ports; where it has no entrance, nobody listens. */
  behaviourAt(port: number | undefined): Behaviour {
    return port === undefined ? this.behaviour : (this.behaviour.entrances?.get(port) ?? closed);
  }

  serve(asked: Asked): Reply {
    const state = this.#state;
    const vendor = this.#vendor;
    const honest = (at = state, path = asked.path) => honestAnswer(vendor.file(path, at), asked);
    const { port } = asked;
    const reply = this.behaviourAt(port).reply({ asked, vendor, state, honest });
    const restMs = restMsOf(reply);
    if (port === undefined && restMs !== undefined)
      this.#restUntil = Math.max(this.#restUntil, this.#world.now + restMs);
    return reply;
  }
}

const restMsMax = 24 * 3_600_000; // who asks for more is not obeyed

/** How long an answer asks to be left alone, as far as that is to be obeyed. */
export function restMsOf(reply: Reply): number | undefined {
  if (reply.kind !== "answer" || reply.status < 400) return undefined;
  if ([404, 410, 416].includes(reply.status)) return undefined;
  const wait = reply.headers.get("retry-after") ?? "";
  return /^\d{1,15}$/.test(wait) ? Math.min(Number(wait) * 1000, restMsMax) : undefined;
}
