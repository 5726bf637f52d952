import type { Handler } from "../exchange.ts";
import type { Rulebook } from "./rulebook.ts";

/**
 * Passes on only who shows a ticket that names this entrance. Everybody else's connection is closed:
 * an answer would cost more, and tell who only guessed that there is something here.
 */
export function entranceDoor(next: Handler, port: number, rules: Rulebook): Handler {
  return async (exchange) => {
    const isInvited = exchange.ticket?.ent?.includes(port) === true;
    if (isInvited || rules.isOpen("entrances")) return next(exchange);
    rules.noteRefused("entrances", exchange.ticket);
    exchange.counters.drops.uninvited++;
    exchange.request.socket.destroy();
  };
}
