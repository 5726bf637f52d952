/** The files beside an HAProxy's configuration, by the names that it calls them. */
export const edgeFiles = {
  keys: "ticket-keys.map",
  retired: "retired-hosts.map",
  openRules: "open-rules.map",
  placeKey: "place-key.map",
  busy: "busy.html",
} as const;

/** Where an HAProxy keeps the last lines of whom it turned away that had a good ticket. */
export const refusedRing = "refused";

/** The one name in `edgeFiles.placeKey`. */
export const placeKeyName = "key";
