import type { Handler } from "../exchange.ts";
import { workCookie } from "./work-page.ts";
import { type WorkPuzzle, workLengthMax } from "./work-puzzle.ts";

const cookie = new RegExp(`(?:^|; ?)${workCookie}=([\\w.-]{1,${workLengthMax}})(?:;|$)`);

/** Puts the ticket that a browser has earned on its exchange, when it shows no other. */
export function readWork(next: Handler, puzzle: WorkPuzzle): Handler {
  return (exchange) => {
    const { from, request } = exchange;
    const { headers } = request;
    if (exchange.ticket !== undefined || headers.cookie === undefined) return next(exchange);
    const solution = cookie.exec(headers.cookie)?.[1];
    if (solution === undefined || from === undefined) return next(exchange);
    const ticket = puzzle.verify(solution, from, Date.now() / 1000);
    return next(ticket === undefined ? exchange : { ...exchange, ticket });
  };
}
