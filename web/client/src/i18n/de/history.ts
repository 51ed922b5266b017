import type { Translation } from "../catalogue";
import type english from "../en/history";

export default {
  "history.title": "Verlauf",
  "history.past": "Die Wave, wie sie war",
  "history.backToNow": "Zurück zu jetzt",
  "history.controls": "Wiedergabe",
  "history.slider": "Stelle im Verlauf",
  "history.play": "Abspielen",
  "history.pause": "Anhalten",
  "history.playPause": "Abspielen oder anhalten",
  "history.previousChange": "Vorige Änderung",
  "history.nextChange": "Nächste Änderung",
  "history.previousPerson": "Wo zuvor jemand begann",
  "history.nextPerson": "Wo die nächste Person beginnt",
  "history.speed": "Geschwindigkeit",
  "history.times": "{speed}×",
  "history.where": "{time}, {name}",
  "history.wroteHere": "{name} hat hier geschrieben",
  "history.beginning": "Der Anfang: noch ist nichts geschrieben",
  "history.loadingState": "Diese Fassung wird geholt; gezeigt wird die nächstgelegene",
  "history.nothingYet": "An dieser Stelle gibt es keine Nachricht.",
  "history.deleted": "Gelöschte Nachricht",
  "history.failedTitle": "Der Verlauf kann nicht gezeigt werden",
  "history.missing": "Diese Wave gibt es hier nicht",
  "history.of": "Verlauf",
  "history.wave": "der Wave",
  "history.privateReply": "der privaten Antwort {number}",
  "history.restore": "Diese Fassung wiederherstellen",
  "history.restoreTitle": "Diese Fassung wiederherstellen?",
  "history.restoreWhat": "Alle Nachrichten werden so, wie sie am {time} waren. Wer teilnimmt, bleibt wie jetzt.",
  "history.restoreUndo":
    "Das ist eine neue Änderung: Im Verlauf geht nichts verloren, und was jetzt da ist, lässt sich ebenso wiederherstellen.",
  "history.restored": "Die alte Fassung ist wiederhergestellt. Was vorher da war, steht im Verlauf.",
  "history.restoreFailed":
    "Die Fassung konnte nicht wiederhergestellt werden. Nichts wurde geändert; versuche es von der jetzigen Wave aus erneut.",
  "history.sameAsNow": "Diese Fassung ist dieselbe wie die jetzige.",
} satisfies Translation<typeof english>;
