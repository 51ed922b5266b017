import type { Translation } from "../catalogue";
import type english from "../en/auth";

export default {
  "auth.signIn": "Anmelden",
  "auth.signInTitle": "Bei {domain} anmelden",
  "auth.welcome": "Ein Ort, um gemeinsam zu schreiben",
  "auth.address": "Name oder Adresse",
  "auth.password": "Passwort",
  "auth.wrongPassword": "Name und Passwort passen nicht zusammen. Prüfe beides und versuche es erneut.",
  "auth.invalidAddress": "So kann eine Adresse nicht aussehen. Sie hat die Form {example}.",
  "auth.disabled": "Dieses Konto ist gesperrt. Wende dich an den Betreiber dieses Servers.",
  "auth.tooManyAttempts":
    "Zu viele Versuche. Warte {seconds, plural, one {# Sekunde} other {# Sekunden}} und versuche es erneut.",
  "auth.missingName": "Gib deinen Namen ein.",
  "auth.missingPassword": "Gib dein Passwort ein.",
  "auth.noAccount": "Noch kein Konto?",
  "auth.register": "Konto erstellen",
  "auth.registerTitle": "Konto auf {domain} erstellen",
  "auth.haveAccount": "Schon ein Konto?",
  "auth.name": "Name",
  "auth.nameHint": "Deine Adresse wird {address}",
  "auth.nameRules": "Kleinbuchstaben, Ziffern, Punkte, Bindestriche und Unterstriche",
  "auth.displayName": "Name, den andere sehen",
  "auth.displayNameHint": "Freiwillig, und später änderbar",
  "auth.newPassword": "Passwort",
  "auth.passwordRules": "Mindestens 8 Zeichen; ein paar Wörter sind leicht zu merken und schwer zu erraten",
  "auth.passwordTooShort": "Verwende mindestens 8 Zeichen.",
  "auth.nameTaken": "Diesen Namen hat schon jemand. Wähle einen anderen.",
  "auth.nameInvalid":
    "Dieser Name geht nicht. Verwende Kleinbuchstaben, Ziffern, Punkte, Bindestriche und Unterstriche.",
  "auth.registrationClosed": "Neue Konten legt hier der Betreiber des Servers an",
  "auth.registrationClosedHint": "Bitte darum und melde dich dann hier an.",
  "auth.invitationNeeded": "Konten gibt es auf diesem Server auf Einladung",
  "auth.invitationNeededHint": "Öffne den Link aus deiner Einladung, um eines zu erstellen.",
  "auth.invitationInvalid": "Diese Einladung gilt nicht mehr. Bitte um eine neue.",
  "auth.expiredTitle": "Erneut anmelden",
  "auth.expiredText":
    "Deine Sitzung ist beendet. Die Seite bleibt, wie sie ist, und was du getippt hast, bleibt auf diesem Gerät.",
  "auth.takenTitle": "Ein anderes Konto ist angemeldet",
  "auth.takenText":
    "In einem anderen Tab dieses Browsers hat sich {other} angemeldet. Was {name} hier getippt hat, bleibt auf diesem Gerät und wird gesendet, wenn sich {name} wieder anmeldet.",
  "auth.continueAs": "Weiter als {name}",
  "auth.signOut": "Abmelden",
  "auth.signOutTitle": "Mit ungespeicherten Änderungen abmelden",
  "auth.signOutUnsaved":
    "{changes, plural, one {# Änderung hat} other {# Änderungen haben}} den Server noch nicht erreicht. Sie bleiben auf diesem Gerät und werden gesendet, wenn du dich hier wieder anmeldest.",
  "auth.unreachableTitle": "Der Server ist nicht erreichbar",
  "auth.unreachableText": "Prüfe die Verbindung. Nichts Gespeichertes ist verloren.",
} satisfies Translation<typeof english>;
