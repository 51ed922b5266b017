import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Digest, PLACES } from "../../app/digests";
import { changeWave, folders } from "../../app/waves";
import { t } from "../../i18n";
import { Button, Dialog, TextField } from "../../ui";
import "./folders.css";

const LONGEST = 60; // characters, the server's limit

/** In which folders a wave is to be: tick them, or make a new one. */
export function FoldersDialog({
  digest,
  onClose,
}: {
  readonly digest: Digest;
  readonly onClose: () => void;
}): JSX.Element {
  const [wanted, setWanted] = useState<ReadonlySet<string>>(new Set(digest.folders));
  const [made, setMade] = useState<readonly string[]>([]);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const known = folders.value.folders.map((folder) => folder.name);
  const all = [...new Set([...known, ...digest.folders, ...made])].sort((a, b) => a.localeCompare(b));
  const toggle = (folder: string): void => {
    const next = new Set(wanted);
    if (!next.delete(folder)) next.add(folder);
    setWanted(next);
  };
  const add = (event: Event): void => {
    event.preventDefault();
    const folder = name.trim();
    const found = problemOf(folder);
    setProblem(found);
    if (found !== undefined) return;
    if (!all.includes(folder)) setMade([...made, folder]);
    setWanted(new Set(wanted).add(folder));
    setName("");
  };
  const save = (): void => {
    onClose();
    const before = digest.folders;
    const after = all.filter((folder) => wanted.has(folder));
    if (before.length === after.length && before.every((folder) => wanted.has(folder))) return;
    void changeWave(digest, { folders: after }, { done: "inbox.foldersChanged", undo: { folders: before } });
  };
  const actions = (
    <>
      <Button onClick={onClose}>{t("common.cancel")}</Button>
      <Button variant="primary" onClick={save}>
        {t("common.save")}
      </Button>
    </>
  );
  return (
    <Dialog
      title={t("inbox.foldersOf", { title: digest.title || t("inbox.untitled") })}
      size="small"
      onClose={onClose}
      actions={actions}
    >
      <p class="gs-field-hint">{t("inbox.foldersHint")}</p>
      <fieldset class="gs-folder-choices">
        <legend class="gs-visually-hidden">{t("inbox.folders")}</legend>
        {all.map((folder) => (
          <label key={folder}>
            <input type="checkbox" checked={wanted.has(folder)} onChange={() => toggle(folder)} />
            <span class="gs-truncate">{folder}</span>
          </label>
        ))}
      </fieldset>
      <form class="gs-folder-new" onSubmit={add}>
        <TextField
          label={t("inbox.newFolder")}
          value={name}
          onInput={setName}
          maxLength={LONGEST}
          error={problem}
          autofocus={all.length === 0}
        />
        <Button type="submit">{t("inbox.addFolder")}</Button>
      </form>
    </Dialog>
  );
}

function problemOf(folder: string): string | undefined {
  if (folder === "") return t("inbox.folderEmptyName");
  const reserved = folder.toLowerCase() === "inbox" || PLACES.some((place) => place === folder.toLowerCase());
  return reserved ? t("inbox.folderReserved") : undefined;
}
