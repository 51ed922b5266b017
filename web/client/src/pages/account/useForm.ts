/** Forms that are sent to the server: one attempt at a time, and its failure in words. */
import { useState } from "preact/hooks";

/** What is wrong: with a field, by its name, or with the attempt as a whole ("form"). */
export type Problems<Field extends string> = { readonly [Name in Field | "form"]?: string };

export interface Form<Field extends string> {
  readonly busy: boolean;
  readonly problems: Problems<Field>;
  /** For the form's onSubmit: check, then send; the first field with a problem gets the focus. */
  readonly submit: (event: SubmitEvent) => void;
}

/** `check` finds problems without the server; `explain` turns what `send` rejects with into problems. */
export function useForm<Field extends string>(actions: {
  readonly check: () => Problems<Field>;
  readonly send: () => Promise<void>;
  readonly explain: (error: unknown) => Problems<Field>;
}): Form<Field> {
  const [busy, setBusy] = useState(false);
  const [problems, setProblems] = useState<Problems<Field>>({});
  const show = (found: Problems<Field>, form: HTMLFormElement): void => {
    setProblems(found);
    requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (busy || !(event.currentTarget instanceof HTMLFormElement)) return;
    const form = event.currentTarget;
    const found = actions.check();
    show(found, form);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    actions
      .send()
      .catch((error: unknown) => show(actions.explain(error), form))
      .finally(() => setBusy(false));
  };
  return { busy, problems, submit };
}
