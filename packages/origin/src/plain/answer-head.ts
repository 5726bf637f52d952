import { STATUS_CODES } from "node:http";
import { invariant } from "@causeway/kernel";
import type { HeaderList } from "../headers.ts";
import { toHttpDate } from "../http-date.ts";

export const connectionClose = "Connection: close\r\n";

/** RFC 9110 section 5.5, without the line breaks that older writers folded lines with. */
const valueShape = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The head of an answer, with its status and headers; what is sent of it has a date, too. */
export class AnswerHead {
  /** The connection ends with it: it says so, or its reader could not tell where it ends. */
  readonly closes: boolean;
  readonly #text: string;
  #second = 0;
  #connection = "";
  #dated = "";

  constructor(status: number, headers: HeaderList) {
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
    let isFramed = status === 304; // RFC 9110 section 15.4.5
    let closes = false;
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const [name = "", value = ""] = [headers[at], headers[at + 1]];
      invariant(valueShape.test(value), "no header of ours breaks a line");
      if (name === "Content-Length") isFramed = true;
      if (name === "Connection") closes = true;
      else text += `${name}: ${value}\r\n`;
    }
    this.closes = closes || !isFramed;
    this.#text = text;
  }

  /** @param connection its lines about that */
  text(connection: string): string {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second || connection !== this.#connection) {
      this.#second = second;
      this.#connection = connection;
      this.#dated = `${this.#text}Date: ${toHttpDate(now)}\r\n${connection}\r\n`;
    }
    return this.#dated;
  }
}

const kept = new WeakMap<HeaderList, AnswerHead>();

/** Of headers that never change it is made once; such go with one status. */
export function headOf(status: number, headers: HeaderList): AnswerHead {
  if (!Object.isFrozen(headers)) return new AnswerHead(status, headers);
  const known = kept.get(headers);
  if (known !== undefined) return known;
  const made = new AnswerHead(status, headers);
  kept.set(headers, made);
  return made;
}
