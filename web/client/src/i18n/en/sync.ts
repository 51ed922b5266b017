import type { Catalogue } from "../catalogue";

export default {
  "sync.saved": "Saved",
  "sync.saving": "Saving…",
  "sync.waiting": "Waiting for {hosts}",
  "sync.offline": "Offline. Everything is saved",
  "sync.offlineWaiting": "Offline, {changes, plural, one {# change waiting} other {# changes waiting}}",
  "sync.signedOut": "Signed out. Sign in to go on",
  "sync.signedOutWaiting":
    "Signed out, {changes, plural, one {# change waiting} other {# changes waiting}}. Sign in to save them",
  "sync.storageUnavailable": "This browser cannot store changes. Keep this tab open until everything is saved.",
  "sync.draftForbidden": "You no longer have access to this conversation. Your text was kept here: copy what you need.",
  "sync.draftTooLarge": "The change was too large to save. Your text was kept here: add it in smaller parts.",
  "sync.draftBaseLost": "The conversation was replaced on the server. Your text was kept here: add it again.",
  "sync.draftQuarantined":
    "This conversation stands still, because its host contradicts itself. Your text was kept here: copy what you need.",
  "sync.draftRefused": "The change did not fit the conversation. Your text was kept here: add it again.",
} as const satisfies Catalogue;
