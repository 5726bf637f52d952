/** How the text of a place begins: the JSON of its header, of which the first field is its type. */
export const placeStart = "eyJ0eXAiOiJwbGFjZSIs"; // {"typ":"place",

/**
 * Whether what a route gave as a ticket is a place: a claim that its bearer was refused, and has
 * waited for as long as it was told to. It is worth less than a ticket, and does not replace one.
 */
export function isPlaceText(text: string): boolean {
  return text.startsWith(placeStart);
}
