import type { Translation } from "../catalogue";
import type english from "../en/sync";

export default {
  "sync.saved": "Gespeichert",
  "sync.saving": "Wird gespeichert …",
  "sync.waiting": "Wartet auf {hosts}",
  "sync.offline": "Offline. Alles ist gespeichert",
  "sync.offlineWaiting": "Offline, {changes, plural, one {# Änderung wartet} other {# Änderungen warten}}",
  "sync.signedOut": "Abgemeldet. Melde dich an, um weiterzumachen",
  "sync.signedOutWaiting":
    "Abgemeldet, {changes, plural, one {# Änderung wartet} other {# Änderungen warten}}. Melde dich an, um zu speichern",
  "sync.storageUnavailable":
    "Dieser Browser kann Änderungen nicht ablegen. Lass den Tab offen, bis alles gespeichert ist.",
  "sync.draftForbidden":
    "Du hast keinen Zugriff mehr auf diese Unterhaltung. Dein Text ist hier aufbewahrt: Kopiere, was du brauchst.",
  "sync.draftTooLarge":
    "Die Änderung war zu groß zum Speichern. Dein Text ist hier aufbewahrt: Füge ihn in kleineren Teilen ein.",
  "sync.draftBaseLost":
    "Die Unterhaltung wurde auf dem Server ersetzt. Dein Text ist hier aufbewahrt: Füge ihn erneut ein.",
  "sync.draftQuarantined":
    "Diese Unterhaltung steht still, weil ihr Server sich widerspricht. Dein Text ist hier aufbewahrt: Kopiere, was du brauchst.",
  "sync.draftRefused":
    "Die Änderung passte nicht zur Unterhaltung. Dein Text ist hier aufbewahrt: Füge ihn erneut ein.",
} satisfies Translation<typeof english>;
