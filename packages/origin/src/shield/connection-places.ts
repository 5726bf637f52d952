import { ConnectionSlots, type Seat, type SlotsPatience } from "./connection-slots.ts";
import { type Restable, RestingConnections } from "./resting-connections.ts";
import type { Rulebook } from "./rulebook.ts";
import type { Ticket } from "./ticket.ts";

/** A connection that has a place, or rests. */
export interface Placed extends Seat, Restable {
  readonly ticket: Ticket | undefined;
  readonly mayRest: boolean;
  /** Set while its request waits for its turn: refuses it, late, after which it has no place. */
  readonly giveUp?: (() => void) | undefined;
}

/** Bounds of places; see limits.ts for the figures and why. */
interface PlacesBounds extends SlotsPatience {
  readonly connectionsMax: number;
  readonly openedConnectionsMax: number;
  readonly listeningTurnMax: number;
}

/**
 * The places of one worker for connections. When they are all taken whoever comes still gets one: of
 * those who have any, one is refused late, rests, or is sent away.
 */
export class ConnectionPlaces<Each extends Placed> {
  readonly #bounds: PlacesBounds;
  readonly #rules: Rulebook;
  readonly #sendAway: (each: Each) => void;
  readonly #slots: ConnectionSlots<Each>;
  readonly #resting: RestingConnections<Each>;

  /** @param sendAway closes the connection of one that has no place any more */
  constructor(bounds: PlacesBounds, rules: Rulebook, sendAway: (each: Each) => void) {
    this.#bounds = bounds;
    this.#rules = rules;
    this.#sendAway = sendAway;
    this.#slots = new ConnectionSlots(bounds);
    this.#resting = new RestingConnections(bounds.listeningTurnMax);
  }

  /** How many are listened to by turns. */
  get resting(): number {
    return this.#resting.size;
  }

  /** Gives it one; who loses another's is one of those for whom `mayGo` is true. */
  take(each: Each, mayGo?: (each: Each) => boolean): void {
    this.#slots.add(each);
    const { connectionsMax, openedConnectionsMax } = this.#bounds;
    const isOpen = this.#rules.isOpen("connections");
    if (this.#slots.size <= (isOpen ? openedConnectionsMax : connectionsMax)) return;
    const least = this.#slots.whoGivesWay(performance.now(), mayGo);
    if (least === undefined) return;
    const hasRoom = !isOpen && this.#slots.size + this.#resting.size <= openedConnectionsMax;
    // Its place is free at once: what closes takes some turns to be gone.
    this.#slots.delete(least);
    if (least.giveUp !== undefined) least.giveUp();
    else if (hasRoom && least.mayRest) this.#resting.add(least);
    else this.#dismiss(least);
  }

  /** It is closed, or needs no place while its refusal is held. */
  leave(each: Each): void {
    this.#slots.delete(each);
    this.#resting.delete(each);
  }

  /** A request came over it: if it was resting it rests no more. */
  wake(each: Each): void {
    if (this.#resting.delete(each)) this.take(each, (other) => other !== each);
  }

  /** Listens to the next of those that rest; while connections are open nobody has to. */
  nextTurn(): void {
    if (!this.#rules.isOpen("connections")) return this.#resting.nextTurn();
    for (const each of this.#resting.wakeAll()) this.take(each);
  }

  /** Sends away one of those for whom `mayGo` is true. */
  makeRoom(mayGo: (each: Each) => boolean): void {
    const least = this.#slots.whoGivesWay(performance.now(), mayGo);
    if (least === undefined) return;
    this.#slots.delete(least);
    this.#dismiss(least);
  }

  #dismiss(least: Each): void {
    // To one that is idle nothing is refused: its client dials again.
    if (least.busy) this.#rules.noteRefused("connections", least.ticket);
    this.#sendAway(least);
  }
}
