import type { JSX } from "preact";
import { PLACES } from "../../app/digests";
import { type ListRoute, pathOf, route } from "../../app/router";
import { folders } from "../../app/waves";
import { t } from "../../i18n";
import { Icon } from "../../ui";
import { iconOf, titleOf } from "../inbox/titles";
import "./folderLinks.css";

/** Links to the lists that are always there, and to one's own folders. */
export function FolderLinks({ onChoose }: { readonly onChoose: () => void }): JSX.Element {
  const own = folders.value.folders;
  return (
    <div class="gs-folder-links">
      <ul>
        {PLACES.map((name) => (
          <FolderLink key={name} to={{ kind: "folder", name }} unread={0} onChoose={onChoose} />
        ))}
      </ul>
      <h2>{t("inbox.folders")}</h2>
      {own.length === 0 ? (
        <p class="gs-field-hint">
          {t("inbox.noFolders")}. {t("inbox.noFoldersHint")}
        </p>
      ) : (
        <ul>
          {own.map(({ name, unread }) => (
            <FolderLink key={name} to={{ kind: "folder", name }} unread={unread} onChoose={onChoose} />
          ))}
        </ul>
      )}
    </div>
  );
}

function FolderLink(props: {
  readonly to: ListRoute;
  readonly unread: number;
  readonly onChoose: () => void;
}): JSX.Element {
  const { to, unread } = props;
  const now = route.value;
  const current = now.kind === "folder" && to.kind === "folder" && now.name === to.name;
  return (
    <li>
      <a href={pathOf(to)} aria-current={current ? "page" : undefined} onClick={props.onChoose}>
        <Icon name={iconOf(to)} size={18} />
        <span class="gs-truncate">{titleOf(to)}</span>
        {unread > 0 && (
          <span class="gs-count">
            <span aria-hidden="true">{unread}</span>
            <span class="gs-visually-hidden">{t("inbox.unreadWaves", { count: unread })}</span>
          </span>
        )}
      </a>
    </li>
  );
}
