/** Ends what a message says as a sentence, where it does not end as one already. */
export function asSentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
