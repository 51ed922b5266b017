/** Why an account could not be entered, made or changed, in words for people. */
import { ApiError, explain } from "../../app/api";
import { t } from "../../i18n";
import type { Problems } from "./useForm";

/** Of an attempt to sign in. */
export function signInProblems(error: unknown): Problems<"address" | "password"> {
  if (error instanceof ApiError) {
    if (error.code === "unauthenticated") return { password: t("auth.wrongPassword") };
    if (error.code === "forbidden") return { form: t("auth.disabled") };
    if (error.code === "invalid-request") return { address: t("auth.invalidAddress", { example: "anna@example.com" }) };
  }
  return { form: throttled(error) ?? explain(error) };
}

/** Of an attempt to make an account. */
export function registrationProblems(error: unknown): Problems<"name" | "displayName" | "password"> {
  if (error instanceof ApiError) {
    if (error.code === "conflict") return { name: t("auth.nameTaken") };
    if (error.code === "forbidden") return { form: t("auth.invitationInvalid") };
    if (error.code === "invalid-request") return { name: t("auth.nameInvalid") };
  }
  return { form: throttled(error) ?? explain(error) };
}

function throttled(error: unknown): string | null {
  if (!(error instanceof ApiError) || error.retryAfter === null) return null;
  return t("auth.tooManyAttempts", { seconds: Math.ceil(error.retryAfter) });
}
