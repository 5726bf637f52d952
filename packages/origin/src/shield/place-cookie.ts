import { placeLifeSeconds } from "./waiting-places.ts";

/** The cookie in which a browser keeps its place. */
export const placeCookie = "causeway-place";

/** The value of `Set-Cookie` (RFC 6265) for who is told to come back after so many seconds. */
export function placeCookieFor(place: string, afterSeconds: number): string {
  const maxAge = afterSeconds + placeLifeSeconds;
  return `${placeCookie}=${place}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax`;
}
