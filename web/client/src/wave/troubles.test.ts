import { expect, test } from "vitest";
import { formatDateTime, formatTime } from "../i18n";
import type { Trouble } from "../sync";
import { explainTroubles, isQuarantined } from "./troubles";

const AT = new Date(2026, 4, 12, 14, 5).getTime();
const NOW = AT + 60_000;

function trouble(kind: string, domain: string, since = AT): Trouble {
  return { kind, domain, since, message: `${domain} says so` };
}

test("domains with one kind of trouble are told together, since the first of them", () => {
  const told = explainTroubles(
    [trouble("not-delivered", "beta.test", AT + 1), trouble("not-delivered", "gamma.test")],
    NOW,
  );
  expect(told.map(({ text }) => text)).toEqual([
    `Since ${formatTime(AT)}, beta.test and gamma.test do not get what is written here. It is kept, and sent when it can be.`,
  ]);
});

test("a trouble that began on another day says the day", () => {
  const [told] = explainTroubles([trouble("host-unreachable", "beta.test")], NOW + 86_400_000);
  expect(told?.text).toContain(formatDateTime(AT));
});

test("in quarantine nothing else matters", () => {
  const troubles = [trouble("host-unreachable", "beta.test"), trouble("quarantined", "beta.test")];
  expect(isQuarantined(troubles)).toBe(true);
  expect(explainTroubles(troubles, NOW).map(({ kind }) => kind)).toEqual(["quarantined"]);
});

test("a kind that is not known is told in the server's words", () => {
  expect(explainTroubles([trouble("tired", "beta.test")], NOW)).toEqual([{ kind: "tired", text: "beta.test says so" }]);
});
