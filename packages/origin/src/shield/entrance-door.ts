import type { Handler } from "../exchange.ts";

/**
 * Passes on only who shows a ticket that names this entrance. Everybody else's connection is closed:
 * an answer would cost more, and tell who only guessed that there is something here.
 */
export function entranceDoor(next: Handler, port: number): Handler {
  return async (exchange) => {
    if (exchange.ticket?.ent?.includes(port) === true) return next(exchange);
    exchange.counters.drops.uninvited++;
    exchange.request.socket.destroy();
  };
}
