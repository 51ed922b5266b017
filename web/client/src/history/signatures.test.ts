import { beforeEach, expect, test } from "vitest";
import { createApi } from "../app/api";
import { Signatures } from "./signatures";

const WAVELET = "alpha.test/w+1/~/conv+root";
const CONTRIBUTION = { wavelet: WAVELET, author: "bob@beta.test", version: 7 };

let asked: string[];
let answer: () => Response;
let signatures: Signatures;

const answered = () => new Promise((done) => setTimeout(done));
const signed = (signed_by: string | null, verified_at: number | null) => () =>
  Response.json({ signatures: [{ version: 7, signed_by, verified_at }] });

beforeEach(() => {
  asked = [];
  const fetcher: typeof fetch = async (input) => {
    asked.push(new URL(String(input), "http://localhost").search);
    return answer();
  };
  signatures = new Signatures(createApi(fetcher, () => undefined));
});

test("a signature is asked for once and kept", async () => {
  answer = signed("beta.test", 5_000);
  const found = signatures.of(CONTRIBUTION);
  expect(found.value).toEqual({ kind: "loading" });
  await answered();
  expect(found.value).toEqual({ kind: "signed", domain: "beta.test", at: 5_000 });
  expect(signatures.of({ ...CONTRIBUTION })).toBe(found);
  expect(asked).toEqual(["?wavelet=alpha.test%2Fw%2B1%2F%7E%2Fconv%2Broot&author=bob%40beta.test&version=7"]);
});

test("that there is none is known for good as well", async () => {
  answer = signed(null, null);
  const found = signatures.of(CONTRIBUTION);
  await answered();
  expect(found.value).toEqual({ kind: "unsigned" });
  signatures.of(CONTRIBUTION);
  expect(asked).toHaveLength(1);
});

test("what the server does not have yet, or cannot say now, is asked again", async () => {
  answer = () => Response.json({ signatures: [] });
  const found = signatures.of(CONTRIBUTION);
  await answered();
  expect(found.value).toEqual({ kind: "absent" });
  answer = () => Response.json({ code: "unavailable", message: "later" }, { status: 503 });
  signatures.of(CONTRIBUTION);
  await answered();
  expect(found.value).toEqual({ kind: "unknown" });
  answer = signed("beta.test", 1);
  signatures.of(CONTRIBUTION);
  await answered();
  expect(found.value.kind).toBe("signed");
});
